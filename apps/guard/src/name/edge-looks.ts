import type { PeerAnswer, PeerFetch } from '../evidence/peer-fetch.ts';

/** An edge's own endpoint: answered by every edge, billed to nobody. */
const TARGET = '/.well-known/media-network/ready';
const MAX_BYTES = 16_384;
const LOOK_MS = 3_000;
/** Looks under way at once. */
const PARALLEL = 64;
/** Looks in a row that an edge does not answer before it counts as down: one packet may be lost. */
const MISSES = 2;

export interface LookedAt {
  readonly address: string;
  readonly endpoint: string;
}

/** Whether edges answer viewers at all: what one guard sees from where it is. */
export interface EdgeLooks {
  /** Looks at each once; edges that are not among them are forgotten. */
  look(edges: readonly LookedAt[], signal: AbortSignal): Promise<void>;
  /** Those that did not answer, by address. */
  down(): ReadonlySet<string>;
  /** How long the last look at each took, in milliseconds, of those that answered. */
  took(): ReadonlyMap<string, number>;
  /** Whether the last look left something open: an edge that missed once, or came back. */
  readonly doubtful: boolean;
}

export function createEdgeLooks(
  fetch: Pick<PeerFetch, 'get' | 'mayAsk'>,
  timer: () => number = () => performance.now(),
): EdgeLooks {
  /** Looks in a row without an answer. */
  const misses = new Map<string, number>();
  const took = new Map<string, number>();

  async function one({ address, endpoint }: LookedAt, signal: AbortSignal): Promise<void> {
    const begun = timer();
    const answer = fetch.mayAsk(endpoint)
      ? await fetch.get(endpoint, TARGET, { maxBytes: MAX_BYTES, timeoutMs: LOOK_MS, signal })
      : undefined;
    if (signal.aborted) return;
    if (answer === undefined || !isServing(answer)) {
      misses.set(address, Math.min(MISSES, (misses.get(address) ?? 0) + 1));
      took.delete(address);
      return;
    }
    misses.delete(address);
    took.set(address, timer() - begun);
  }

  return {
    async look(edges, signal) {
      const there = new Set(edges.map(({ address }) => address));
      for (const list of [misses, took])
        for (const address of list.keys()) if (!there.has(address)) list.delete(address);
      const left = [...edges];
      const worker = async (): Promise<void> => {
        for (let edge = left.pop(); edge !== undefined && !signal.aborted; edge = left.pop())
          await one(edge, signal);
      };
      await Promise.all(Array.from({ length: Math.min(PARALLEL, edges.length) }, worker));
    },
    down: () => new Set([...misses].filter(([, count]) => count >= MISSES).map(([address]) => address)),
    took: () => took,
    get doubtful() {
      return [...misses.values()].some((count) => count < MISSES);
    },
  };
}

/** What an edge refuses to everybody, whatever is asked for. */
const REFUSES_ALL: ReadonlySet<string> = new Set(['edge/journal-full', 'edge/chain-stale', 'edge/draining']);

/**
 * Whether it is an edge that answers, and one that serves. What it has against one site is for that site; but an endpoint is its
 * operator's word, and must not lead a network's viewers to somebody else's server, which knows nothing of this.
 */
function isServing({ status, body }: PeerAnswer): boolean {
  if (status === 204) return true;
  const code = /"code":"((?:edge|front)\/[a-z-]+)"/.exec(Buffer.from(body).toString('latin1'))?.[1];
  return code !== undefined && !REFUSES_ALL.has(code);
}
