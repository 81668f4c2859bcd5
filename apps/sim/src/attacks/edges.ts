import { ROLE } from '@media-network/chain/schema';
import { sumSlots } from '@media-network/protocol';

import { registerEdge, updateEdgeCall } from '../cast.ts';
import type { Node, Publisher } from '../cast.ts';
import { transfer } from '../chain/chain.ts';
import { claimCall } from '../service/weeks.ts';
import type { EdgeHour } from '../service/evidence.ts';
import type { Served } from '../service/traffic.ts';
import { countOf } from './attack.ts';
import type { Attack, Stage } from './attack.ts';

/** The same with so many per cent of the bytes in every slot; nobody signed for what is more. */
function scaled(served: readonly Served[], percent: bigint): readonly Served[] {
  return served.map((each) => ({ ...each, slots: each.slots.map((bytes) => (bytes * percent) / 100n) }));
}

const sum = (served: readonly Served[]): bigint =>
  served.reduce((total, { slots }) => total + sumSlots(slots), 0n);

/** Counters and report say so many per cent, and it asks for what is more beside what it asks for as it is. */
function overReported(story: EdgeHour, percent: bigint): EdgeHour {
  const more = scaled(story.reported, percent);
  return { ...story, reported: more, counted: more, overAsked: sum(more) - sum(story.reported) };
}

/** Edges that say more than they served. */
function liars(name: string, doc: string, lie: (story: EdgeHour) => EdgeHour): Attack {
  return {
    name,
    doc,
    of: 'edges',
    begin({ cast, share }) {
      const count = countOf(share, cast.edges.length);
      return {
        actors: cast.edges.slice(0, count).map(({ owner }) => owner),
        edge: (place, story) => (place < count ? lie(story) : story),
      };
    },
  };
}

/** Edges of wallets that have nothing but LP: as many as a share of the edges there are. */
function newcomers({ chain, cast, share }: Stage): readonly Node[] {
  const { market } = cast;
  const [pool] = market.pools;
  if (pool === undefined) return [];
  return cast.idle.slice(0, countOf(share, cast.edges.length)).map((owner) => {
    market.stake(owner, pool, ROLE.edge, chain.tokens(market.lpOf(owner, pool)));
    return registerEdge(chain, owner, pool, chain.places.stake(owner.address, pool.address, ROLE.edge));
  });
}

/** What somebody without viewers claims of each resource in an hour: all that its publisher allows. */
function allAllowed(publishers: readonly Publisher[]): readonly Served[] {
  return publishers.flatMap(({ allowance }, of) =>
    allowance === 0n ? [] : [{ of, slots: Array.from({ length: 12 }, () => allowance / 12n), vouched: 0n }],
  );
}

function strangers(name: string, doc: string, answers: boolean): Attack {
  return {
    name,
    doc,
    of: 'edges',
    begin(stage) {
      const moreEdges = newcomers(stage);
      const claimed = allAllowed(stage.cast.publishers);
      return {
        actors: moreEdges.map(({ owner }) => owner),
        moreEdges,
        edge: (place, story) =>
          place < stage.cast.edges.length ? story : { reported: claimed, counted: claimed, answers },
      };
    },
  };
}

/** The first publisher, its clients and a part of the edges in league. */
function selfDealing(
  name: string,
  doc: string,
  more: (served: Served) => Served,
  begin?: (stage: Stage, publisher: Publisher) => void,
): Attack {
  return {
    name,
    doc,
    of: 'edges',
    begin(stage) {
      const { cast, share } = stage;
      const count = countOf(share, cast.edges.length);
      const [publisher] = cast.publishers;
      if (publisher === undefined) return { actors: [] };
      begin?.(stage, publisher);
      return {
        actors: [publisher.owner, ...cast.edges.slice(0, count).map(({ owner }) => owner)],
        edge(place, story) {
          if (place >= count) return story;
          const served = story.reported.map((each) => (each.of === 0 ? more(each) : each));
          return { ...story, reported: served, counted: served };
        },
      };
    },
  };
}

export const EDGE_ATTACKS: readonly Attack[] = [
  liars(
    'over-report-5',
    'Edges count, commit to and report 5 % more than they served, and ask to be paid for all that.',
    (story) => overReported(story, 105n),
  ),
  liars('over-report-50', 'The same with 50 % more.', (story) => overReported(story, 150n)),
  {
    name: 'over-report-with-stake',
    doc: 'Edges that report 50 % more stake as much again, so that more of it is credited.',
    of: 'edges',
    begin({ chain, cast, share }) {
      const { market } = cast;
      const mine = cast.edges.slice(0, countOf(share, cast.edges.length));
      const backers = mine.flatMap(({ owner, pool, stake }, place) => {
        const backer = cast.idle[place];
        // Their LP is of the first pool.
        if (backer === undefined || pool !== market.pools[0]) return [];
        const lp = chain.tokens(market.lpOf(backer, pool));
        chain.must(backer, transfer(backer, market.lpOf(backer, pool), market.lpOf(owner, pool), lp));
        market.stake(owner, pool, ROLE.edge, lp);
        chain.must(owner, updateEdgeCall(chain, owner, pool, stake));
        return [backer];
      });
      return {
        actors: [...mine.map(({ owner }) => owner), ...backers],
        edge(place, story) {
          if (place >= mine.length) return story;
          const more = scaled(story.reported, 150n);
          return { ...story, reported: more, counted: more };
        },
      };
    },
  },
  liars('over-report-blind', 'Edges report twice what the counters say that they commit to.', (story) => ({
    ...story,
    reported: scaled(story.reported, 200n),
  })),
  strangers(
    'phantom-edges',
    'Accounts without a data plane report all that every publisher allows of open bytes.',
    false,
  ),
  strangers(
    'idle-edges',
    'Edges that answer probes and have no viewers report all that every publisher allows of open bytes, counters and all.',
    true,
  ),
  selfDealing(
    'self-dealing-vouched',
    'A publisher, its clients and its own edges sign for as much again as they serve.',
    (served) => {
      const more = sumSlots(served.slots);
      return { ...served, slots: served.slots.map((bytes) => 2n * bytes), vouched: served.vouched + more };
    },
  ),
  selfDealing(
    'self-dealing-open',
    'A publisher allows ten times the open bytes, and its own edges claim them.',
    (served) => ({ ...served, slots: served.slots.map((bytes) => 3n * bytes) }),
    ({ chain }, publisher) => {
      const { owner, pool, stake, resource, allowance, vouchKey } = publisher;
      const given = { publisher: owner.address, pool: pool.address, stake, resource, vouchKey };
      chain.must(owner, chain.call('updateResource', { ...given, lp: 0n, allowance: 10n * allowance }));
    },
  ),
  {
    name: 'claim-twice',
    doc: 'Owners of edges claim each week a second time, and then what a neighbour earned.',
    of: 'edges',
    begin({ chain, cast, share }) {
      const mine = cast.edges.slice(0, countOf(share, cast.edges.length));
      return {
        actors: mine.map(({ owner }) => owner),
        afterClaims(week, shares) {
          mine.forEach(({ owner }, place) => {
            const other = cast.edges[(place + mine.length) % cast.edges.length];
            for (const address of [owner.address, other?.owner.address ?? owner.address]) {
              const found = shares.claimProof(address);
              if (found !== undefined) chain.attempt(owner, claimCall(chain, cast, owner, week, found));
            }
          });
        },
      };
    },
  },
];
