import { countersMessage } from '@media-network/chain/program-world';
import { EVIDENCE_KIND, ROLE } from '@media-network/chain/schema';
import { sumSlots } from '@media-network/protocol';

import { createElections } from '../service/elections.ts';
import type { Accusation } from '../service/elections.ts';
import { countOf } from './attack.ts';
import type { Attack, Stage } from './attack.ts';

/** Hours of a week at which somebody commits to evidence and shows it. */
const COMMIT_AT = 20;
const SHOW_AT = 21;

/** The hour in which lying edges leave: enough of their weeks is over, and none of it is paid. */
function leavingHour({ params }: Stage): number {
  return Math.floor(params.hoursPerWeek / 2) + 4;
}

export const ELECTION_ATTACKS: readonly Attack[] = [
  {
    name: 'false-elections',
    doc: 'Guards elect an honest edge each week with nothing that it has signed, and vote for its removal.',
    of: 'guards',
    begin(stage) {
      const { chain, cast, periods, share, params } = stage;
      const elections = createElections(chain, cast, periods);
      const mine = cast.guards.slice(0, countOf(share, cast.guards.length));
      const lying = new Set(mine.map(({ no }) => no));
      const accusations = (week: number): readonly Accusation[] =>
        mine.flatMap((elector, place) => {
          const accused = cast.edges[cast.edges.length - 1 - (place % cast.edges.length)];
          if (accused === undefined) return [];
          // Of an hour in which the edge served, under the elector's own number.
          const hour = BigInt(week * params.hoursPerWeek + COMMIT_AT - 5);
          const number = (hour << 32n) | BigInt(elector.no);
          return [{ elector, accused, kind: EVIDENCE_KIND.probes, number, nonce: BigInt(week), signed: [] }];
        });
      return {
        actors: mine.map(({ owner }) => owner),
        hourly(hour) {
          elections.finalise();
          const [week, ofWeek] = [Math.floor(hour / params.hoursPerWeek), hour % params.hoursPerWeek];
          if (ofWeek === COMMIT_AT) for (const each of accusations(week)) elections.commit(each);
          if (ofWeek === SHOW_AT) for (const each of accusations(week)) elections.elect(each, false, lying);
        },
      };
    },
  },
  {
    name: 'leave-before-slash',
    doc: 'Edges report twice what they count, leave and unbond at once. A guard elects them by what they signed.',
    of: 'edges',
    begin(stage) {
      const { chain, cast, periods, share } = stage;
      const elections = createElections(chain, cast, periods);
      const mine = cast.edges.slice(0, countOf(share, cast.edges.length));
      const [left, elector] = [leavingHour(stage), cast.guards.at(-1)];
      /** Counters of each edge at the end of each hour. */
      const totals = mine.map(() => new Map<number, bigint>());
      const accusations = (): readonly Accusation[] =>
        mine.flatMap((accused, place) => {
          const total = (hour: number): bigint => totals[place]?.get(hour) ?? 0n;
          if (elector === undefined) return [];
          const hour = left - 2;
          const said = [
            { hour: BigInt(hour - 1), slot: 11, total: total(hour - 1) },
            { hour: BigInt(hour + 1), slot: 0, total: total(hour) },
          ];
          const signed = said.map((each) =>
            countersMessage(accused.account, { ...each, count: cast.publishers.length }),
          );
          return [
            {
              elector,
              accused,
              kind: EVIDENCE_KIND.overreport,
              number: BigInt(hour),
              nonce: BigInt(place),
              signed,
            },
          ];
        });
      function leave(): void {
        for (const { owner, pool, stake, account } of mine) {
          const lp = chain.number('stake', 'lp', stake) ?? 0n;
          const given = { owner: owner.address, pool: pool.address, stake, node: account, role: ROLE.edge };
          chain.must(
            owner,
            chain.call('leaveEdge', { owner: owner.address, edge: account }),
            chain.call('beginUnbond', { ...given, lp }),
          );
        }
      }
      return {
        actors: mine.map(({ owner }) => owner),
        edge(place, story, hour) {
          if (place >= mine.length) return story;
          if (hour > BigInt(left)) return { reported: [], counted: [], answers: false };
          const before = totals[place]?.get(Number(hour) - 1) ?? 0n;
          totals[place]?.set(
            Number(hour),
            before + story.counted.reduce((sum, { slots }) => sum + sumSlots(slots), 0n),
          );
          const reported = story.reported.map((each) => ({
            ...each,
            slots: each.slots.map((bytes) => 2n * bytes),
          }));
          return { ...story, reported };
        },
        hourly(hour) {
          elections.finalise();
          if (hour === left) leave();
          if (hour === left + 1) for (const each of accusations()) elections.commit(each);
          if (hour === left + 2) for (const each of accusations()) elections.elect(each, true, new Set());
        },
      };
    },
  },
];
