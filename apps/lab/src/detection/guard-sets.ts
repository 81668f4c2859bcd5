import { createHash } from 'node:crypto';
import { addressOf, creditHour, shareWeek, sumSlots } from '@media-network/protocol';
import type { CreditedHour, Entry, HourReport, Level, Reveal } from '@media-network/protocol';
import { seededNumbers } from '@media-network/runtime/seeded-numbers';
import { corruptEdge, honestEdge } from './behaviour.ts';
import type { GuardPlan } from './behaviour.ts';
import { play } from './play.ts';
import { evenly, watchEdge } from './watched-edge.ts';

/** What becomes of a set of guards, beside what becomes of it where all of them are honest and there. */
export interface GuardSetRow {
  readonly guards: number;
  readonly name: string;
  readonly seeds: number;
  /** Honest edges voted out, over all seeds, and share of seeds in which the corrupt one was. */
  readonly honestRemoved: number;
  readonly corruptRemoved: number;
  /** Hours until then, the most of all seeds; null where it was not in all. */
  readonly hours: number | null;
  /** Reports that were decided otherwise than with honest guards, of those of edges that were there in both. */
  readonly decidedOtherwise: number;
  /** Base units over all seeds. Of the guards that lie, lag or are beyond the split those that do. */
  readonly honestEdges: bigint;
  readonly honestGuards: bigint;
  readonly others: bigint;
  /** What the same earn where all are honest and there. */
  readonly before: { readonly honestEdges: bigint; readonly honestGuards: bigint; readonly others: bigint };
  /** More of them than the rules promise to withstand: shown, not held to anything. */
  readonly beyond: boolean;
  readonly holds: boolean;
}

interface SetCase {
  readonly name: string;
  /** Of a set of n. */
  readonly others: (n: number) => number;
  readonly plan: (others: number) => Partial<GuardPlan>;
  /** What one of them says of an honest edge's report, and of the other's; undefined where it reveals nothing. */
  readonly says: ((isHonest: boolean) => Level) | 'nothing' | 'the truth';
  readonly beyond?: true;
}

const third = (n: number): number => Math.floor((n - 1) / 3);
const SIZES = [4, 7, 10];
const CASES: readonly SetCase[] = [
  {
    name: 'a third reject all honest edges, accuse them, and confirm the other',
    others: third,
    plan: (liars) => ({ liars, lie: 'accuse the honest' }),
    says: (isHonest) => (isHonest ? 3 : 1),
  },
  {
    name: 'a third confirm everything and shield the corrupt',
    others: third,
    plan: (liars) => ({ liars, lie: 'shield the guilty' }),
    says: () => 1,
  },
  { name: 'one lags by six hours', others: () => 1, plan: () => ({ lagHours: 6 }), says: 'nothing' },
  {
    name: 'two halves that do not hear each other for half a day',
    others: () => 0,
    plan: () => ({ splitHours: 12 }),
    says: 'the truth',
  },
  {
    name: 'half of them and one confirm everything and shield the corrupt',
    others: (n) => Math.floor(n / 2) + 1,
    plan: (liars) => ({ liars, lie: 'shield the guilty' }),
    says: () => 1,
    beyond: true,
  },
];

const HOURS = 24;
/** Edges that do what they should, beside one that serves a wrong answer in 20 and reports a twentieth more than it counted. */
const HONEST_EDGES = 3;
const EDGES = HONEST_EDGES + 1;
/** By how much the honest may earn less, in hundredths of a percent: an edge that is voted out an hour later takes its part of that hour. */
const SLACK_BPS = 200n;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const MEDIA = 1_000_000_000n;
const TERMS = { feePerGb: MEDIA / 500n, dustBytes: 1_048_576n, openYieldBps: 900, guardShareBps: 2_000 };
/** Stakes that cap nothing of what is served here. */
const WORTH = 1_000_000n * MEDIA;
/** Bytes an hour that a publisher pays for without a signature. */
const ALLOWANCE = 10n ** 13n;
/** Of what is served, the part that viewers signed for. */
const VOUCHED = { of: 7n, in: 10n };
/** Of a fee what is kept: the other half is burned. */
const KEPT = 2n;
const edgeAt = (i: number): string => addressOf(new Uint8Array(32).fill(51 + i));
const guardAt = (no: number): string => addressOf(new Uint8Array(32).fill(151 + no));

