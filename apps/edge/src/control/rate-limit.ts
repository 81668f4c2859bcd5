/** So much a second on average, and `burst` at once. */
export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateLimit {
  /** Whether one more may pass for this key; counts it if so. */
  take(key: string, nowMs: number): boolean;
}

/** Keys held at once; the one used longest ago is forgotten, which at worst is generous to it. */
const MAX_KEYS = 10_000;

/** A token bucket a key. Keys stay in memory and go nowhere else. */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const buckets = new Map<string, { tokens: number; filledAt: number }>();
  return {
    take(key, nowMs) {
      const bucket = buckets.get(key) ?? { tokens: options.burst, filledAt: nowMs };
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > MAX_KEYS) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break;
      const since = Math.max(0, nowMs - bucket.filledAt) / 1000;
      bucket.tokens = Math.min(options.burst, bucket.tokens + since * options.perSecond);
      bucket.filledAt = nowMs;
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
