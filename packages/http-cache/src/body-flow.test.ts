import { expect, test } from 'vitest';
import { BodyFlow } from './body-flow.ts';
import type { Spill } from './body-flow.ts';

const BODY = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));

function flowOf(maxWholeBytes: number, spill?: Spill): BodyFlow {
  return new BodyFlow({
    maxWholeBytes,
    windowBytes: 262_144,
    onHeld: () => false,
    openSpill: spill === undefined ? undefined : () => Promise.resolve(spill),
    onSpillFailed: (error) => expect(error).toBeUndefined(),
    onSpillUnneeded: () => undefined,
    onLastReaderLeft: () => undefined,
  });
}

async function read(body: AsyncIterable<Buffer> | undefined): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for await (const piece of body ?? []) pieces.push(piece);
  return pieces;
}

test('a body that comes byte by byte is held in few pieces, and what was read of it stays', async () => {
  const flow = flowOf(BODY.length);
  const early = read(flow.follow(undefined));
  for (const byte of BODY) await flow.write(Buffer.of(byte));
  const late = read(flow.follow({ start: 10, end: BODY.length }));
  flow.end();
  expect(Buffer.concat(await early).equals(BODY)).toBe(true);
  expect(Buffer.concat(await late).equals(BODY.subarray(10))).toBe(true);
  expect((await late).length).toBeLessThan(20);
  expect(flow.wholeBody().equals(BODY)).toBe(true);
});

test('pieces of any size are as they came, on the way to disk as well', async () => {
  const disk = Buffer.alloc(BODY.length);
  const flow = flowOf(5_000, {
    async write(chunk, position) {
      await new Promise((resolve) => setImmediate(resolve));
      chunk.copy(disk, position);
    },
    read: (position, length) => Promise.resolve(disk.subarray(position, position + length)),
  });
  const following = read(flow.follow(undefined));
  for (let at = 0, size = 1; at < BODY.length; size = (size * 7) % 5_003) {
    await flow.write(Buffer.from(BODY.subarray(at, at + size)));
    at += size;
  }
  flow.end();
  await flow.settleSpill();
  expect(disk.equals(BODY)).toBe(true);
  expect(Buffer.concat(await following).equals(BODY)).toBe(true);
});
