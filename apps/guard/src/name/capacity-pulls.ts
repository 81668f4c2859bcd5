import {
  CAPACITY_BYTES,
  CAPACITY_EVERY_WINDOWS,
  CAPACITY_MS,
  STEER_WINDOW_MS,
  encodeCapacityAsk,
} from '@media-network/protocol/measures';
import type { SignBytes } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import { seedOf } from '@media-network/steering';
import type { PeerFetch } from '../evidence/peer-fetch.ts';

export interface PulledEdge {
  readonly address: string;
  /** Where viewers are served. */
  readonly url: string;
}

/**
 * Challenges of capacity: in one moment of every hour, which follows from an edge's address, all guards pull of it as fast as it sends,
 * bounded in bytes and time. What one guard gets says little, its own line may be short; what all get at once is what the edge can.
 */
export interface CapacityPulls {
  /** Begins those of a window, where it is not too late for them. `nowMs` by the chain's clock. */
  begin(window: bigint, nowMs: number, edges: readonly PulledEdge[]): void;
  /** What was got in a window, in kbit/s by edge; 1 where nothing was. Edges that were not challenged are not in it. */
  of(window: bigint): ReadonlyMap<string, number>;
  /** Gives up what is under way. */
  close(): Promise<void>;
}

export interface CapacityPullsDeps {
  readonly fetch: Pick<PeerFetch, 'pull'>;
  readonly guardNo: number;
  readonly sign: SignBytes;
  readonly clock: Clock;
}

/** Into the window: guards look every five seconds, and all must have begun to wait. */
const AT_MS = 10_000;
const TARGET = '/.well-known/media-network/capacity';
/** For the question to come and the end to be seen. */
const SLACK_MS = 2_000;
const MOST_KBPS = 0xffff_fffe;
const NONE: ReadonlyMap<string, number> = new Map();

/** Whether an edge is challenged in a window. */
export function isChallenged(edge: string, window: bigint): boolean {
  return (
    Number(window % BigInt(CAPACITY_EVERY_WINDOWS)) === seedOf(`${edge} capacity`) % CAPACITY_EVERY_WINDOWS
  );
}

export function createCapacityPulls({ fetch, guardNo, sign, clock }: CapacityPullsDeps): CapacityPulls {
  const got = new Map<bigint, Map<string, number>>();
  const underWay = new Set<Promise<void>>();
  const stop = new AbortController();
  let begun: bigint | undefined;

  async function one({ address, url }: PulledEdge, window: bigint, into: Map<string, number>): Promise<void> {
    const ask = await encodeCapacityAsk({ edge: address, guardNo, window }, sign);
    const limits = {
      maxBytes: CAPACITY_BYTES,
      timeoutMs: CAPACITY_MS + SLACK_MS,
      signal: stop.signal,
    };
    const pulled = await fetch.pull(url, TARGET, ask, limits);
    if (stop.signal.aborted) return;
    const kbps = pulled === undefined ? 1 : (pulled.bytes * 8) / Math.max(1, pulled.ms);
    into.set(address, Math.min(MOST_KBPS, Math.max(1, Math.round(kbps))));
  }

  async function all(window: bigint, waitMs: number, edges: readonly PulledEdge[]): Promise<void> {
    await clock.sleep(waitMs, stop.signal);
    const into = new Map<string, number>();
    got.set(window, into);
    for (const old of got.keys()) if (old < window - 2n) got.delete(old);
    // One edge after the other: two at once would share this guard's line.
    for (const edge of edges) {
      if (stop.signal.aborted) return;
      await one(edge, window, into);
    }
  }

  return {
    begin(window, nowMs, edges) {
      if (begun !== undefined && window <= begun) return;
      const waitMs = Number(window) * STEER_WINDOW_MS + AT_MS - nowMs;
      const due = edges.filter(({ address }) => isChallenged(address, window));
      begun = window;
      if (due.length === 0 || waitMs < 0 || waitMs > STEER_WINDOW_MS) return;
      const running = all(window, waitMs, due)
        .catch(() => undefined)
        .finally(() => underWay.delete(running));
      underWay.add(running);
    },
    of: (window) => got.get(window) ?? NONE,
    async close() {
      stop.abort();
      await Promise.all(underWay);
    },
  };
}
