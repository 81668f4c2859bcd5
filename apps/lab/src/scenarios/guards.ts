import type { GuardOverrides } from '@media-network/guard';
import { leafHash, LEAF_DOMAIN, encodeClaim } from '@media-network/protocol';
import { blamed, names, serve, sha256, week } from '../acts.ts';
import { multiplies } from '../forgeries.ts';
import type { Scenario, ScenarioKind } from '../scenario.ts';

interface LiarGuards {
  readonly name: string;
  readonly doc: string;
  readonly kind?: ScenarioKind;
  readonly quick?: boolean;
  readonly guards: number;
  readonly liars: number;
  readonly lie: (owner: () => string) => GuardOverrides;
  /** Edges in league with them, that multiply what they counted by ten; they are the last ones. */
  readonly edges?: number;
  readonly liarEdges?: number;
  readonly honestSlackBps?: bigint;
  readonly spiteful?: boolean;
}

const confirmsEverything: GuardOverrides = {
  verdict: (_, found) => ({ levels: found.levels.map(() => 1 as const), disputes: [] }),
};

function liarGuards(plan: LiarGuards): Scenario {
  const edges = plan.edges ?? 3;
  const liarEdges = plan.liarEdges ?? 0;
  const [honestGuards, honestEdges] = [plan.guards - plan.liars, edges - liarEdges];
  let firstLiar = '';
  return {
    name: plan.name,
    kind: plan.kind ?? 'attack',
    doc: plan.doc,
    quick: plan.quick ?? false,
    honestSide: JSON.stringify(['guards', plan.guards, plan.liars, edges, liarEdges]),
    ...(plan.honestSlackBps === undefined ? {} : { honestSlackBps: plan.honestSlackBps }),
    ...(plan.spiteful === undefined ? {} : { spiteful: plan.spiteful }),
    network: (attacks) => ({
      guards: plan.guards,
      edges,
      // The set is whole before it freezes.
      params: { minGuards: plan.guards },
      guardOverrides: (index) => (attacks && index >= honestGuards ? plan.lie(() => firstLiar) : {}),
      edgeOverrides: (index) => (attacks && index >= honestEdges ? { buildReport: multiplies(10n) } : {}),
    }),
    async play({ stage }) {
      const honest = stage.edges.slice(0, honestEdges);
      const liars = [
        ...names('guard', plan.liars, honestGuards + 1),
        ...names('edge', liarEdges, honestEdges + 1),
      ].map((name) => stage.owner(name));
      firstLiar = liars[0] ?? '';
      const purse = await stage.purses.open(liars);
      const hours = await week(stage, () => serve(stage, stage.edges));
      return {
        attackers: await purse.close(),
        honest: [...names('edge', honestEdges), ...names('guard', honestGuards)],
        blamedHonest: await blamed(stage, honest, hours),
      };
    },
  };
}

/** A colluding share of the guards confirms everything, and a share of the edges reports ten times what it served. */
function collusion(
  guardShare: number,
  edgeShare: number,
  size: readonly [guards: number, liars: number, edges: number, liarEdges: number],
  quick = false,
): Scenario {
  const [guards, liars, edges, liarEdges] = size;
  return liarGuards({
    name: `collusion-${guardShare}-${edgeShare}`,
    doc: `${guardShare} % of the guards confirm whatever ${edgeShare} % of the edges report, which is ten times what they served.`,
    quick,
    guards,
    liars,
    edges,
    liarEdges,
    lie: () => confirmsEverything,
  });
}

/** Guards that lie, are lazy, or withhold. */
export const GUARD_SCENARIOS: readonly Scenario[] = [
  collusion(20, 33, [5, 1, 3, 1], true),
  collusion(20, 60, [5, 1, 5, 3]),
  collusion(33, 33, [6, 2, 3, 1]),
  collusion(33, 60, [6, 2, 5, 3]),
  collusion(5, 33, [20, 1, 3, 1]),
  collusion(5, 5, [20, 1, 20, 1]),
  liarGuards({
    name: 'confirm-everything-67',
    kind: 'beyond',
    doc: 'Two thirds and more of the guards confirm everything, for an edge that reports ten times what it served.',
    guards: 6,
    liars: 5,
    liarEdges: 1,
    lie: () => confirmsEverything,
  }),
  liarGuards({
    name: 'copying-guard',
    doc: "A guard without the evidence confirms all reports. Its proof of holding them is nobody's, and it is not paid.",
    quick: true,
    guards: 4,
    liars: 1,
    lie: () => ({ ...confirmsEverything, holding: () => new Uint8Array(32).fill(9) }),
  }),
  liarGuards({
    name: 'other-root',
    doc: 'A guard votes for another root of every hour and week.',
    guards: 4,
    liars: 1,
    lie: () => ({ root: (_, computed) => sha256(computed) }),
  }),
  liarGuards({
    name: 'withheld-reveals-third',
    doc: 'A third of the guards, bribed by the largest publisher, commits and does not reveal. The hour is decided later by the set of the day, on what was revealed; it is no discount.',
    guards: 6,
    liars: 2,
    lie: () => ({ reveal: () => false }),
  }),
  liarGuards({
    name: 'withheld-reveals-one-hour',
    doc: 'The same in one hour of the night only.',
    guards: 6,
    liars: 2,
    lie: () => ({ reveal: (hour) => hour !== 2n }),
  }),
  liarGuards({
    name: 'rejects-everything',
    doc: 'A guard rejects every report of everybody.',
    guards: 4,
    liars: 1,
    lie: () => ({ verdict: (_, found) => ({ levels: found.levels.map(() => 3 as const), disputes: [] }) }),
  }),
  liarGuards({
    name: 'absurd-shares',
    doc: 'A guard signs that edges may serve nothing of the quota, or without end. The median of what guards sign holds.',
    guards: 4,
    liars: 1,
    lie: () => ({ share: ({ bytes }) => (bytes % 2n === 0n ? 0n : 2n ** 63n) }),
  }),
  liarGuards({
    name: 'lying-week-root',
    kind: 'beyond',
    doc: 'A quorum of the guards decides and endorses a week that pays itself. It takes no other week, and at most half of what it staked.',
    guards: 4,
    liars: 3,
    lie: (owner) => ({
      root: (of, computed) =>
        of.kind === 'week'
          ? leafHash(LEAF_DOMAIN.claim, encodeClaim({ owner: owner(), amount: 1_000_000n }), sha256)
          : computed,
    }),
  }),
];
