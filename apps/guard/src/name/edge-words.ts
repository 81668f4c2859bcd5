import { MAX_STEER_RTTS } from '@media-network/protocol';
import {
  MAX_EDGE_RTTS_BYTES,
  decodeEdgeRtts,
  verifyEdgeRttsSignature,
} from '@media-network/protocol/measures';
import type { EdgeRtt } from '@media-network/protocol/measures';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { MeasuredPair } from './round-trips.ts';

/** An edge to be asked what it measured. */
export interface MeasuringEdge {
  readonly address: string;
  readonly operator: string;
  readonly control: string;
}

const ASK_MS = 3_000;
const PARALLEL = 32;

/** What edges measured of the ways to viewers, as they sign it. */
export interface EdgeWords {
  /** Asks each for one window; what is not its own signed word of that window is left out. Never rejects. */
  ask(edges: readonly MeasuringEdge[], window: bigint, signal: AbortSignal): Promise<readonly MeasuredPair[]>;
}

export function createEdgeWords(fetch: Pick<PeerFetch, 'get' | 'mayAsk'>): EdgeWords {
  async function one(edge: MeasuringEdge, window: bigint, signal: AbortSignal): Promise<readonly EdgeRtt[]> {
    if (!fetch.mayAsk(edge.control)) return [];
    const limits = { maxBytes: MAX_EDGE_RTTS_BYTES, timeoutMs: ASK_MS, signal };
    const answer = await fetch.get(edge.control, `/v1/round-trips?window=${window}`, limits);
    const list = answer?.status === 200 ? decodeEdgeRtts(answer.body) : undefined;
    if (list === undefined || list.edge !== edge.address || list.window !== window) return [];
    return (await verifyEdgeRttsSignature(list, edge.operator)) ? list.rtts : [];
  }

  return {
    async ask(edges, window, signal) {
      // No edge takes the room of another: each has its part, and fills it with what it measured most.
      const most = Math.max(1, Math.floor(MAX_STEER_RTTS / Math.max(1, edges.length)));
      const pairs: MeasuredPair[] = [];
      const left = edges.slice(0, MAX_STEER_RTTS);
      const worker = async (): Promise<void> => {
        for (let edge = left.pop(); edge !== undefined && !signal.aborted; edge = left.pop()) {
          const { address } = edge;
          const rtts = (await one(edge, window, signal)).toSorted((a, b) => b.count - a.count).slice(0, most);
          for (const { family, prefix, tenths, count } of rtts)
            pairs.push({ family, prefix, edge: address, meanMs: tenths / 10, count });
        }
      };
      await Promise.all(Array.from({ length: Math.min(PARALLEL, edges.length) }, worker));
      return pairs;
    },
  };
}
