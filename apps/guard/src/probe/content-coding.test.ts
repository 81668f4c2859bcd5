import zlib from 'node:zlib';
import { expect, it } from 'vitest';
import { decoded } from './content-coding.ts';

const BODY = Buffer.from('a body that is the same in every coding '.repeat(100));

it.each([
  ['gzip', zlib.gzipSync(BODY)],
  ['deflate', zlib.deflateSync(BODY)],
  ['br', zlib.brotliCompressSync(BODY)],
  ['zstd', zlib.zstdCompressSync(BODY)],
  [undefined, BODY],
])('takes %s away, up to a bound', async (coding, coded) => {
  expect((await decoded(coded, coding, BODY.length))?.equals(BODY)).toBe(true);
  expect(await decoded(coded, coding, BODY.length - 1)).toBeUndefined();
});
