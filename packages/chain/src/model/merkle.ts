import { sha256 } from './sha256.ts';

const MAX_STEPS = 32;
const encoder = new TextEncoder();

/** Leaf: SHA-256(0x00 ‖ domain ‖ payload) (docs/chain.md, Hashes). */
export function leafHash(domain: string, payload: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0), encoder.encode(domain), payload);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const difference = byte - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Node: SHA-256(0x01 ‖ min ‖ max), so that a proof needs no sides. */
export function nodeHash(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compare(a, b) <= 0 ? sha256(Uint8Array.of(1), a, b) : sha256(Uint8Array.of(1), b, a);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compare(a, b) === 0;
}

/** Whether a proof of 32-byte steps leads from the leaf to the root. No proof leads to the root of nothing. */
export function provesTo(leaf: Uint8Array, proof: Uint8Array, root: Uint8Array): boolean {
  if (proof.length % 32 !== 0 || proof.length / 32 > MAX_STEPS || root.every((byte) => byte === 0))
    return false;
  let hash = leaf;
  for (let at = 0; at < proof.length; at += 32) hash = nodeHash(hash, proof.subarray(at, at + 32));
  return sameBytes(hash, root);
}

/**
 * Whether `leaves`, those from `index` on of a tree of `count`, lead to the root. In each level a sibling from the
 * proof goes before a first node of odd place and after a last one of even place that is not the level's last.
 */
export function provesRange(
  leaves: readonly Uint8Array[],
  index: number,
  count: number,
  proof: Uint8Array,
  root: Uint8Array,
): boolean {
  if (leaves.length === 0 || index + leaves.length > count || proof.length % 32 !== 0) return false;
  let [level, first, size, at] = [[...leaves], index, count, 0];
  const sibling = (): Uint8Array | undefined => {
    const step = proof.subarray(at, at + 32);
    at += 32;
    return step.length === 32 ? step : undefined;
  };
  while (size > 1) {
    if (first % 2 === 1) {
      const before = sibling();
      if (before === undefined) return false;
      level = [before, ...level];
      first -= 1;
    }
    const last = first + level.length - 1;
    if (last % 2 === 0 && last !== size - 1) {
      const after = sibling();
      if (after === undefined) return false;
      level = [...level, after];
    }
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left !== undefined) next.push(right === undefined ? left : nodeHash(left, right));
    }
    [level, first, size] = [next, first / 2, Math.ceil(size / 2)];
  }
  const [reached] = level;
  return at === proof.length && reached !== undefined && sameBytes(reached, root);
}

/** Root and one proof a leaf; a level of odd length promotes its last node. */
export function merkleTree(leaves: readonly Uint8Array[]): { root: Uint8Array; proofs: Uint8Array[] } {
  if (leaves.length === 0) return { root: new Uint8Array(32), proofs: [] };
  const proofs: Uint8Array[][] = leaves.map(() => []);
  let level = leaves.map((hash, index) => ({ hash, members: [index] }));
  while (level.length > 1) {
    const next: typeof level = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left === undefined) break;
      if (right === undefined) {
        next.push(left);
        continue;
      }
      for (const member of left.members) proofs[member]?.push(right.hash);
      for (const member of right.members) proofs[member]?.push(left.hash);
      next.push({ hash: nodeHash(left.hash, right.hash), members: [...left.members, ...right.members] });
    }
    level = next;
  }
  return { root: level[0]?.hash ?? new Uint8Array(32), proofs: proofs.map((steps) => concat(steps)) };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
