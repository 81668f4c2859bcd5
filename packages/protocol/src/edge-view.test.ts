import { expect, test } from 'vitest';
import { addressOf } from './address.ts';
import { decodeEdgeView, encodeEdgeView, signEdgeView, verifyEdgeViewSignature } from './edge-view.ts';
import { createSessionKey } from './signing.ts';

const account = (n: number): string => addressOf(new Uint8Array(32).fill(n));

test('a view is what its guard signed, to the last byte', async () => {
  const key = await createSessionKey();
  const operator = addressOf(key.publicKey);
  const view = await signEdgeView(
    {
      guard: account(1),
      unixMs: 1_700_000_000_123n,
      zoneKey: new Uint8Array(64).fill(7),
      down: [account(2), account(3)],
    },
    key.sign,
  );
  const bytes = encodeEdgeView(view);
  const read = decodeEdgeView(bytes);
  if (read === undefined) throw new Error('a view is not read');
  expect(read).toEqual(view);
  expect(await verifyEdgeViewSignature(read, operator)).toBe(true);
  expect(await verifyEdgeViewSignature(read, account(9))).toBe(false);
  for (const changed of [
    { ...read, guard: account(4) },
    { ...read, unixMs: read.unixMs + 1n },
    { ...read, down: [account(2)] },
    { ...read, zoneKey: new Uint8Array(64) },
  ])
    expect(await verifyEdgeViewSignature(changed, operator)).toBe(false);
});

test('what is cut off, too long, or says another count is none', async () => {
  const key = await createSessionKey();
  const bytes = encodeEdgeView(
    await signEdgeView(
      { guard: account(1), unixMs: 1n, zoneKey: new Uint8Array(64), down: [account(2)] },
      key.sign,
    ),
  );
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeEdgeView(bytes.subarray(0, length))).toBeUndefined();
  expect(decodeEdgeView(Buffer.concat([bytes, Buffer.alloc(32)]))).toBeUndefined();
  const giant = Buffer.from(bytes);
  giant.fill(0xff, 104, 108);
  expect(decodeEdgeView(giant)).toBeUndefined();
});
