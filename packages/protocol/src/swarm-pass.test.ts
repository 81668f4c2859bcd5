import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';
import { fromBase64Url, toBase64Url } from './bytes.ts';
import { signSegmentDigest, verifySegmentDigest } from './segment-digest.ts';
import type { SegmentDigestBody } from './segment-digest.ts';
import { createSessionKey } from './signing.ts';
import { decodeSwarmPass, signSwarmPass, swarmOf, verifySwarmPass } from './swarm-pass.ts';

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const BODY = {
  edge: addressOf(filled(1)),
  resource: addressOf(filled(2)),
  content: filled(3),
  expires: 1_800_000_000n,
};

describe('passes of a swarm', () => {
  it('are read as they were signed, and no bit of them may change', async () => {
    const { publicKey, sign } = await createSessionKey();
    const text = await signSwarmPass(BODY, sign);
    const pass = decodeSwarmPass(text);
    expect(pass).toMatchObject(BODY);
    if (pass === undefined) return;
    expect(await verifySwarmPass(pass, addressOf(publicKey))).toBe(true);
    const bytes = fromBase64Url(text) ?? new Uint8Array();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const other = new Uint8Array(bytes);
          other[at] = (other[at] ?? 0) ^ by;
          const read = decodeSwarmPass(toBase64Url(other));
          expect(read !== undefined && (await verifySwarmPass(read, addressOf(publicKey)))).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
    expect(decodeSwarmPass(toBase64Url(bytes.slice(1)))).toBeUndefined();
    expect(decodeSwarmPass('%')).toBeUndefined();
  });

  it('lead to one swarm for one content at any edge, and to another for another', async () => {
    const swarm = await swarmOf(BODY);
    expect(await swarmOf({ ...BODY, edge: addressOf(filled(9)), expires: 1n })).toEqual(swarm);
    expect(await swarmOf({ ...BODY, content: filled(4) })).not.toEqual(swarm);
    expect(await swarmOf({ ...BODY, resource: addressOf(filled(4)) })).not.toEqual(swarm);
  });
});

describe('digests of segments', () => {
  const DIGEST: SegmentDigestBody = {
    edge: BODY.edge,
    resource: BODY.resource,
    hour: 7n,
    target: '/live/1.m4s?a=b',
    length: 70_000,
    sha256: filled(5),
    chunks: [filled(6), filled(7)],
  };

  it('are signed for everything that they say', async () => {
    const { publicKey, sign } = await createSessionKey();
    const operator = addressOf(publicKey);
    const signature = await signSegmentDigest(DIGEST, sign);
    expect(await verifySegmentDigest(DIGEST, signature, operator)).toBe(true);
    const others: readonly Partial<SegmentDigestBody>[] = [
      { edge: BODY.resource },
      { resource: BODY.edge },
      { hour: 8n },
      { target: '/live/2.m4s' },
      { length: 70_001 },
      { sha256: filled(6) },
      { chunks: [filled(7), filled(6)] },
      { chunks: [filled(6)] },
    ];
    for (const other of others)
      expect(await verifySegmentDigest({ ...DIGEST, ...other }, signature, operator)).toBe(false);
  });
});
