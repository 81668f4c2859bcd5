import type { Clock } from '@media-network/runtime';
import { SAMPLES } from '../journal/ledger.ts';
import type { EdgeChain } from './edge-chain.ts';
import { sampleAt, sampleStartMs } from './periods.ts';

/** What a moment of this machine's clock is by the chain's time. */
export interface Moment {
  /** By our clock, Unix milliseconds. */
  readonly nowMs: number;
  /** By the chain's. */
  readonly chainMs: number;
  readonly sample: number;
  readonly hour: number;
}

/**
 * The moment of now, or of a clock that was just read. The chain's time does not run back here: it is known from
 * a reading every few seconds, and where a chain is slow the next one puts it back by seconds. What is counted after a
 * commit would then be of a sample before it, and an honest report would look as if it had more than its counters
 * (docs/evidence.md, Commits). It stands still instead, until the chain has caught up.
 */
export type Moments = (nowMs?: number) => Moment;

/** A clock that was wrong by more than this is put right all the same: bytes would go to an hour far ahead. */
const MAX_HELD_MS = 60_000;

/** The moments of one life of an edge, which go on from those of the one before. */
export interface MomentsOfLife {
  readonly moments: Moments;
  /** What an earlier life has counted or committed to in this sample is before all that comes now, whatever the chain says of the time. */
  readonly goOnFrom: (sample: number) => void;
}

/** Worked out once a millisecond: requests come in their dozens within one. */
export function createMoments(
  chain: Pick<EdgeChain, 'chainMsAt' | 'periods'>,
  clock: Pick<Clock, 'nowMs'>,
): MomentsOfLife {
  let last: Moment | undefined;
  let heldMs = Number.NEGATIVE_INFINITY;
  return {
    moments(nowMs = clock.nowMs()) {
      const toldMs = chain.chainMsAt(nowMs);
      const chainMs = toldMs < heldMs && heldMs - toldMs <= MAX_HELD_MS ? heldMs : toldMs;
      if (last !== undefined && nowMs === last.nowMs && chainMs === last.chainMs) return last;
      const sample = sampleAt(chain.periods, chainMs);
      last = { nowMs, chainMs, sample, hour: Math.floor(sample / SAMPLES) };
      heldMs = chainMs;
      return last;
    },
    goOnFrom(sample) {
      const beganMs = sampleStartMs(chain.periods, sample);
      if (beganMs - chain.chainMsAt(clock.nowMs()) <= MAX_HELD_MS) heldMs = Math.max(heldMs, beganMs);
    },
  };
}
