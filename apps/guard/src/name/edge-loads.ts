import type { PeerFetch } from '../evidence/peer-fetch.ts';

/** An edge to be asked how much it serves. */
export interface LoadedEdge {
  readonly address: string;
  /** Base URL of its control plane. */
  readonly control: string;
}

const TARGET = '/v1/info';
const MAX_BYTES = 16_384;
const ASK_MS = 3_000;
const PARALLEL = 32;
const BYTES_PER_MBIT = 125_000;

interface Reading {
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * What part of what they can edges serve, by their own word: `--max-mbit`, and the bytes of the month that their books have. Who says
 * too much gets fewer viewers; who says too little has more than it can serve, and guards' looks and probes see that.
 */
export interface EdgeLoads {
  /** Asks each; what was served of what can be, since it was asked before. Never rejects. */
  ask(edges: readonly LoadedEdge[], nowMs: number, signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
}

export function createEdgeLoads(fetch: Pick<PeerFetch, 'get' | 'mayAsk'>): EdgeLoads {
  let readings = new Map<string, Reading>();

  async function read(edge: LoadedEdge, signal: AbortSignal): Promise<Caps | undefined> {
    if (!fetch.mayAsk(edge.control)) return undefined;
    const answer = await fetch.get(edge.control, TARGET, { maxBytes: MAX_BYTES, timeoutMs: ASK_MS, signal });
    return answer?.status === 200 ? capsIn(Buffer.from(answer.body).toString('utf8')) : undefined;
  }

  return {
    async ask(edges, nowMs, signal) {
      const loads = new Map<string, number>();
      const next = new Map<string, Reading>();
      const left = [...edges];
      const worker = async (): Promise<void> => {
        for (let edge = left.pop(); edge !== undefined && !signal.aborted; edge = left.pop()) {
          const caps = await read(edge, signal);
          if (caps === undefined) continue;
          const before = readings.get(edge.address);
          next.set(edge.address, { atMs: nowMs, bytes: caps.monthBytes });
          // A new month, or books that were begun anew.
          if (before === undefined || caps.monthBytes < before.bytes || nowMs <= before.atMs) continue;
          const can = (caps.maxMbit * BYTES_PER_MBIT * (nowMs - before.atMs)) / 1_000;
          loads.set(edge.address, (caps.monthBytes - before.bytes) / can);
        }
      };
      await Promise.all(Array.from({ length: Math.min(PARALLEL, edges.length) }, worker));
      readings = next;
      return loads;
    },
  };
}

interface Caps {
  readonly maxMbit: number;
  readonly monthBytes: number;
}

/** Undefined where the edge says nothing of what it can. */
function capsIn(text: string): Caps | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  const caps: unknown = typeof read === 'object' && read !== null && 'caps' in read ? read.caps : undefined;
  if (typeof caps !== 'object' || caps === null || !('maxMbit' in caps) || !('monthBytes' in caps))
    return undefined;
  const { maxMbit, monthBytes } = caps;
  const good =
    typeof maxMbit === 'number' && maxMbit > 0 && typeof monthBytes === 'number' && monthBytes >= 0;
  return good ? { maxMbit, monthBytes } : undefined;
}
