import type { Clock } from '@media-network/runtime';
import { callerOf } from '@media-network/runtime/daemon';

/** A bucket of tokens for each client (an IPv4 address, an IPv6 /64), kept in memory and bounded; addresses are never logged or stored. */
export interface RateLimit {
  /** Takes one token; false when there is none. */
  take(address: string): boolean;
}

const MAX_CLIENTS = 50_000;

export function createRateLimit(clock: Clock, perMinute: number): RateLimit {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    take(address) {
      const client = callerOf(address);
      const nowMs = clock.nowMs();
      const before = buckets.get(client) ?? { tokens: perMinute, atMs: nowMs };
      const tokens = Math.min(perMinute, before.tokens + ((nowMs - before.atMs) * perMinute) / 60_000);
      // Moved to the end, so that the one that has been silent longest goes first.
      buckets.delete(client);
      buckets.set(client, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
      for (const oldest of buckets.keys()) {
        if (buckets.size <= MAX_CLIENTS) break;
        buckets.delete(oldest);
      }
      return tokens >= 1;
    },
  };
}
