import { nodeHash } from '../../src/model/merkle.ts';

/** Steps that lead from `count` leaves from `index` on to the root, as the program takes them. */
export function rangeProof(leaves: readonly Uint8Array[], index: number, count: number): Uint8Array {
  const steps: Uint8Array[] = [];
  let level = [...leaves];
  let [first, last] = [index, index + count - 1];
  while (level.length > 1) {
    const before = first % 2 === 1 ? level[first - 1] : undefined;
    const after = last % 2 === 0 ? level[last + 1] : undefined;
    for (const step of [before, after]) if (step !== undefined) steps.push(step);
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left !== undefined) next.push(right === undefined ? left : nodeHash(left, right));
    }
    level = next;
    first = Math.floor(first / 2);
    last = Math.floor(last / 2);
  }
  return Uint8Array.from(steps.flatMap((step) => [...step]));
}

/** The tail of a record: u16 length, the numbers as LEB128, the proof. */
export function packRecords(numbers: readonly bigint[], proof: Uint8Array): Uint8Array {
  const packed: number[] = [];
  for (const number of numbers) {
    let left = number;
    do {
      packed.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
      left >>= 7n;
    } while (left > 0n);
  }
  return Uint8Array.from([packed.length & 0xff, packed.length >> 8, ...packed, ...proof]);
}
