import { hourAt } from '@media-network/protocol';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { BilledLoads, ReportedHour } from './billed-loads.ts';

/** An edge to be asked how much it serves. */
export interface LoadedEdge {
  readonly address: string;
  /** Base URL of its control plane. */
  readonly control: string;
}

/** What an edge says of itself; kbit/s. */
export interface EdgeLoad {
  /** What it served since it was asked before; undefined where that cannot be said. */
  readonly served: number | undefined;
  /** What it can serve by its own word; 0 where it says nothing. */
  readonly claimed: number;
  /** The newest window that it has round trips of. */
  readonly measured: bigint | undefined;
}

const TARGET = '/v1/info';
const MAX_BYTES = 16_384;
const ASK_MS = 3_000;
const PARALLEL = 32;

interface Reading {
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * How much edges serve and can, by their own word: `--max-mbit`, and the bytes of the month that their books have. What it served is held
 * against what it had reported to be paid for: who says less to whom it gets viewers from is taken by its bill.
 */
export interface EdgeLoads {
  /** Asks each. Never rejects. */
  ask(
    edges: readonly LoadedEdge[],
    nowMs: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, EdgeLoad>>;
}

export interface EdgeLoadsDeps {
  readonly fetch: Pick<PeerFetch, 'get' | 'mayAsk'>;
  readonly billed: BilledLoads;
  /** What hours there are, by the chain. */
  readonly periods: () => Parameters<typeof hourAt>[0] | undefined;
  /** Reports of an hour, as edges put them on the chain. */
  readonly reports: (hour: bigint) => Promise<readonly ReportedHour[]>;
}

export function createEdgeLoads({ fetch, billed, periods, reports }: EdgeLoadsDeps): EdgeLoads {
  let readings = new Map<string, Reading>();

  async function read(edge: LoadedEdge, signal: AbortSignal): Promise<Said | undefined> {
    if (!fetch.mayAsk(edge.control)) return undefined;
    const answer = await fetch.get(edge.control, TARGET, { maxBytes: MAX_BYTES, timeoutMs: ASK_MS, signal });
    return answer?.status === 200 ? saidIn(Buffer.from(answer.body).toString('utf8')) : undefined;
  }

  async function one(
    edge: LoadedEdge,
    nowMs: number,
    hour: bigint | undefined,
    said: Said,
  ): Promise<EdgeLoad> {
    const before = readings.get(edge.address);
    if (hour !== undefined) billed.note(edge.address, hour, said.monthBytes);
    const claimed = Math.round(said.maxMbit * 1_000);
    // A new month, or books that were begun anew.
    if (before === undefined || said.monthBytes < before.bytes || nowMs <= before.atMs)
      return { served: undefined, claimed, measured: said.measured };
    const kbps = ((said.monthBytes - before.bytes) * 8) / (nowMs - before.atMs);
    return { served: Math.round(kbps * billed.partOf(edge.address)), claimed, measured: said.measured };
  }

  return {
    async ask(edges, nowMs, signal) {
      const loads = new Map<string, EdgeLoad>();
      const next = new Map<string, Reading>();
      const of = periods();
      const hour = of === undefined ? undefined : hourAt(of, BigInt(Math.floor(nowMs / 1_000)));
      if (hour !== undefined) await billed.readUntil(hour, reports);
      const left = [...edges];
      const worker = async (): Promise<void> => {
        for (let edge = left.pop(); edge !== undefined && !signal.aborted; edge = left.pop()) {
          const said = await read(edge, signal);
          if (said === undefined) continue;
          loads.set(edge.address, await one(edge, nowMs, hour, said));
          next.set(edge.address, { atMs: nowMs, bytes: said.monthBytes });
        }
      };
      await Promise.all(Array.from({ length: Math.min(PARALLEL, edges.length) }, worker));
      readings = next;
      return loads;
    },
  };
}

interface Said {
  /** 0 where it says nothing. */
  readonly maxMbit: number;
  readonly monthBytes: number;
  readonly measured: bigint | undefined;
}

/** Undefined where it is nonsense. */
function saidIn(text: string): Said | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null || !('caps' in read)) return undefined;
  const { caps } = read;
  if (typeof caps !== 'object' || caps === null || !('maxMbit' in caps) || !('monthBytes' in caps))
    return undefined;
  const { maxMbit, monthBytes } = caps;
  if (typeof monthBytes !== 'number' || !(monthBytes >= 0)) return undefined;
  if (maxMbit !== null && !(typeof maxMbit === 'number' && maxMbit > 0)) return undefined;
  const measured = 'measured' in read && typeof read.measured === 'string' ? read.measured : '';
  return {
    maxMbit: maxMbit ?? 0,
    monthBytes,
    measured: /^\d{1,15}$/.test(measured) ? BigInt(measured) : undefined,
  };
}
