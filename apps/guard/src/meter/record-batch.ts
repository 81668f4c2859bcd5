import { recordTail } from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';

export interface RecordBatch {
  /** Place of the first leaf, and how many follow without a gap. */
  readonly first: number;
  readonly count: number;
  readonly tail: Uint8Array;
  /** How many of the wanted ones are in it. */
  readonly fresh: number;
}

/** Most leaves in one `record` (docs/chain.md). */
const MAX_LEAVES = 16;
/** What a transaction of 1,232 bytes has left for accounts and tail, beside signature, payer, programs and compute budget. */
const ROOM_BYTES = 850;
/** Resource and ring. */
const BYTES_A_LEAF = 64;
/** Leaves that are recorded already are passed over, but still cost their room: so many are bridged. */
const MAX_GAP = 2;

/** The longest run of leaves from the first of `indices` (rising) on that fits into one transaction. */
export function recordBatch(hour: Hour, indices: readonly number[]): RecordBatch {
  const first = indices[0];
  if (first === undefined) throw new RangeError('no leaf to record');
  let best: RecordBatch = { first, count: 1, tail: recordTail(hour, first, 1), fresh: 1 };
  for (const [i, index] of indices.entries()) {
    const before = indices[i - 1];
    const count = index - first + 1;
    if (before === undefined) continue;
    if (count > MAX_LEAVES || index - before > MAX_GAP + 1) break;
    const tail = recordTail(hour, first, count);
    if (count * BYTES_A_LEAF + tail.length > ROOM_BYTES) break;
    best = { first, count, tail, fresh: i + 1 };
  }
  return best;
}
