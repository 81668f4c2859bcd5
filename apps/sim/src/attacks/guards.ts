import { buildClaims } from '@media-network/protocol';
import type { Level } from '@media-network/protocol';

import { sha256 } from '../service/evidence.ts';
import { countOf } from './attack.ts';
import type { Attack, GuardPolicy, Stage } from './attack.ts';

/** The first guards of the cast do otherwise. */
function guards(
  name: string,
  doc: string,
  policy: (stage: Stage, actors: readonly string[]) => GuardPolicy,
): Attack {
  return {
    name,
    doc,
    of: 'guards',
    begin(stage) {
      const { cast, share } = stage;
      const count = countOf(share, cast.guards.length);
      const actors = cast.guards.slice(0, count).map(({ owner }) => owner);
      const mine = policy(
        stage,
        actors.map(({ address }) => address),
      );
      return { actors, guard: (place) => (place < count ? mine : undefined) };
    },
  };
}

export const GUARD_ATTACKS: readonly Attack[] = [
  guards('false-hour-root', 'Guards vote for another root of every hour, before the others do.', () => ({
    hour: (right) => ({ root: sha256(right.root), leaves: right.leaves }),
  })),
  guards(
    'false-week-root',
    'Guards vote for a week that pays all of it to themselves.',
    (_stage, actors) => ({
      week(right) {
        const each = right.rewards / BigInt(actors.length);
        const claims = buildClaims(new Map(actors.map((address) => [address, each])), sha256);
        return { root: claims.root, rewards: each * BigInt(actors.length) };
      },
    }),
  ),
  guards('withheld-verdicts', 'Guards commit, and neither reveal nor vote.', () => ({ withholds: true })),
  guards(
    'copied-verdicts',
    'Guards without the evidence say what most say, and show the proof of another guard.',
    () => ({
      borrowsHolding: true,
    }),
  ),
  guards('rejecting-guards', 'Guards reject every report of everybody.', () => ({
    levels: (honest) => honest.map((): Level => 3),
  })),
  {
    name: 'colluding-guards',
    doc: 'As large a part of the guards as of the edges is in league: edges report ten times what their counters say, and these guards confirm it.',
    of: 'guards',
    begin({ cast, share }) {
      const [mine, edges] = [countOf(share, cast.guards.length), countOf(share, cast.edges.length)];
      return {
        actors: [...cast.guards.slice(0, mine), ...cast.edges.slice(0, edges)].map(({ owner }) => owner),
        guard: (place) =>
          place < mine
            ? { levels: (honest) => honest.map((level, index): Level => (index < edges ? 1 : level)) }
            : undefined,
        edge: (place, story) =>
          place < edges
            ? {
                ...story,
                reported: story.reported.map((each) => ({
                  ...each,
                  slots: each.slots.map((bytes) => 10n * bytes),
                })),
              }
            : story,
      };
    },
  },
];
