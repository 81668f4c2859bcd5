import {
  MAX_STEER_EDGES,
  MAX_STEER_RTTS,
  MAX_STEER_VIEW_BYTES,
  UNKNOWN_LOAD,
  decodeSteerView,
  encodeSteerView,
  signSteerView,
  verifySteerViewSignature,
} from '@media-network/protocol';
import type { PrefixRtt, SignBytes, SteerView } from '@media-network/protocol';
import type { MeasuredRtt, WindowView } from '@media-network/steering';
import type { PeerFetch } from '../evidence/peer-fetch.ts';
import type { Peer } from './edge-views.ts';
import type { MeasuredPair } from './round-trips.ts';

/** Windows that are kept for who asks: a guard that starts anew has what the others have seen of the last ten minutes. */
export const WINDOWS_KEPT = 30;
const ASK_MS = 3_000;
/** Asked of one peer in one round. */
const WINDOWS_A_ROUND = 8;

export interface OwnWindow {
  readonly window: bigint;
  /** Of all edges that are alive. */
  readonly loads: WindowView['loads'];
  readonly rtts: readonly MeasuredPair[];
  /** What edges told, of the window before. */
  readonly told: readonly MeasuredPair[];
}

/** What guards have of each window, as they sign it: this one's, and those of its peers. */
export interface SteerViews {
  /** Signs and keeps this guard's. */
  make(own: OwnWindow): Promise<void>;
  /** This guard's of a window, for who asks; undefined where there is none. */
  own(window: bigint): Uint8Array | undefined;
  /** Asks peers for what is missing of windows up to `last`. */
  ask(peers: readonly Peer[], last: bigint, signal: AbortSignal): Promise<void>;
  /** Of one window, by guards that count. */
  of(window: bigint, counting: ReadonlySet<string>): readonly WindowView[];
}

export function createSteerViews(fetch: Pick<PeerFetch, 'get'>, guard: string, sign: SignBytes): SteerViews {
  /** By window, then by guard. */
  const kept = new Map<bigint, Map<string, SteerView>>();
  const encoded = new Map<bigint, Uint8Array>();
  /** Windows that a peer does not have, so that it is not asked for ever. */
  const asked = new Map<string, bigint>();

  function keep(view: SteerView): void {
    const of = kept.get(view.window) ?? new Map<string, SteerView>();
    kept.set(view.window, of.set(view.guard, view));
    const oldest = view.window - BigInt(WINDOWS_KEPT);
    for (const window of kept.keys()) if (window < oldest) kept.delete(window);
    for (const window of encoded.keys()) if (window < oldest) encoded.delete(window);
  }

  async function one(peer: Peer, window: bigint, signal: AbortSignal): Promise<void> {
    const target = `/v1/steer-view?window=${window}`;
    const limits = { maxBytes: MAX_STEER_VIEW_BYTES, timeoutMs: ASK_MS, signal };
    const answer = await fetch.get(peer.endpoint, target, limits);
    const view = answer?.status === 200 ? decodeSteerView(answer.body) : undefined;
    if (view === undefined || view.guard !== peer.address || view.window !== window) return;
    if (await verifySteerViewSignature(view, peer.operator)) keep(view);
  }

  return {
    async make({ window, loads, rtts, told }) {
      const listed = loads.toSorted((a, b) => (a.edge < b.edge ? -1 : 1)).slice(0, MAX_STEER_EDGES);
      const placeOf = new Map(listed.map(({ edge }, place) => [edge, place]));
      const view = await signSteerView(
        {
          guard,
          window,
          loads: listed.map(({ edge, served, claimed, pulled, proven, share }) => ({
            edge,
            served: served === undefined ? UNKNOWN_LOAD : kbps(served),
            claimed: kbps(claimed),
            pulled: kbps(pulled),
            proven: kbps(proven),
            share: Math.round(share * 1_000),
          })),
          rtts: rtts.flatMap((pair) => placed(pair, placeOf)),
          told: told.flatMap((pair) => placed(pair, placeOf)).slice(0, MAX_STEER_RTTS),
        },
        sign,
      );
      keep(view);
      encoded.set(window, encodeSteerView(view));
    },
    own: (window) => encoded.get(window),
    async ask(peers, last, signal) {
      await Promise.all(
        peers.map(async (peer) => {
          const first = last - BigInt(WINDOWS_KEPT) + 1n;
          const from = asked.get(peer.address) ?? first;
          let left = WINDOWS_A_ROUND;
          for (
            let window = from < first ? first : from;
            window <= last && left > 0;
            window += 1n, left -= 1
          ) {
            if (kept.get(window)?.has(peer.address) !== true) await one(peer, window, signal);
            // The last two may be there later.
            if (window <= last - 2n) asked.set(peer.address, window + 1n);
          }
        }),
      );
    },
    of(window, counting) {
      return [...(kept.get(window)?.values() ?? [])]
        .filter((view) => counting.has(view.guard))
        .map(({ guard: by, loads, rtts, told }): WindowView => {
          const measured = ({ family, prefix, edge, tenths, count }: PrefixRtt): MeasuredRtt => ({
            prefix: askerOf(family, prefix),
            edge: loads[edge]?.edge ?? '',
            ms: tenths / 10,
            count,
          });
          return {
            guard: by,
            loads: loads.map((load) => ({
              ...load,
              served: load.served === UNKNOWN_LOAD ? undefined : load.served,
              share: load.share / 1_000,
            })),
            rtts: rtts.map(measured),
            told: told.map(measured),
          };
        });
    },
  };
}

const kbps = (value: number): number => Math.min(UNKNOWN_LOAD - 1, Math.max(0, Math.round(value)));

function placed(
  { family, prefix, edge, meanMs, count }: MeasuredPair,
  placeOf: ReadonlyMap<string, number>,
): readonly PrefixRtt[] {
  const place = placeOf.get(edge);
  const tenths = Math.max(1, Math.round(meanMs * 10));
  return place === undefined ? [] : [{ family, prefix, edge: place, tenths, count }];
}

function askerOf(family: 4 | 6, prefix: Uint8Array): MeasuredRtt['prefix'] {
  const address = new Uint8Array(16);
  address.set(prefix);
  return { family, address, bits: family === 4 ? 24 : 48 };
}
