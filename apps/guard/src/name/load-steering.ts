import { STEER_WINDOW_MS } from '@media-network/protocol/measures';
import type { LiveEdge, RegionOf, Steering } from '@media-network/steering';
import { createSteering } from '@media-network/steering';
import type { CapacityPulls, PulledEdge } from './capacity-pulls.ts';
import type { LoadedEdge, EdgeLoads } from './edge-loads.ts';
import type { EdgeWords, MeasuringEdge } from './edge-words.ts';
import type { Peer } from './edge-views.ts';
import type { RoundTrips } from './round-trips.ts';
import { WINDOWS_KEPT } from './steer-views.ts';
import type { SteerViews } from './steer-views.ts';

/** Guards see, tell each other and decide in windows of a third of the TTL: what one change does has shown when the next is made. */
const WINDOW_MS = STEER_WINDOW_MS;
const WINDOWS_A_TTL = 3n;

export interface LoadSteeringDeps {
  readonly views: SteerViews;
  readonly loads: EdgeLoads;
  readonly words: EdgeWords;
  readonly pulls: Pick<CapacityPulls, 'begin' | 'of'>;
  readonly roundTrips: RoundTrips;
  readonly regionOf: RegionOf;
  /** Whose network a prefix is in. */
  readonly networkOf?: RegionOf | undefined;
}

export interface SteeringRound {
  readonly edges: readonly (LoadedEdge & MeasuringEdge & PulledEdge & LiveEdge)[];
  readonly peers: readonly Peer[];
  /** Guards whose word counts, this one's included. */
  readonly counting: ReadonlySet<string>;
  /** By the chain's clock. */
  readonly nowMs: number;
}

/** What edges can take and where prefixes are near, by what all guards have seen; the same at each that has heard the others. */
export interface LoadSteering extends Pick<Steering, 'shareOf' | 'homeOf' | 'capacityOf'> {
  round(of: SteeringRound, signal: AbortSignal): Promise<void>;
}

export function createLoadSteering(deps: LoadSteeringDeps): LoadSteering {
  const steering = createSteering(deps.regionOf, deps.networkOf);
  /** The last window that was decided by, and the last that was closed here. */
  let decided: bigint | undefined;
  let closed: bigint | undefined;

  /** Windows decide when they are two old: every guard has had twenty seconds to tell, and as many to be asked. */
  function advanceTo(window: bigint, edges: readonly LiveEdge[], counting: ReadonlySet<string>): void {
    const first = window - BigInt(WINDOWS_KEPT) + 2n;
    const from = decided === undefined || decided < first ? first : decided + 1n;
    for (let at = from; at <= window; at += 1n)
      steering.advance(deps.views.of(at, counting), edges, { moveShares: at % WINDOWS_A_TTL === 0n });
    if (decided === undefined || window > decided) decided = window;
  }

  return {
    shareOf: (edge) => steering.shareOf(edge),
    capacityOf: (edge) => steering.capacityOf(edge),
    homeOf: (asker) => steering.homeOf(asker),
    async round({ edges, peers, counting, nowMs }, signal) {
      const window = BigInt(Math.floor(nowMs / WINDOW_MS));
      deps.pulls.begin(window, nowMs, edges);
      await deps.views.ask(peers, window - 1n, signal);
      if (signal.aborted || (closed !== undefined && window - 1n <= closed)) return;
      // A guard that has just started asks in its first rounds what the others have of the last minutes.
      if (closed !== undefined) advanceTo(window - 2n, edges, counting);
      const loads = await deps.loads.ask(edges, nowMs, signal);
      // An edge tells of a window when it is over by its own clock.
      const told = window - 2n;
      const telling = edges.filter(({ address }) => (loads.get(address)?.measured ?? -1n) >= told);
      const words = await deps.words.ask(telling, told, signal);
      if (signal.aborted) return;
      closed = window - 1n;
      const pulled = deps.pulls.of(window - 1n);
      await deps.views.make({
        window: window - 1n,
        loads: edges.map(({ address }) => ({
          edge: address,
          served: loads.get(address)?.served,
          claimed: loads.get(address)?.claimed ?? 0,
          pulled: pulled.get(address) ?? 0,
          proven: steering.provenOf(address),
          share: steering.shareOf(address),
        })),
        rtts: deps.roundTrips.close(),
        told: words,
      });
    },
  };
}
