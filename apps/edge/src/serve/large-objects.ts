import type { Clock } from '@media-network/runtime';

/** Keys of objects that were found too large to be fetched for a part of them. */
export interface LargeObjects {
  note(key: string): void;
  has(key: string): boolean;
}

/** A publisher may replace one by a small one. */
const KEEP_MS = 600_000;
const MAX_KEYS = 10_000;

export function createLargeObjects(clock: Clock): LargeObjects {
  const until = new Map<string, number>();
  return {
    note(key) {
      until.delete(key);
      until.set(key, clock.nowMs() + KEEP_MS);
      const oldest = until.keys().next();
      if (until.size > MAX_KEYS && oldest.done === false) until.delete(oldest.value);
    },
    has(key) {
      const at = until.get(key);
      if (at === undefined) return false;
      if (clock.nowMs() < at) return true;
      until.delete(key);
      return false;
    },
  };
}
