import { HOSTILE } from './page.ts';
import { RIVAL } from './rival.ts';

export const SCENARIOS = ['live', 'film', 'hostile', 'nginx'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** A library with its settings. */
export interface Side {
  readonly name: string;
  readonly library: 'plain' | 'rival' | 'peerpool';
  readonly setup: { readonly player?: object; readonly core?: object };
}

export interface Plan {
  readonly scenario: string;
  readonly kind: 'live' | 'film';
  /** What players point at: an edge, or nginx with a tracker beside it. */
  readonly server: 'edge' | 'nginx';
  readonly side: Side;
  readonly viewers: number;
  /** From one viewer's coming to the next one's. */
  readonly joinEveryMs: number;
  /** Settings of the player of each viewer. */
  readonly player?: (viewer: number) => object;
  /** What the first viewer does to the others (`HOSTILE`). */
  readonly hostile?: string;
}

const PLAIN: Side = { name: 'hls.js', library: 'plain', setup: {} };
const OURS: Side = { name: 'peerpool', library: 'peerpool', setup: {} };
const RIVAL_DEFAULT: Side = { name: `${RIVAL}, default`, library: 'rival', setup: {} };
/** The best that was found for it: of a live stream a small window, and a player that stays further behind. */
const RIVAL_LIVE: Side = {
  name: `${RIVAL}, best`,
  library: 'rival',
  setup: { core: { highDemandTimeWindow: 4 }, player: { liveSyncDurationCount: 5 } },
};
const RIVAL_FILM: Side = {
  name: `${RIVAL}, best`,
  library: 'rival',
  setup: { core: { httpDownloadTimeWindow: 30, p2pDownloadTimeWindow: 60 } },
};

const FILM_VIEWERS = 4;
const HOSTILE_VIEWERS = 4;
/** Places in the film that viewers begin at who do not watch the same. */
const PLACES_SECONDS = 12;

export function plansOf(scenarios: readonly ScenarioName[], audiences: readonly number[]): Plan[] {
  const plans: Plan[] = [];
  if (scenarios.includes('live'))
    for (const viewers of audiences)
      for (const side of [PLAIN, RIVAL_DEFAULT, RIVAL_LIVE, OURS])
        plans.push({ scenario: 'live', kind: 'live', server: 'edge', side, viewers, joinEveryMs: 500 });
  if (scenarios.includes('film'))
    for (const side of [PLAIN, RIVAL_DEFAULT, RIVAL_FILM, OURS]) {
      const common = { kind: 'film', server: 'edge', side, viewers: FILM_VIEWERS } as const;
      plans.push({ ...common, scenario: 'film, one after the other', joinEveryMs: 5_000 });
      const player = (viewer: number): object => ({ startPosition: viewer * PLACES_SECONDS });
      plans.push({ ...common, scenario: 'film, spread', joinEveryMs: 500, player });
    }
  if (scenarios.includes('hostile')) {
    const common = {
      kind: 'live',
      server: 'edge',
      side: OURS,
      viewers: HOSTILE_VIEWERS,
      joinEveryMs: 500,
    } as const;
    plans.push({ ...common, scenario: 'all honest' });
    for (const hostile of Object.keys(HOSTILE))
      plans.push({ ...common, scenario: `one ${hostile}`, hostile });
  }
  if (scenarios.includes('nginx'))
    for (const viewers of audiences)
      for (const side of [PLAIN, OURS])
        plans.push({
          scenario: 'live, nginx',
          kind: 'live',
          server: 'nginx',
          side,
          viewers,
          joinEveryMs: 500,
        });
  return plans;
}
