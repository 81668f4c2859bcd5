import { createHash } from 'node:crypto';
import { addressOf, shareWeek } from '@media-network/protocol';
import { seededNumbers } from '@media-network/runtime/seeded-numbers';
import {
  censoringEdge,
  corruptEdge,
  droppingEdge,
  edgeBesideLyingSibling,
  framedEdge,
  honestEdge,
  staleEdge,
  throttlingEdge,
} from './behaviour.ts';
import type { EdgeBehaviour, GuardPlan } from './behaviour.ts';
import { compareGuardSets } from './guard-sets.ts';
import type { GuardSetRow } from './guard-sets.ts';
import { OVERREPORT_CASES, findOverreports, watchMeters } from './overreports.ts';
import type { MeterRow, OverreportRow } from './overreports.ts';
import { play } from './play.ts';

/** What is to be found, or is not. */
interface Case {
  readonly name: string;
  readonly edge: () => EdgeBehaviour;
  readonly plan: Partial<GuardPlan>;
  /** An edge that does what it should: nobody is to vote it out. */
  readonly kept?: true;
  /** Most looks of a guard within which 99 of 100 are to be found; undefined where nothing is promised. */
  readonly within?: number;
  readonly hours: number;
}

export interface DetectionRow {
  readonly name: string;
  readonly seeds: number;
  /** Share of seeds in which the edge was voted out. */
  readonly found: number;
  /** Looks of one guard until then: of all together, divided by them. The median, and what 99 of 100 need at most; null where fewer were found. */
  readonly looksMedian: number | null;
  readonly looksP99: number | null;
  /** Of all guards together, what 99 of 100 need at most. */
  readonly allLooksP99: number | null;
  /** Hours of the network until then. */
  readonly hoursMedian: number | null;
  /** Of an hour's reports that guards would have rejected, where the edge served nobody. */
  readonly rejectedHours: number;
  readonly within: number | null;
  /** Whether it does what it should, so that nobody is to vote it out. */
  readonly kept: boolean;
  readonly holds: boolean;
}

export interface HonestRow {
  readonly name: string;
  readonly edgeWeeks: number;
  readonly removed: number;
  readonly rejectedHours: number;
  readonly holds: boolean;
}

export interface ColluderRow {
  /** Of edges, and of guards. */
  readonly share: number;
  /** Base units: what the league pays for traffic that never was, and what of that comes back. */
  readonly paid: bigint;
  readonly back: bigint;
  /** What honest edges and guards earn with it and without. */
  readonly honest: bigint;
  readonly honestBefore: bigint;
  readonly holds: boolean;
}

export interface Detection {
  readonly detection: readonly DetectionRow[];
  readonly honest: readonly HonestRow[];
  readonly overreports: readonly OverreportRow[];
  readonly meters: readonly MeterRow[];
  readonly sets: readonly GuardSetRow[];
  readonly colluders: readonly ColluderRow[];
}

const USUAL: GuardPlan = { guards: 7, liars: 0, lie: 'none', lagHours: 0, splitHours: 0 };

