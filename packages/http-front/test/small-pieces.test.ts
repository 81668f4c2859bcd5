import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { Upload } from '../src/h2/upload.ts';
import { HeldBytes } from '../src/held-bytes.ts';
import { RequestBody } from '../src/request-body.ts';

const BODY = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));

/** What a reader is given that begins now. */
async function pieces(body: Readable): Promise<Buffer[]> {
  const all: Buffer[] = [];
  body.on('data', (piece: Buffer) => all.push(piece));
  await once(body, 'end');
  return all;
}

test('what is held is as it came, in few pieces', () => {
  const held = new HeldBytes();
  const sizes = [1, 1, 4_095, 0, 10_000, 3, 4_096, 9_000];
  let at = 0;
  for (const size of sizes) {
    const bytes = Buffer.from(BODY.subarray(at, at + size));
    held.add(bytes);
    bytes.fill(0);
    at += size;
  }
  const taken = held.take();
  expect(Buffer.concat(taken).equals(BODY.subarray(0, at))).toBe(true);
  expect(taken.length).toBeLessThanOrEqual(at / 4_096 + 1);
  expect(held.take()).toEqual([]);
});

test('an upload of DATA of one byte each waits in few pieces, and is credited when they are read', async () => {
  let credited = 0;
  const upload = new Upload((bytes) => (credited += bytes));
  for (const byte of BODY) upload.receive(Buffer.of(byte), 1);
  upload.end();
  expect(credited).toBe(0);
  const read = await pieces(upload);
  expect(Buffer.concat(read).equals(BODY)).toBe(true);
  expect(read.length).toBeLessThan(20);
  expect(credited).toBe(BODY.length);
});

test('an upload that nobody reads on is credited all the same', () => {
  let credited = 0;
  const upload = new Upload((bytes) => (credited += bytes));
  for (const byte of BODY.subarray(0, 1_000)) upload.receive(Buffer.of(byte), 1);
  upload.discard();
  expect(upload.destroyed).toBe(true);
  return expect.poll(() => credited).toBe(1_000);
});

test('a body in chunks of one byte each is given in few pieces', async () => {
  const body = new RequestBody(
    -1,
    true,
    () => undefined,
    () => undefined,
  );
  const chunks = Buffer.concat([...BODY].map((byte) => Buffer.of(0x31, 13, 10, byte, 13, 10)));
  for (let at = 0; at < chunks.length; at += 30_000) body.feed(chunks.subarray(at, at + 30_000));
  expect(body.full).toBe(false);
  body.feed(Buffer.from('4e20\r\n'));
  body.feed(Buffer.alloc(20_000));
  expect(body.full).toBe(true);
  body.feed(Buffer.from('\r\n0\r\n\r\n'));
  const read = await pieces(body);
  expect(Buffer.concat(read).equals(Buffer.concat([BODY, Buffer.alloc(20_000)]))).toBe(true);
  expect(read.length).toBeLessThan(40);
});
