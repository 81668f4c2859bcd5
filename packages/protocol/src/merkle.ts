import { compareBytes, concatBytes, utf8 } from './bytes.ts';
import type { Sha256 } from './bytes.ts';

/** Eight-byte names of leaves (docs/chain.md, Hashes). */
export const LEAF_DOMAIN = {
  entry: 'mn.entry',
  hour: 'mn.hour.',
  credit: 'mn.cred.',
  creditRow: 'mn.crow.',
  weights: 'mn.wght.',
  weightRow: 'mn.wrow.',
  right: 'mn.right',
  claim: 'mn.claim',
  receipt: 'mn.rcpt.',
  digest: 'mn.digst',
  counter: 'mn.count',
  viewing: 'mn.viewg',
} as const;
export type LeafDomain = (typeof LEAF_DOMAIN)[keyof typeof LEAF_DOMAIN];

/** Proofs are at most this long. */
export const MAX_PROOF_STEPS = 32;
/** The root of nothing; no proof leads to it. */
export const EMPTY_ROOT: Uint8Array = new Uint8Array(32);

/** 0x00 ‖ domain, by domain. */
const LEAF_PREFIX: ReadonlyMap<LeafDomain, Uint8Array> = new Map(
  Object.values(LEAF_DOMAIN).map(
    (domain) => [domain, concatBytes([Uint8Array.of(0), utf8(domain)])] as const,
  ),
);

/** What is hashed next: a tree has a million messages, and a hash is done with one when it returns. */
let message = new Uint8Array(1_024);

/** SHA-256(0x00 ‖ domain ‖ payload). */
export function leafHash(domain: LeafDomain, payload: Uint8Array, sha256: Sha256): Uint8Array {
  const prefix = LEAF_PREFIX.get(domain) ?? utf8(domain);
  const length = prefix.length + payload.length;
  if (length > message.length) message = new Uint8Array(2 * length);
  message.set(prefix);
  message.set(payload, prefix.length);
  return sha256(message.subarray(0, length));
}

/** SHA-256(0x01 ‖ min ‖ max). */
export function nodeHash(a: Uint8Array, b: Uint8Array, sha256: Sha256): Uint8Array {
  const [least, most] = compareBytes(a, b) <= 0 ? [a, b] : [b, a];
  message[0] = 1;
  message.set(least, 1);
  message.set(most, 33);
  return sha256(message.subarray(0, 65));
}

export interface MerkleTree {
  readonly root: Uint8Array;
  /** Siblings from the leaf up. Throws a RangeError for an index that is no leaf. */
  proof(index: number): readonly Uint8Array[];
  /**
   * What `rangeRoot` needs beside `count` leaves from `first` on: on each level from below, a node before the range
   * where its first index is odd, then one after it where its last index is even and not the level's last.
   */
  rangeProof(first: number, count: number): readonly Uint8Array[];
}

/** A level's parents; an odd last node is promoted. */
function parents(level: readonly Uint8Array[], sha256: Sha256): readonly Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i], level[i + 1]];
    if (left === undefined) continue;
    next.push(right === undefined ? left : nodeHash(left, right, sha256));
  }
  return next;
}

/** A tree over leaf hashes in the order given; a level of odd length promotes its last node. */
export function merkleTree(leaves: readonly Uint8Array[], sha256: Sha256): MerkleTree {
  const levels: (readonly Uint8Array[])[] = [leaves];
  for (let level = leaves; level.length > 1;) {
    level = parents(level, sha256);
    levels.push(level);
  }
  function rangeProof(first: number, count: number): readonly Uint8Array[] {
    if (count < 1 || !(first in leaves) || !(first + count - 1 in leaves))
      throw new RangeError(`no leaves ${first} to ${first + count - 1}`);
    const nodes: Uint8Array[] = [];
    let [from, to] = [first, first + count - 1];
    for (const level of levels.slice(0, -1)) {
      const [before, after] = [level[from - 1], level[to + 1]];
      if (from % 2 === 1 && before !== undefined) nodes.push(before);
      if (to % 2 === 0 && after !== undefined) nodes.push(after);
      from >>= 1;
      to >>= 1;
    }
    return nodes;
  }
  return {
    root: levels.at(-1)?.[0] ?? EMPTY_ROOT,
    proof: (index) => rangeProof(index, 1),
    rangeProof,
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

/** The root that consecutive leaf hashes from `first` on lead to in a tree of `total` leaves; undefined where the proof does not fit. */
export function rangeRoot(
  leaves: readonly Uint8Array[],
  first: number,
  total: number,
  proof: readonly Uint8Array[],
  sha256: Sha256,
): Uint8Array | undefined {
  if (leaves.length === 0 || first < 0 || first + leaves.length > total) return undefined;
  let nodes: readonly Uint8Array[] = leaves;
  let [from, to, length, used] = [first, first + leaves.length - 1, total, 0];
  const take = (): Uint8Array | undefined => {
    const node = proof[used];
    used += 1;
    return node?.length === 32 ? node : undefined;
  };
  for (; length > 1; length = Math.ceil(length / 2)) {
    const level = [...nodes];
    if (from % 2 === 1) {
      const before = take();
      if (before === undefined) return undefined;
      level.unshift(before);
    }
    if (to % 2 === 0 && to + 1 < length) {
      const after = take();
      if (after === undefined) return undefined;
      level.push(after);
    }
    nodes = parents(level, sha256);
    from >>= 1;
    to >>= 1;
  }
  return used === proof.length ? nodes[0] : undefined;
}
