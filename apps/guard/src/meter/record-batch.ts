import { RECORD_LEAVES } from '@media-network/chain/schema';
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

/** What a transaction of 1,232 bytes has left for accounts and tail, beside signature, payer, programs and compute budget. */
const ROOM_BYTES = 850;
/** Resource and ring. */
const BYTES_A_LEAF = 64;
/** Leaves that are recorded already are passed over, but still cost their room: so many are bridged. */
const MAX_GAP = 2;

/**
 * The longest run of leaves from the first of `indices` (rising) on that fits into one transaction. Only what is
 * recorded already is passed over: anything else would fail the whole.
 */
export function recordBatch(
  hour: Hour,
  indices: readonly number[],
  isRecorded: (index: number) => boolean,
): RecordBatch {
  const first = indices[0];
  if (first === undefined) throw new RangeError('no leaf to record');
  let best: RecordBatch = { first, count: 1, tail: recordTail(hour, first, 1), fresh: 1 };
  for (const [i, index] of indices.entries()) {
    const before = indices[i - 1];
    const count = index - first + 1;
    if (before === undefined) continue;
    const gap = Array.from({ length: index - before - 1 }, (_, skipped) => before + 1 + skipped);
    if (count > RECORD_LEAVES || gap.length > MAX_GAP || !gap.every(isRecorded)) break;
    const tail = recordTail(hour, first, count);
    if (count * BYTES_A_LEAF + tail.length > ROOM_BYTES) break;
    best = { first, count, tail, fresh: i + 1 };
  }
  return best;
}
