import type { Clock } from '@media-network/runtime';
import { SAMPLES } from '../journal/ledger.ts';
import type { EdgeChain } from './edge-chain.ts';
import { sampleAt } from './periods.ts';

/** What a moment of this machine's clock is by the chain's time. */
export interface Moment {
  /** By our clock, Unix milliseconds. */
  readonly nowMs: number;
  /** By the chain's. */
  readonly chainMs: number;
  readonly sample: number;
  readonly hour: number;
}

/** The moment of now, or of a clock that was just read. */
export type Moments = (nowMs?: number) => Moment;

/** Worked out once a millisecond: requests come in their dozens within one. */
export function createMoments(
  chain: Pick<EdgeChain, 'chainMsAt' | 'periods'>,
  clock: Pick<Clock, 'nowMs'>,
): Moments {
  let last: Moment = { nowMs: Number.NaN, chainMs: 0, sample: 0, hour: 0 };
  return (nowMs = clock.nowMs()) => {
    const chainMs = chain.chainMsAt(nowMs);
    if (nowMs === last.nowMs && chainMs === last.chainMs) return last;
    const sample = sampleAt(chain.periods, chainMs);
    last = { nowMs, chainMs, sample, hour: Math.floor(sample / SAMPLES) };
    return last;
  };
}
