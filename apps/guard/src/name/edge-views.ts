import type { HealthView } from '@media-network/steering';
import { MAX_EDGE_VIEW_BYTES, decodeEdgeView, verifyEdgeViewSignature } from '@media-network/protocol';
import type { PeerFetch } from '../evidence/peer-fetch.ts';

/** A guard to be asked for what it sees. */
export interface Peer {
  readonly address: string;
  readonly operator: string;
  readonly endpoint: string;
}

export interface SeenView extends HealthView {
  /** That it signs the zone with; undefined where it does not. */
  readonly zoneKey: Uint8Array | undefined;
  readonly unixMs: number;
}

const ASK_MS = 3_000;
/** What a guard saw longer ago counts for nothing: it is down itself, or cut off. */
const FRESH_MS = 20_000;
/** Clocks follow the chain's, which ticks in seconds and may be heard late. */
const AHEAD_MS = 30_000;
/** A guard that answered for names within this time is still one of the zone's name servers: it may be restarting. */
const SERVER_MS = 3_600_000;

/** What other guards see of edges, as they sign it. */
export interface EdgeViews {
  /** Asks every peer once; those that are not among them are forgotten. `nowMs` by the chain's clock. */
  ask(peers: readonly Peer[], nowMs: number, signal: AbortSignal): Promise<void>;
  /** Those that count now. */
  fresh(nowMs: number): readonly SeenView[];
  /** Of guards that answer for names, by their accounts. */
  servers(nowMs: number): ReadonlyMap<string, SeenView>;
}

export function createEdgeViews(fetch: Pick<PeerFetch, 'get'>): EdgeViews {
  const views = new Map<string, SeenView>();

  async function one(peer: Peer, nowMs: number, signal: AbortSignal): Promise<void> {
    const answer = await fetch.get(peer.endpoint, '/v1/edge-view', {
      maxBytes: MAX_EDGE_VIEW_BYTES,
      timeoutMs: ASK_MS,
      signal,
    });
    const view = answer?.status === 200 ? decodeEdgeView(answer.body) : undefined;
    if (view === undefined || view.guard !== peer.address) return;
    const unixMs = Number(view.unixMs);
    // An old one again would keep an edge down that is up.
    if (unixMs < (views.get(peer.address)?.unixMs ?? 0) || unixMs > nowMs + AHEAD_MS) return;
    if (!(await verifyEdgeViewSignature(view, peer.operator))) return;
    const zoneKey = view.zoneKey.some((byte) => byte !== 0) ? view.zoneKey : undefined;
    views.set(peer.address, { guard: peer.address, unixMs, zoneKey, down: new Set(view.down) });
  }

  return {
    async ask(peers, nowMs, signal) {
      const there = new Set(peers.map(({ address }) => address));
      for (const guard of views.keys()) if (!there.has(guard)) views.delete(guard);
      await Promise.all(peers.map((peer) => one(peer, nowMs, signal)));
    },
    fresh: (nowMs) => [...views.values()].filter(({ unixMs }) => nowMs - unixMs <= FRESH_MS),
    servers: (nowMs) => new Map([...views].filter(([, { unixMs }]) => nowMs - unixMs <= SERVER_MS)),
  };
}