const CASES: readonly Case[] = [
  { name: 'one wrong answer in 20', edge: () => corruptEdge(20), plan: {}, within: 200, hours: 72 },
  { name: 'one wrong answer in 100', edge: () => corruptEdge(100), plan: {}, within: 1_000, hours: 240 },
  { name: 'every second answer', edge: () => corruptEdge(2), plan: {}, within: 200, hours: 24 },
  { name: 'stale copies', edge: () => staleEdge(0.1), plan: {}, within: 200, hours: 48 },
  {
    name: 'one in 20, two of seven guards shield it',
    edge: () => corruptEdge(20),
    plan: { liars: 2, lie: 'shield the guilty' },
    within: 200,
    hours: 96,
  },
  {
    name: 'one in 20, a third of the guards lags by six hours',
    edge: () => corruptEdge(20),
    plan: { lagHours: 6 },
    hours: 96,
  },
  {
    name: 'one in 20, the set is split for a day',
    edge: () => corruptEdge(20),
    plan: { splitHours: 24 },
    hours: 96,
  },
  { name: 'probes kept waiting', edge: () => throttlingEdge(0.7, 0.05), plan: {}, hours: 240 },
  { name: 'drops every second request', edge: () => droppingEdge(0.5), plan: {}, hours: 48 },
  { name: 'drops all', edge: () => droppingEdge(1), plan: {}, hours: 48 },
  { name: 'censors viewers', edge: () => censoringEdge(0), plan: {}, hours: 48 },
  { name: 'refuses a third by policy', edge: () => censoringEdge(1 / 3), plan: {}, hours: 48 },
  {
    name: 'honest, one origin shows it another face',
    edge: () => framedEdge(),
    plan: {},
    kept: true,
    hours: 24,
  },
  {
    name: 'the same, and two of seven guards accuse it',
    edge: () => framedEdge(),
    plan: { liars: 2, lie: 'accuse the honest' },
    kept: true,
    hours: 24,
  },
  {
    name: 'honest, one answer in 10 of a sibling is a lie',
    edge: () => edgeBesideLyingSibling(0.1),
    plan: {},
    kept: true,
    hours: 96,
  },
  {
    name: 'honest, one answer in 50 of a sibling is a lie',
    edge: () => edgeBesideLyingSibling(0.02),
    plan: {},
    kept: true,
    hours: 96,
  },
  {
    name: 'honest, every answer of a sibling is a lie',
    edge: () => edgeBesideLyingSibling(1),
    plan: {},
    kept: true,
    hours: 24,
  },
];

const HONEST: readonly { readonly name: string; readonly plan: Partial<GuardPlan> }[] = [
  { name: 'honest guards', plan: {} },
  { name: 'two of seven guards accuse them', plan: { liars: 2, lie: 'accuse the honest' } },
  {
    name: 'two of seven accuse them, split for two days',
    plan: { liars: 2, lie: 'accuse the honest', splitHours: 48 },
  },
];

const sortedAt = (values: readonly number[], part: number): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * part) - 1)];

const finite = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;

async function detect({ name, edge, plan, kept, within, hours }: Case, seeds: number): Promise<DetectionRow> {
  const full = { ...USUAL, ...plan };
  const looks: number[] = [];
  const took: number[] = [];
  let rejectedHours = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const [outcome] = await play({ plan: full, edges: [edge()], hours, random: seededNumbers(seed) });
    rejectedHours += outcome?.rejectedHours ?? 0;
    if (outcome?.removedIn === undefined) continue;
    looks.push(Math.round(outcome.looks / full.guards));
    took.push(outcome.removedIn + 1);
  }
  const found = looks.length / seeds;
  // Those that were never found needed more than any that was.
  const all = [...looks, ...Array.from({ length: seeds - looks.length }, () => Number.POSITIVE_INFINITY)];
  const p99 = finite(sortedAt(all, 0.99));
  return {
    name,
    seeds,
    found,
    looksMedian: finite(sortedAt(all, 0.5)),
    looksP99: p99,
    allLooksP99: p99 === null ? null : p99 * full.guards,
    hoursMedian: finite(sortedAt(took, 0.5)),
    rejectedHours: rejectedHours / (seeds * hours),
    within: within ?? null,
    kept: kept ?? false,
    holds: kept === true ? looks.length === 0 : within === undefined || (p99 !== null && p99 <= within),
  };
}

const EDGES = 50;
const WEEK_HOURS = 168;

