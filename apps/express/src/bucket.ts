import type { Clock } from '@media-network/runtime';

/** So many at once, and then so many a second, for each of those who ask. In memory, and no longer than it takes to refill. */
export interface Buckets {
  /** False where there is nothing left for them. */
  take(who: string): boolean;
}

/** Askers that are remembered: protects memory. Beyond them nobody new gets anything until some are forgotten. */
const MOST_ASKERS = 100_000;

export function createBuckets(
  { clock }: { readonly clock: Pick<Clock, 'nowMs'> },
  { burst, perSecond }: { readonly burst: number; readonly perSecond: number },
): Buckets {
  const left = new Map<string, { tokens: number; atMs: number }>();

  function forget(nowMs: number): void {
    for (const [who, { tokens, atMs }] of left)
      if (tokens + ((nowMs - atMs) / 1_000) * perSecond >= burst) left.delete(who);
  }

  return {
    take(who) {
      const nowMs = clock.nowMs();
      if (left.size >= MOST_ASKERS && !left.has(who)) forget(nowMs);
      if (left.size >= MOST_ASKERS && !left.has(who)) return false;
      const before = left.get(who) ?? { tokens: burst, atMs: nowMs };
      const tokens = Math.min(burst, before.tokens + ((nowMs - before.atMs) / 1_000) * perSecond);
      left.set(who, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
      return tokens >= 1;
    },
  };
}
