import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResponseReader, headerValue } from './response-reader.ts';
import type { ResponseHead } from './response-reader.ts';

/** Reads text cut into pieces; gives what was understood, or the code of the failure. */
function read(
  text: string,
  options: { method?: string; cuts?: readonly number[]; end?: boolean } = {},
): { head?: ResponseHead; body: string; complete: boolean } | string {
  let head: ResponseHead | undefined;
  const body: Buffer[] = [];
  const reader = createResponseReader(options.method ?? 'GET', {
    onHead: (found) => (head = found),
    onBody: (chunk) => body.push(Buffer.from(chunk)),
  });
  const data = Buffer.from(text, 'latin1');
  const cuts = [
    0,
    ...(options.cuts ?? []).map((cut) => cut % (data.length + 1)).sort((a, b) => a - b),
    data.length,
  ];
  let complete = false;
  try {
    for (let i = 1; i < cuts.length; i += 1) {
      const piece = data.subarray(cuts[i - 1], cuts[i]);
      if (piece.length > 0) complete = reader.push(piece);
    }
    if (options.end === true) reader.end();
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'other';
  }
  return { ...(head === undefined ? {} : { head }), body: Buffer.concat(body).toString('latin1'), complete };
}

describe('response reader', () => {
  const cases: [name: string, text: string, body: string][] = [
    ['length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n',
      'hello',
    ],
    [
      'an interim response before',
      'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      'ok',
    ],
    ['nothing', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ];

  it.each(cases)('reads a body framed by %s, however it is cut', (_, text, body) => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (cuts) => {
        expect(read(text, { cuts, end: true })).toMatchObject({ body, complete: true });
      }),
    );
  });

  it('reads to the end of the connection where nothing else says', () => {
    expect(read('HTTP/1.1 200 OK\r\n\r\nabc', { end: true })).toMatchObject({ body: 'abc', complete: false });
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', { method: 'HEAD', end: true })).toMatchObject(
      { body: '', complete: true },
    );
  });

  it('notices every cut', () => {
    for (const [, text] of cases) {
      for (let at = 1; at < text.length; at += 1)
        expect([at, read(text.slice(0, at), { end: true })]).toEqual([at, 'viewer/incomplete']);
    }
  });

  it.each([
    ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['no length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['another protocol', 'HTTP/2 200\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
    ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
    ['a chunk without size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
    ['bytes after the end', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
    ['a head without end', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(70_000)}`],
  ])('refuses %s', (_, text) => {
    expect(read(text)).toBe('viewer/malformed');
  });

  it('joins headers of one name', () => {
    const head = {
      status: 200,
      reason: '',
      headers: [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ],
    } as const;
    expect(headerValue(head, 'a')).toBe('1, 3');
    expect(headerValue(head, 'c')).toBeUndefined();
  });
});