async function watchHonest({ name, plan }: (typeof HONEST)[number], edgeWeeks: number): Promise<HonestRow> {
  const edges = Math.min(EDGES, edgeWeeks);
  const runs = Math.ceil(edgeWeeks / edges);
  let [removed, rejectedHours] = [0, 0];
  for (let seed = 1; seed <= runs; seed += 1) {
    const outcomes = await play({
      plan: { ...USUAL, ...plan },
      edges: Array.from({ length: edges }, () => honestEdge(0.05)),
      hours: WEEK_HOURS,
      random: seededNumbers(1_000 + seed),
    });
    removed += outcomes.filter(({ removedIn }) => removedIn !== undefined).length;
    rejectedHours += outcomes.reduce((sum, each) => sum + each.rejectedHours, 0);
  }
  return {
    name,
    edgeWeeks: runs * edges,
    removed,
    rejectedHours,
    holds: removed === 0 && rejectedHours === 0,
  };
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const MEDIA = 1_000_000_000n;
const NODES = 20;
const GUARD_SHARE_BPS = 1_000;
/** Of a fee what is kept: the other half is burned (docs/chain.md, Money). */
const KEPT = 2n;

const address = (byte: number): string => addressOf(new Uint8Array(32).fill(byte));

/**
 * A league of edges, guards and a publisher bills traffic that never was to a resource of its own, all of it signed for, beside a site
 * that everybody serves. By the rule that shares a week's money out (`shareWeek`).
 */
function colluders(share: number): ColluderRow {
  const league = Math.round(NODES * share);
  const edges = Array.from({ length: NODES }, (_, i) => address(1 + i));
  const guards = Array.from({ length: NODES }, (_, i) => address(101 + i));
  const isLeague = (i: number): boolean => i < league;
  const [site, own] = [address(201), address(202)];
  const [siteFee, ownFee] = [1_000n * MEDIA, 1_000n * MEDIA];
  const bytes = 10n ** 12n;

  function earned(withFake: boolean): { readonly league: bigint; readonly honest: bigint } {
    const { amounts } = shareWeek(
      {
        hours: [
          {
            resources: [
              { resource: site, billable: bytes * BigInt(NODES), disputed: 0n },
              ...(withFake && league > 0
                ? [{ resource: own, billable: bytes * BigInt(league), disputed: 0n }]
                : []),
            ],
            edges: edges.map((edge, i) => ({
              edge,
              rows: [
                { resource: site, credited: bytes },
                ...(withFake && isLeague(i) ? [{ resource: own, credited: bytes }] : []),
              ],
            })),
            right: guards.map((_, i) => i),
          },
        ],
        keptOf: (resource) => (resource === site ? siteFee : ownFee) / KEPT,
        guardShareBps: GUARD_SHARE_BPS,
        ownerOfEdge: (edge) => edge,
        ownerOfGuard: (no) => guards[no],
      },
      sha256,
    );
    let [mine, others] = [0n, 0n];
    for (const [nodes] of [[edges], [guards]])
      for (const [i, node] of (nodes ?? []).entries()) {
        if (isLeague(i)) mine += amounts.get(node) ?? 0n;
        else others += amounts.get(node) ?? 0n;
      }
    return { league: mine, honest: others };
  }

  const [before, after] = [earned(false), earned(true)];
  const paid = league > 0 ? ownFee : 0n;
  const back = after.league - before.league;
  return {
    share,
    paid,
    back,
    honest: after.honest,
    honestBefore: before.honest,
    holds: (league === 0 || back < paid) && after.honest >= before.honest,
  };
}

/** Of sets of guards each seed is a day of four edges, played twice: more say nothing new. */
const MOST_SET_SEEDS = 20;
const SHARES = [0, 0.05, 0.1, 0.2, 0.33, 0.4, 0.5, 0.6];

/** Plays everything; `say` is told what comes next. */
export async function runDetection(options: {
  readonly seeds: number;
  readonly edgeWeeks: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}): Promise<Detection> {
  const detection: DetectionRow[] = [];
  for (const each of CASES) {
    if (options.signal.aborted) break;
    options.say(each.name);
    detection.push(await detect(each, options.seeds));
  }
  const honest: HonestRow[] = [];
  for (const each of HONEST) {
    if (options.signal.aborted) break;
    options.say(`honest edges: ${each.name}`);
    honest.push(await watchHonest(each, options.edgeWeeks));
  }
  const overreports: OverreportRow[] = [];
  for (const each of OVERREPORT_CASES) {
    if (options.signal.aborted) break;
    options.say(`reports ${each.name}`);
    overreports.push(findOverreports(each, options.seeds));
  }
  options.say('honest reports');
  const meters = options.signal.aborted ? [] : [watchMeters(options.edgeWeeks)];
  const sets = await compareGuardSets(Math.min(options.seeds, MOST_SET_SEEDS), options);
  return { detection, honest, overreports, meters, sets, colluders: SHARES.map(colluders) };
}
