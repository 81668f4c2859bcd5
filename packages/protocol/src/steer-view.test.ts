import { expect, test } from 'vitest';
import { addressOf } from './address.ts';
import { createSessionKey } from './signing.ts';
import { decodeSteerView, encodeSteerView, signSteerView, verifySteerViewSignature } from './steer-view.ts';
import type { SteerView, SteerViewBody } from './steer-view.ts';

const account = (n: number): string => addressOf(new Uint8Array(32).fill(n));
const BODY: SteerViewBody = {
  guard: account(1),
  window: 28_333_333n,
  loads: [
    { edge: account(2), served: 850_000, claimed: 1_000_000, pulled: 1, proven: 900_000, share: 1_000 },
    { edge: account(3), served: 0xffff_ffff, claimed: 0, pulled: 0, proven: 0, share: 10 },
  ],
  rtts: [
    { family: 4, prefix: Uint8Array.of(192, 0, 2, 0, 0, 0), edge: 1, tenths: 123, count: 4 },
    { family: 6, prefix: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 1), edge: 0, tenths: 20_000, count: 255 },
  ],
  told: [{ family: 4, prefix: Uint8Array.of(192, 0, 2, 0, 0, 0), edge: 0, tenths: 99, count: 3 }],
};

async function signed(over: Partial<SteerViewBody> = {}): Promise<{ view: SteerView; operator: string }> {
  const key = await createSessionKey();
  return { view: await signSteerView({ ...BODY, ...over }, key.sign), operator: addressOf(key.publicKey) };
}

test('a view is what its guard signed, to the last byte', async () => {
  const { view, operator } = await signed();
  const read = decodeSteerView(encodeSteerView(view));
  if (read === undefined) throw new Error('a view is not read');
  expect(read).toEqual(view);
  expect(await verifySteerViewSignature(read, operator)).toBe(true);
  for (const changed of [
    { ...read, window: read.window + 1n },
    { ...read, guard: account(4) },
    { ...read, loads: read.loads.toReversed() },
    { ...read, rtts: read.rtts.slice(1) },
    { ...read, rtts: [...read.rtts, ...read.told], told: [] },
  ])
    expect(await verifySteerViewSignature(changed, operator)).toBe(false);
});

test('what is cut off, too long, or says what cannot be is none', async () => {
  const bytes = encodeSteerView((await signed()).view);
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeSteerView(bytes.subarray(0, length))).toBeUndefined();
  expect(decodeSteerView(Buffer.concat([bytes, Buffer.alloc(12)]))).toBeUndefined();
  const [rtt] = BODY.rtts;
  const [load] = BODY.loads;
  if (rtt === undefined || load === undefined) throw new Error('nothing to change');
  for (const bad of [
    { rtts: [{ ...rtt, edge: 2 }] },
    { rtts: [{ ...rtt, tenths: 0 }] },
    { rtts: [{ ...rtt, count: 0 }] },
    { rtts: [{ ...rtt, family: 5 as 4 }] },
    { told: [{ ...rtt, edge: 2 }] },
    { rtts: [], told: [], loads: [{ ...load, share: 1_001 }] },
  ])
    expect(decodeSteerView(encodeSteerView((await signed(bad)).view))).toBeUndefined();
});
