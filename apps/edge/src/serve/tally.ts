import { createOriginTally } from '../origin/origin-tally.ts';
import type { OriginTally } from '../origin/origin-tally.ts';
import { createTierTally } from '../tier/tier-tally.ts';
import type { TierTally } from '../tier/tier-tally.ts';
import type { Outcome, Phase } from './phases.ts';

/** Counts of the data plane since the process began; metrics and `stats()` read them. */
export interface Tally {
  readonly byOutcome: Readonly<Record<Outcome, number>>;
  /** `phase reason` → how often. Reasons are error codes, so their number is bounded by the code. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly fastHits: number;
  readonly bytes: number;
  /** Bytes for which nobody pays: refusals and the edge's own endpoints. */
  readonly unbilledBytes: number;
  readonly originBytes: number;
  /** Bytes of tunnels, by whom they went to. */
  readonly tunnelBytes: Readonly<Record<'viewer' | 'origin', number>>;
  readonly origins: OriginTally;
  readonly tier: TierTally;
  ended(outcome: Outcome): void;
  refused(phase: Phase, reason: string, times?: number): void;
  fastHit(times?: number): void;
  wrote(bytes: number): void;
  wroteUnbilled(bytes: number): void;
  fetched(bytes: number): void;
  tunnelled(to: 'viewer' | 'origin', bytes: number): void;
}

export function createTally(): Tally {
  const byOutcome: Record<Outcome, number> = {
    hit: 0,
    stale: 0,
    revalidated: 0,
    miss: 0,
    pass: 0,
    collapsed: 0,
    tunnel: 0,
    refused: 0,
    ruled: 0,
    'origin-failed': 0,
    own: 0,
    cut: 0,
  };
  const refusals = new Map<string, number>();
  const sums = { fastHits: 0, bytes: 0, unbilledBytes: 0, originBytes: 0 };
  const tunnelBytes = { viewer: 0, origin: 0 };
  return {
    byOutcome,
    refusals,
    get fastHits() {
      return sums.fastHits;
    },
    get bytes() {
      return sums.bytes;
    },
    get unbilledBytes() {
      return sums.unbilledBytes;
    },
    get originBytes() {
      return sums.originBytes;
    },
    tunnelBytes,
    origins: createOriginTally(),
    tier: createTierTally(),
    ended(outcome) {
      byOutcome[outcome] += 1;
    },
    refused(phase, reason, times = 1) {
      const key = `${phase} ${reason}`;
      refusals.set(key, (refusals.get(key) ?? 0) + times);
    },
    fastHit(times = 1) {
      sums.fastHits += times;
      byOutcome.hit += times;
    },
    wrote(bytes) {
      sums.bytes += bytes;
    },
    wroteUnbilled(bytes) {
      sums.unbilledBytes += bytes;
    },
    fetched(bytes) {
      sums.originBytes += bytes;
    },
    tunnelled(to, bytes) {
      tunnelBytes[to] += bytes;
    },
  };
}
