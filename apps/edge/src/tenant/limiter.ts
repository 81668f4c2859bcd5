import type { Clock } from '@media-network/runtime';

/** How often something may happen, and how much of it at once. */
export interface Pace {
  readonly rate: { readonly count: number; readonly seconds: number };
  readonly burst: number;
}

/** Counts what happens against paces. */
export interface Limiter {
  /** 0 and counted where it may happen now; else milliseconds until it may, and not counted. */
  waitMs(key: string, pace: Pace): number;
}

/** Keys of two generations: strangers choose the addresses they come from, and each that is kept costs some hundred bytes. */
const MAX_KEYS = 65_536;

/**
 * The generic cell rate algorithm (ITU-T I.371): of each key one number is kept, when the next would be due if all
 * came evenly. Where many thousand clients come at once, those that were not seen for longest begin anew.
 */
export function createLimiter({ clock }: { readonly clock: Pick<Clock, 'nowMs'> }): Limiter {
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  return {
    waitMs(key, { rate, burst }) {
      const now = clock.nowMs();
      const everyMs = (rate.seconds * 1_000) / rate.count;
      const due = Math.max(now, young.get(key) ?? old.get(key) ?? 0);
      const wait = due - now - (burst - 1) * everyMs;
      if (wait > 0) return Math.max(1, Math.ceil(wait));
      if (young.size >= MAX_KEYS) {
        old = young;
        young = new Map();
      }
      young.set(key, due + everyMs);
      return 0;
    },
  };
}
