import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawExchange } from './raw-client.ts';
import { startTestFront } from './test-front.ts';
import type { TestFront } from './test-front.ts';

const HOST = 'Host: a.example\r\n';

/** Name, request bytes as latin1, status, reason. */
const table: readonly (readonly [string, string, number, string])[] = [
  ['two Host fields', `GET /hit HTTP/1.1\r\n${HOST}Host: b.example\r\n\r\n`, 400, 'host-repeated'],
  ['two equal Host fields', `GET /hit HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400, 'host-repeated'],
  [
    'two Host fields in different case (VSV00018)',
    `GET /hit HTTP/1.1\r\n${HOST}hOST: b.example\r\n\r\n`,
    400,
    'host-repeated',
  ],
  ['no Host', 'GET /hit HTTP/1.1\r\n\r\n', 400, 'host-missing'],
  ['no Host, HTTP/1.0', 'GET /hit HTTP/1.0\r\n\r\n', 400, 'host-missing'],
  ['empty Host', 'GET /hit HTTP/1.1\r\nHost:\r\n\r\n', 400, 'host-malformed'],
  ['Host with a user', 'GET /hit HTTP/1.1\r\nHost: u@a.example\r\n\r\n', 400, 'host-malformed'],
  ['Host with a path', 'GET /hit HTTP/1.1\r\nHost: a.example/x\r\n\r\n', 400, 'host-malformed'],
  ['Host list', 'GET /hit HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n', 400, 'host-malformed'],
  ['Host with an escape', 'GET /hit HTTP/1.1\r\nHost: a%2eexample\r\n\r\n', 400, 'host-malformed'],
  ['Host with an empty label', 'GET /hit HTTP/1.1\r\nHost: a..example\r\n\r\n', 400, 'host-malformed'],
  ['Host with a large port', 'GET /hit HTTP/1.1\r\nHost: a.example:65536\r\n\r\n', 400, 'host-malformed'],
  ['Host against absolute target', `GET http://b.example/hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'host-disagrees'],
  [
    'Host port against absolute target',
    `GET http://a.example:81/hit HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'host-disagrees',
  ],
  [
    'absolute target of another scheme',
    `GET https://a.example/hit HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'target-form',
  ],
  [
    'absolute target with a user',
    `GET http://a.example@evil/hit HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'host-malformed',
  ],
  ['authority-like target', `GET //evil/x HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-authority-like'],
  ['authority-like behind an escape', `GET /%2f/evil HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-authority-like'],
  [
    'absolute target with authority-like path',
    `GET http://a.example//evil HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'target-authority-like',
  ],
  ['target without a slash', `GET hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-form'],
  ['dot segment', `GET /a/../hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-dot-segment'],
  ['single dot segment', `GET /./hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-dot-segment'],
  ['dot segment at the end', `GET /a/.. HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-dot-segment'],
  ['encoded dot segment', `GET /a/%2e%2E/hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-dot-segment'],
  ['half-encoded dot segment', `GET /a/.%2e/hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-dot-segment'],
  [
    'dot segment behind an encoded slash',
    `GET /a%2f..%2fhit HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'target-dot-segment',
  ],
  [
    'dot segment behind an encoded backslash',
    `GET /a%5C..%5Chit HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'target-dot-segment',
  ],
  ['dot segment with parameters', `GET /a/..;v=1/hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-dot-segment'],
  [
    'dot segment with an encoded parameter',
    `GET /a/..%3bv/hit HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'target-dot-segment',
  ],
  ['broken escape', `GET /a%2 HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-encoding'],
  ['encoded NUL', `GET /a%00 HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-encoding'],
  ['NUL in the target', `GET /a\0b HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-characters'],
  ['backslash in the target', `GET /a\\..\\b HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-characters'],
  ['fragment in the target', `GET /a#b HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-characters'],
  ['tab in the request line', `GET\t/hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'malformed-request-line'],
  ['two spaces', `GET  /hit HTTP/1.1\r\n${HOST}\r\n`, 400, 'malformed-request-line'],
  ['high bytes in the target', `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-characters'],
  ['control byte in a value', `GET /hit HTTP/1.1\r\n${HOST}X: a\x01b\r\n\r\n`, 400, 'malformed-header'],
  ['NUL in a value', `GET /hit HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, 400, 'malformed-header'],
  ['bare CR in a value', `GET /hit HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`, 400, 'malformed-header'],
  ['bare LF after the request line', `GET /hit HTTP/1.1\n${HOST}\r\n`, 400, 'bare-lf'],
  ['bare LF after a field', 'GET /hit HTTP/1.1\r\nHost: a.example\n\r\n', 400, 'bare-lf'],
  ['line folding', `GET /hit HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`, 400, 'line-folding'],
  ['white space before the first field', `GET /hit HTTP/1.1\r\n ${HOST}\r\n`, 400, 'line-folding'],
  ['white space before the colon', 'GET /hit HTTP/1.1\r\nHost : a.example\r\n\r\n', 400, 'malformed-header'],
  ['field without a name', `GET /hit HTTP/1.1\r\n${HOST}: x\r\n\r\n`, 400, 'malformed-header'],
  ['field without a colon', `GET /hit HTTP/1.1\r\n${HOST}x\r\n\r\n`, 400, 'malformed-header'],
  [
    'request line too long',
    `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${HOST}\r\n`,
    414,
    'request-line-too-long',
  ],
  [
    'one field too large',
    `GET /hit HTTP/1.1\r\n${HOST}X: ${'a'.repeat(17_000)}\r\n\r\n`,
    431,
    'head-too-large',
  ],
  ['too many fields', `GET /hit HTTP/1.1\r\n${HOST}${'X: a\r\n'.repeat(101)}\r\n`, 431, 'head-too-large'],
  [
    'length and transfer coding',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'length-and-transfer-encoding',
  ],
  [
    'differing lengths',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    400,
    'length-repeated',
  ],
  [
    'equal lengths',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
    400,
    'length-repeated',
  ],
  ['length list', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3, 3\r\n\r\nabc`, 400, 'length-malformed'],
  ['signed length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +3\r\n\r\nabc`, 400, 'length-malformed'],
  ['hex length', `POST / HTTP/1.1\r\n${HOST}Content-Length: 0x3\r\n\r\nabc`, 400, 'length-malformed'],
  ['empty length', `POST / HTTP/1.1\r\n${HOST}Content-Length:\r\n\r\n`, 400, 'length-malformed'],
  ['length on a hit', `GET /hit HTTP/1.1\r\n${HOST}Content-Length: x\r\n\r\n`, 400, 'length-malformed'],
  [
    'unknown transfer coding',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`,
    400,
    'transfer-encoding',
  ],
  [
    'obfuscated transfer coding',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: \x0bchunked\r\n\r\n`,
    400,
    'malformed-header',
  ],
  [
    'chunked not alone',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n`,
    400,
    'transfer-encoding',
  ],
  [
    'chunked twice',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    'transfer-encoding',
  ],
  [
    'chunked on HTTP/1.0',
    `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'transfer-encoding',
  ],
  [
    'chunk size not hex',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    400,
    'chunk-malformed',
  ],
  [
    'chunk size negative',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n-1\r\n`,
    400,
    'chunk-malformed',
  ],
  [
    'chunk size with 0x',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n`,
    400,
    'chunk-malformed',
  ],
  [
    'chunk size too long',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\n`,
    400,
    'chunk-malformed',
  ],
  [
    'chunk line with bare LF',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n`,
    400,
    'chunk-malformed',
  ],
  [
    'chunk data longer than its size',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`,
    400,
    'chunk-malformed',
  ],
  ['HTTP/0.9', 'GET /hit\r\n', 400, 'malformed-request-line'],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'http2-preface'],
  ['HTTP/1.2', `GET /hit HTTP/1.2\r\n${HOST}\r\n`, 505, 'http-version'],
  ['HTTP/2.0', `GET /hit HTTP/2.0\r\n${HOST}\r\n`, 505, 'http-version'],
  ['HTTP/11.1', `GET /hit HTTP/11.1\r\n${HOST}\r\n`, 400, 'malformed-request-line'],
  ['lower-case http', `GET /hit http/1.1\r\n${HOST}\r\n`, 400, 'malformed-request-line'],
  ['TRACE', `TRACE /hit HTTP/1.1\r\n${HOST}\r\n`, 405, 'method-refused'],
  ['PURGE', `PURGE /hit HTTP/1.1\r\n${HOST}\r\n`, 405, 'method-refused'],
  ['CONNECT', 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n', 405, 'method-refused'],
  ['lower-case method', `get /hit HTTP/1.1\r\n${HOST}\r\n`, 501, 'method-unknown'],
  ['unknown method', `BREW /hit HTTP/1.1\r\n${HOST}\r\n`, 501, 'method-unknown'],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 405, 'method-refused'],
  ['asterisk', `GET * HTTP/1.1\r\n${HOST}\r\n`, 400, 'target-form'],
  [
    'TLS hello on the plain port',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    400,
    'malformed-request-line',
  ],
  ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 400, 'malformed-request-line'],
];

describe('refused before any handler', () => {
  let server: TestFront;
  beforeAll(async () => {
    server = await startTestFront({ hits: { '/hit': Buffer.from('body') } });
  });
  afterAll(() => server.front.close({ graceMs: 0 }));

  test.each(table)('%s', async (_name, request, status, reason) => {
    server.seen.length = 0;
    server.refused.length = 0;
    // A second request behind it must never be answered: the connection is beyond trust.
    const { text } = await rawExchange(server.port, [request, `GET /hit HTTP/1.1\r\n${HOST}\r\n`]);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(text).toContain('Connection: close\r\n');
    expect(server.refused).toEqual([`${status} ${reason}`]);
    expect(server.seen).toEqual([]);
  });

  test('a request cut byte by byte is refused alike', async () => {
    for (const [, request, status] of table.slice(0, 12)) {
      const { text } = await rawExchange(
        server.port,
        Array.from(Buffer.from(request, 'latin1'), (byte) => Buffer.of(byte)),
        {},
      );
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });

  test('bytes refused are accounted to nobody, and exactly', async () => {
    server.written.clear();
    const { bytes } = await rawExchange(server.port, ['GET /hit HTTP/1.1\r\n\r\n']);
    expect(server.total()).toBe(bytes);
    expect([...server.written.keys()]).toEqual(['nobody']);
  });
});
