import type { Trace } from './trace.ts';

/** A cache of objects that are known by number: all a policy needs to be compared. */
export interface PolicyCache {
  /** A request: whether it was there. What was not may be there afterwards. */
  ask(object: number, weight: number): boolean;
}

export interface HitRatio {
  readonly requests: number;
  readonly hits: number;
  /** 0 to 1. */
  readonly ratio: number;
}

/** The first fifth of a trace fills the cache and does not count. */
export const WARM_UP = 0.2;

/** Plays a trace to a cache. */
export function replay(trace: Trace, cache: PolicyCache): HitRatio {
  const { requests, weights } = trace;
  const from = Math.floor(requests.length * WARM_UP);
  let hits = 0;
  for (const [i, object] of requests.entries()) {
    if (cache.ask(object, weights[object] ?? 1) && i >= from) hits += 1;
  }
  const counted = requests.length - from;
  return { requests: counted, hits, ratio: counted === 0 ? 0 : hits / counted };
}
