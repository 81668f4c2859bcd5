import { createHash } from 'node:crypto';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { leafHash, merkleTree, nodeHash, provesTo } from './merkle.ts';
import { sha256 } from './sha256.ts';

describe('sha256', () => {
  it('is what the platform computes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 4 }), (parts) => {
        expect(sha256(...parts)).toEqual(
          new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest()),
        );
      }),
    );
  });
});

const leaves = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash('mn.claim', Uint8Array.of(index)));

describe('merkleTree', () => {
  it.each([1, 2, 3, 5, 8, 13])('proves each of %i leaves and no other', (count) => {
    const all = leaves(count);
    const { root, proofs } = merkleTree(all);
    for (const [index, leaf] of all.entries()) {
      const proof = proofs[index] ?? new Uint8Array(0);
      expect(provesTo(leaf, proof, root)).toBe(true);
      expect(provesTo(leafHash('mn.cred.', Uint8Array.of(index)), proof, root)).toBe(false);
      if (count === 1) continue;
      expect(provesTo(leaf, proof.subarray(1), root)).toBe(false);
      expect(provesTo(leaf, new Uint8Array(proof.length), root)).toBe(false);
    }
  });

  it('promotes the last node of an odd level', () => {
    const [a, b, c] = leaves(3);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three leaves');
    expect(merkleTree([a, b, c]).root).toEqual(nodeHash(nodeHash(a, b), c));
    expect(nodeHash(a, b)).toEqual(nodeHash(b, a));
  });

  it('proves nothing of nothing, and takes no proof of more than 32 steps', () => {
    expect(merkleTree([]).root).toEqual(new Uint8Array(32));
    expect(provesTo(new Uint8Array(32), new Uint8Array(0), new Uint8Array(32))).toBe(false);
    const leaf = leafHash('mn.claim', Uint8Array.of(1));
    let root = leaf;
    for (let step = 0; step < 33; step += 1) root = nodeHash(root, new Uint8Array(32));
    expect(provesTo(leaf, new Uint8Array(33 * 32), root)).toBe(false);
  });
});