interface Played {
  /** By edge: the hour in which it was voted out. */
  readonly removedIn: readonly (number | undefined)[];
  /** Decision of each edge's report, by hour. */
  readonly decisions: readonly (readonly (string | undefined)[])[];
  readonly earned: ReadonlyMap<string, bigint>;
}

/** An honest edge asks for what viewers did not sign for; one that says that it served more, for that too. */
function reportOf(
  edge: number,
  index: number,
  entries: readonly Entry[],
  counted: readonly Entry[],
): HourReport {
  const signed = (i: number): bigint => (sumSlots(counted[i]?.slots ?? []) * VOUCHED.of) / VOUCHED.in;
  const asking = entries.map((entry, i) => ({
    ...entry,
    asked: sumSlots(entry.slots) - signed(i),
    sessions: 1,
  }));
  return {
    index,
    edge: edgeAt(edge),
    worth: WORTH,
    bytes: asking.reduce((sum, { slots }) => sum + sumSlots(slots), 0n),
    entryCount: asking.length,
    entries: asking,
    sessionsOf(resource) {
      const bytes = signed(entries.findIndex((each) => each.resource === resource));
      return [{ session: `${edge} ${resource}`, bytes, ceiling: bytes }];
    },
  };
}

async function playSet(
  guards: number,
  others: number,
  of: SetCase | undefined,
  seed: number,
): Promise<Played> {
  const plan: GuardPlan = {
    guards,
    liars: 0,
    lie: 'none',
    lagHours: 0,
    splitHours: 0,
    ...of?.plan(others),
  };
  const removedIn = (
    await play({
      plan,
      edges: [...Array.from({ length: HONEST_EDGES }, () => honestEdge(0.05)), corruptEdge(20)],
      hours: HOURS,
      random: seededNumbers(seed),
    })
  ).map((each) => each.removedIn);
  const says = of?.says ?? 'the truth';
  const truthful = says === 'the truth' ? guards : guards - others;
  const edges = Array.from({ length: EDGES }, (_, i) =>
    watchEdge(truthful, false, seededNumbers(100 * seed + i)),
  );
  const hours: CreditedHour[] = [];
  const decisions: (string | undefined)[][] = [];
  for (let hour = 0; hour < HOURS; hour += 1) {
    const there = edges.flatMap((edge, i) => {
      const isHonest = i < HONEST_EDGES;
      const { entries, counted, levels } = edge.hour(isHonest ? {} : { lie: evenly(500n) });
      const gone = removedIn[i];
      return gone !== undefined && hour > gone ? [] : [{ i, isHonest, entries, counted, levels }];
    });
    const reveals = Array.from({ length: guards }, (_, no): Reveal | undefined => {
      const lies = no >= truthful;
      if (lies && says === 'nothing') return undefined;
      const levels = there.map((each) =>
        lies && typeof says === 'function' ? says(each.isHonest) : (each.levels[no] ?? 0),
      );
      return { no, levels, disputes: [], holdingRight: true, prevRight: true };
    }).filter((each) => each !== undefined);
    const before = hours.at(-1);
    const credited = creditHour(
      {
        hourSecs: 3_600n,
        terms: TERMS,
        reports: there.map(({ i, entries, counted }, index) => reportOf(i, index, entries, counted)),
        reveals,
        setCount: guards,
        resourceOf: () => ({ active: true, allowance: ALLOWANCE }),
        base: before === undefined ? undefined : { hour: BigInt(hour - 1), table: before.table },
      },
      sha256,
    );
    hours.push(credited);
    const byEdge = edges.map(() => undefined as string | undefined);
    for (const [index, { i }] of there.entries()) byEdge[i] = credited.decisions[index];
    decisions.push(byEdge);
  }
  const billed = new Map<string, bigint>();
  for (const { resources } of hours)
    for (const { resource, billable } of resources)
      billed.set(resource, (billed.get(resource) ?? 0n) + billable);
  const { amounts } = shareWeek(
    {
      hours,
      keptOf: (resource) => ((billed.get(resource) ?? 0n) * TERMS.feePerGb) / 10n ** 9n / KEPT,
      guardShareBps: TERMS.guardShareBps,
      ownerOfEdge: (edge) => edge,
      ownerOfGuard: guardAt,
    },
    sha256,
  );
  return { removedIn, decisions, earned: amounts };
}

