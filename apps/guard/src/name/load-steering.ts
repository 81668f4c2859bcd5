import type { LiveEdge, RegionOf, Steering } from '@media-network/steering';
import { createSteering } from '@media-network/steering';
import type { LoadedEdge, EdgeLoads } from './edge-loads.ts';
import type { Peer } from './edge-views.ts';
import type { RoundTrips } from './round-trips.ts';
import { WINDOWS_KEPT } from './steer-views.ts';
import type { SteerViews } from './steer-views.ts';

/** Guards see, tell each other and decide in windows of a third of the TTL: what one change does has shown when the next is made. */
export const WINDOW_MS = 20_000;
const WINDOWS_A_TTL = 3n;

export interface LoadSteeringDeps {
  readonly views: SteerViews;
  readonly loads: EdgeLoads;
  readonly roundTrips: RoundTrips;
  readonly regionOf: RegionOf;
  /** Whose network a prefix is in. */
  readonly networkOf?: RegionOf | undefined;
}

export interface SteeringRound {
  readonly edges: readonly (LoadedEdge & LiveEdge)[];
  readonly peers: readonly Peer[];
  /** Guards whose word counts, this one's included. */
  readonly counting: ReadonlySet<string>;
  /** By the chain's clock. */
  readonly nowMs: number;
}

/** What edges can take and where prefixes are near, by what all guards have seen; the same at each that has heard the others. */
export interface LoadSteering extends Pick<Steering, 'shareOf' | 'homeOf'> {
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
    homeOf: (asker) => steering.homeOf(asker),
    async round({ edges, peers, counting, nowMs }, signal) {
      const window = BigInt(Math.floor(nowMs / WINDOW_MS));
      await deps.views.ask(peers, window - 1n, signal);
      if (signal.aborted || (closed !== undefined && window - 1n <= closed)) return;
      // A guard that has just started asks in its first rounds what the others have of the last minutes.
      if (closed !== undefined) advanceTo(window - 2n, edges, counting);
      const used = await deps.loads.ask(edges, nowMs, signal);
      if (signal.aborted) return;
      closed = window - 1n;
      await deps.views.make({
        window: window - 1n,
        loads: edges.map(({ address }) => ({
          edge: address,
          used: used.get(address),
          share: steering.shareOf(address),
        })),
        rtts: deps.roundTrips.close(),
      });
    },
  };
}
