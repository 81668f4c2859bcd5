import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex, utf8 } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { EMPTY_ROOT, LEAF_DOMAIN, leafHash, merkleTree, rangeRoot, verifyMerkleProof } from './merkle.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const leaves = fc
  .array(fc.uint8Array({ minLength: 0, maxLength: 40 }), { minLength: 1, maxLength: 40 })
  .map((list) => list.map((each) => leafHash(LEAF_DOMAIN.entry, each, sha256)));

describe('merkle tree', () => {
  it('hashes leaves and nodes under prefixes of their own', () => {
    const leaf = leafHash(LEAF_DOMAIN.claim, Uint8Array.of(1, 2), sha256);
    expect(toHex(leaf)).toBe(
      toHex(sha256(concatBytes([Uint8Array.of(0), utf8('mn.claim'), Uint8Array.of(1, 2)]))),
    );
    const other = new Uint8Array(32);
    const node = sha256(concatBytes([Uint8Array.of(1), other, leaf]));
    expect(toHex(merkleTree([leaf, other], sha256).root)).toBe(toHex(node));
    expect(toHex(merkleTree([other, leaf], sha256).root)).toBe(toHex(node));
  });

  it('promotes the last node of an odd level', () => {
    const [a, b, c] = [1, 2, 3].map((n) => leafHash(LEAF_DOMAIN.hour, Uint8Array.of(n), sha256));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three leaves');
    const pair = merkleTree([a, b], sha256).root;
    expect(toHex(merkleTree([a, b, c], sha256).root)).toBe(toHex(merkleTree([pair, c], sha256).root));
    expect(merkleTree([a, b, c], sha256).proof(2)).toHaveLength(1);
  });

  it('proves each leaf and no other', () => {
    fc.assert(
      fc.property(
        leaves,
        fc.nat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (list, pick, stranger) => {
          const tree = merkleTree(list, sha256);
          const index = pick % list.length;
          const leaf = list[index] ?? EMPTY_ROOT;
          expect(verifyMerkleProof(leaf, tree.proof(index), tree.root, sha256)).toBe(true);
          fc.pre(!list.some((each) => toHex(each) === toHex(stranger)));
          expect(verifyMerkleProof(stranger, tree.proof(index), tree.root, sha256)).toBe(false);
        },
      ),
    );
  });

  it('has a root of nothing to which no proof leads', () => {
    expect(toHex(merkleTree([], sha256).root)).toBe('00'.repeat(32));
    expect(verifyMerkleProof(EMPTY_ROOT, [], EMPTY_ROOT, sha256)).toBe(false);
  });

  it('refuses proofs that are too long and siblings of a wrong size', () => {
    const leaf = sha256(Uint8Array.of(1));
    const long = Array.from({ length: 33 }, () => leaf);
    const root = long.reduce((hash, sibling) => merkleTree([hash, sibling], sha256).root, leaf);
    expect(verifyMerkleProof(leaf, long, root, sha256)).toBe(false);
    expect(verifyMerkleProof(leaf, [new Uint8Array(31)], leaf, sha256)).toBe(false);
    expect(() => merkleTree([leaf], sha256).proof(1)).toThrow(RangeError);
  });

  it('proves consecutive leaves at once, at their place in a tree of that size', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat(), (list, a, b) => {
        const tree = merkleTree(list, sha256);
        const first = a % list.length;
        const count = 1 + (b % (list.length - first));
        const part = list.slice(first, first + count);
        const proof = tree.rangeProof(first, count);
        const rootOf = (
          nodes: readonly Uint8Array[],
          at = first,
          total = list.length,
        ): string | undefined => {
          const root = rangeRoot(nodes, at, total, proof, sha256);
          return root === undefined ? undefined : toHex(root);
        };
        expect(rootOf(part)).toBe(toHex(tree.root));
        expect(rootOf([...part.slice(1), sha256(Uint8Array.of(9, 9))])).not.toBe(toHex(tree.root));
        expect(rangeRoot(part, first, list.length, [...proof, EMPTY_ROOT], sha256)).toBeUndefined();
        expect(rootOf(part, list.length)).toBeUndefined();
        if (proof.length > 0)
          expect(rangeRoot(part, first, list.length, proof.slice(1), sha256)).toBeUndefined();
        if (count === 1) expect(proof).toEqual(tree.proof(first));
      }),
    );
  });

  it('proves all leaves with nothing, and none not at all', () => {
    const list = [1, 2, 3, 4, 5].map((n) => sha256(Uint8Array.of(n)));
    const tree = merkleTree(list, sha256);
    expect(tree.rangeProof(0, 5)).toEqual([]);
    expect(toHex(rangeRoot(list, 0, 5, [], sha256) ?? EMPTY_ROOT)).toBe(toHex(tree.root));
    expect(rangeRoot([], 0, 5, [], sha256)).toBeUndefined();
    expect(() => tree.rangeProof(4, 2)).toThrow(RangeError);
    expect(() => tree.rangeProof(0, 0)).toThrow(RangeError);
  });
});
