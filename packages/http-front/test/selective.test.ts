import { expect, test } from 'vitest';
import { createFastHit, createFront } from '../src/index.ts';
import { rawExchange, statusLines } from './raw-client.ts';

const HOST = 'Host: a.example\r\n';
const get = (fields: string, method = 'GET'): string => `${method} /x HTTP/1.1\r\n${HOST}${fields}\r\n`;

test('what only Range and conditions keep from being plain is asked of `selective`, and goes on like any hit', async () => {
  const asked: string[] = [];
  let written = 0;
  const whole = createFastHit({
    token: 't',
    status: 200,
    headers: ['ETag', '"a"'],
    body: Buffer.from('0123456789'),
  });
  const front = createFront<string>({
    fast: () => {
      asked.push('fast');
      return whole;
    },
    selective(request) {
      const range = request.header('range');
      asked.push(`selective ${range ?? ''}`);
      if (request.header('if-none-match') === '"a"')
        return createFastHit({
          token: 't',
          status: 304,
          statusText: 'Not Modified',
          headers: ['ETag', '"a"'],
          body: Buffer.alloc(0),
          saysLength: false,
        });
      if (range === 'bytes=2-4')
        return createFastHit({
          token: 't',
          status: 206,
          statusText: 'Partial Content',
          headers: ['Content-Range', 'bytes 2-4/10'],
          body: whole.body.subarray(2, 5),
        });
      return undefined;
    },
    answer: async () => {
      asked.push('answer');
      return {
        status: 200,
        statusText: 'OK',
        headers: [],
        contentLength: 4,
        body: Buffer.from('slow'),
        token: 't',
      };
    },
    onWritten: (_token, head, body) => (written += head + body),
  });
  const { port } = await front.listen({ host: '127.0.0.1', port: 0 });
  const { text, bytes } = await rawExchange(port, [
    get('') +
      get('Range: bytes=2-4\r\n') +
      get('If-None-Match: "a"\r\n') +
      get('If-None-Match: "a"\r\n', 'HEAD') +
      get('Range: bytes=5-\r\n') +
      get('Range: bytes=2-4\r\nAuthorization: x\r\n') +
      get('Range: bytes=2-4\r\nConnection: x\r\n') +
      get('If-Range: "a"\r\nRange: bytes=2-4\r\nConnection: close\r\n'),
  ]);
  expect(asked).toEqual([
    'fast',
    'selective bytes=2-4',
    'selective ',
    'selective ',
    'selective bytes=5-',
    'answer',
    'answer',
    'answer',
    'selective bytes=2-4',
  ]);
  expect(statusLines(text)).toEqual(['200', '206', '304', '304', '200', '200', '200', '206']);
  expect(text).toContain('Content-Range: bytes 2-4/10\r\nContent-Length: 3\r\n\r\n234');
  // A 304 has no body whose length could be said.
  expect(/HTTP\/1\.1 304 [^]*?\r\n\r\n/.exec(text)?.[0]).not.toMatch(/content-length/i);
  expect(written).toBe(bytes);
  await front.close({ graceMs: 0 });
});