function earnedBy(played: Played, guards: number, others: number): GuardSetRow['before'] {
  const sum = (addresses: readonly string[]): bigint =>
    addresses.reduce((all, each) => all + (played.earned.get(each) ?? 0n), 0n);
  const numbers = Array.from({ length: guards }, (_, no) => no);
  return {
    honestEdges: sum(Array.from({ length: HONEST_EDGES }, (_, i) => edgeAt(i))),
    honestGuards: sum(numbers.slice(0, guards - others).map(guardAt)),
    others: sum(numbers.slice(guards - others).map(guardAt)),
  };
}

const isLess = (now: bigint, then: bigint): boolean => (then - now) * 10_000n > then * SLACK_BPS;

/** By the rules that decide an hour and share a week out (`creditHour`, `shareWeek`), with what guards find and judge by theirs. */
async function compareSet(guards: number, of: SetCase, seeds: number): Promise<GuardSetRow> {
  const others = of.others(guards);
  let [honestRemoved, corruptRemoved, worst, decidedOtherwise] = [0, 0, 0, 0];
  const [total, before] = [
    { honestEdges: 0n, honestGuards: 0n, others: 0n },
    { honestEdges: 0n, honestGuards: 0n, others: 0n },
  ];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const [honest, played] = [
      await playSet(guards, others, undefined, seed),
      await playSet(guards, others, of, seed),
    ];
    honestRemoved += played.removedIn.slice(0, HONEST_EDGES).filter((hour) => hour !== undefined).length;
    const gone = played.removedIn[HONEST_EDGES];
    if (gone !== undefined) corruptRemoved += 1;
    worst = Math.max(worst, (gone ?? HOURS) + 1);
    for (const [hour, list] of played.decisions.entries())
      for (const [edge, decision] of list.entries()) {
        const other = honest.decisions[hour]?.[edge];
        if (decision !== undefined && other !== undefined && decision !== other) decidedOtherwise += 1;
      }
    for (const name of ['honestEdges', 'honestGuards', 'others'] as const) {
      total[name] += earnedBy(played, guards, others)[name];
      before[name] += earnedBy(honest, guards, others)[name];
    }
  }
  const holds =
    honestRemoved === 0 &&
    corruptRemoved === seeds &&
    decidedOtherwise === 0 &&
    !isLess(total.honestEdges, before.honestEdges) &&
    !isLess(total.honestGuards, before.honestGuards) &&
    total.others <= before.others;
  return {
    guards,
    name: of.name,
    seeds,
    honestRemoved,
    corruptRemoved: corruptRemoved / seeds,
    hours: corruptRemoved === seeds ? worst : null,
    decidedOtherwise,
    ...total,
    before,
    beyond: of.beyond === true,
    holds: of.beyond === true || holds,
  };
}

export async function compareGuardSets(
  seeds: number,
  options: {
    readonly signal: AbortSignal;
    readonly say: (line: string) => void;
    readonly sizes?: readonly number[];
  },
): Promise<readonly GuardSetRow[]> {
  const rows: GuardSetRow[] = [];
  for (const guards of options.sizes ?? SIZES)
    for (const of of CASES) {
      if (options.signal.aborted) return rows;
      options.say(`${guards} guards, ${of.name}`);
      rows.push(await compareSet(guards, of, seeds));
    }
  return rows;
}
