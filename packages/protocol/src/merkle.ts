import { compareBytes, concatBytes, utf8 } from './bytes.ts';
import type { Sha256 } from './bytes.ts';

/** Eight-byte names of leaves (docs/chain.md, Hashes). */
export const LEAF_DOMAIN = {
  entry: 'mn.entry',
  hour: 'mn.hour.',
  credit: 'mn.cred.',
  claim: 'mn.claim',
  receipt: 'mn.rcpt.',
  digest: 'mn.digst',
} as const;
export type LeafDomain = (typeof LEAF_DOMAIN)[keyof typeof LEAF_DOMAIN];

/** Proofs are at most this long. */
export const MAX_PROOF_STEPS = 32;
/** The root of nothing; no proof leads to it. */
export const EMPTY_ROOT: Uint8Array = new Uint8Array(32);

const LEAF_PREFIX = new Uint8Array([0]);
const NODE_PREFIX = new Uint8Array([1]);

/** SHA-256(0x00 ‖ domain ‖ payload). */
export function leafHash(domain: LeafDomain, payload: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concatBytes([LEAF_PREFIX, utf8(domain), payload]));
}

/** SHA-256(0x01 ‖ min ‖ max). */
export function nodeHash(a: Uint8Array, b: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(
    compareBytes(a, b) <= 0 ? concatBytes([NODE_PREFIX, a, b]) : concatBytes([NODE_PREFIX, b, a]),
  );
}

export interface MerkleTree {
  readonly root: Uint8Array;
  /** Siblings from the leaf up. Throws a RangeError for an index that is no leaf. */
  proof(index: number): readonly Uint8Array[];
}

/** A tree over leaf hashes in the order given; a level of odd length promotes its last node. */
export function merkleTree(leaves: readonly Uint8Array[], sha256: Sha256): MerkleTree {
  const levels: (readonly Uint8Array[])[] = [leaves];
  for (let level = leaves; level.length > 1;) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left === undefined) continue;
      next.push(right === undefined ? left : nodeHash(left, right, sha256));
    }
    levels.push(next);
    level = next;
  }
  return {
    root: levels.at(-1)?.[0] ?? EMPTY_ROOT,
    proof(index) {
      if (!(index in leaves)) throw new RangeError(`no leaf ${index}`);
      const steps: Uint8Array[] = [];
      let at = index;
      for (const level of levels.slice(0, -1)) {
        const sibling = level[at ^ 1];
        if (sibling !== undefined) steps.push(sibling);
        at >>= 1;
      }
      return steps;
    },
  };
}

export function merkleRoot(leaves: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  return merkleTree(leaves, sha256).root;
}

export function verifyMerkleProof(
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  sha256: Sha256,
): boolean {
  if (proof.length > MAX_PROOF_STEPS || compareBytes(root, EMPTY_ROOT) === 0) return false;
  let hash = leaf;
  for (const sibling of proof) {
    if (sibling.length !== 32) return false;
    hash = nodeHash(hash, sibling, sha256);
  }
  return compareBytes(hash, root) === 0;
}
