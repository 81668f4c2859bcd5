import { expect, test } from 'vitest';
import { addressOf } from './address.ts';
import { decodeEdgeRtts, encodeEdgeRtts, signEdgeRtts, verifyEdgeRttsSignature } from './edge-rtts.ts';
import type { EdgeRtts, EdgeRttsBody } from './edge-rtts.ts';
import { createSessionKey } from './signing.ts';

const account = (n: number): string => addressOf(new Uint8Array(32).fill(n));
const BODY: EdgeRttsBody = {
  edge: account(1),
  window: 28_333_333n,
  rtts: [
    { family: 4, prefix: Uint8Array.of(192, 0, 2, 0, 0, 0), tenths: 123, count: 4 },
    { family: 6, prefix: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 1), tenths: 20_000, count: 32 },
  ],
};

async function signed(over: Partial<EdgeRttsBody> = {}): Promise<{ list: EdgeRtts; operator: string }> {
  const key = await createSessionKey();
  return { list: await signEdgeRtts({ ...BODY, ...over }, key.sign), operator: addressOf(key.publicKey) };
}

test('a list is what its edge signed, to the last byte', async () => {
  const { list, operator } = await signed();
  const read = decodeEdgeRtts(encodeEdgeRtts(list));
  if (read === undefined) throw new Error('a list is not read');
  expect(read).toEqual(list);
  expect(await verifyEdgeRttsSignature(read, operator)).toBe(true);
  for (const changed of [
    { ...read, window: read.window + 1n },
    { ...read, edge: account(4) },
    { ...read, rtts: read.rtts.slice(1) },
  ])
    expect(await verifyEdgeRttsSignature(changed, operator)).toBe(false);
});

test('what is cut off, too long, says a prefix twice or what cannot be is none', async () => {
  const bytes = encodeEdgeRtts((await signed()).list);
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeEdgeRtts(bytes.subarray(0, length))).toBeUndefined();
  expect(decodeEdgeRtts(Buffer.concat([bytes, Buffer.alloc(10)]))).toBeUndefined();
  const [rtt] = BODY.rtts;
  if (rtt === undefined) throw new Error('nothing to change');
  for (const rtts of [
    [{ ...rtt, tenths: 0 }],
    [{ ...rtt, count: 0 }],
    [{ ...rtt, family: 5 as 4 }],
    [rtt, { ...rtt, tenths: 5 }],
  ])
    expect(decodeEdgeRtts(encodeEdgeRtts((await signed({ rtts })).list))).toBeUndefined();
});
