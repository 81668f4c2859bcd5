import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { createFindings } from '@media-network/guard/findings';
import type { Findings } from '@media-network/guard/findings';
import { SIGHT_HOURS, addressOf, hourAt, isMajority, isQuorum } from '@media-network/protocol';
import type { Finding } from '@media-network/protocol';
import type { EdgeBehaviour, GuardPlan } from './behaviour.ts';

/** Looks of a guard at an edge in an hour, and while something is being looked into: as in `probe.ts` of a guard. */
const LOOKS = 8;
const INQUIRY_LOOKS = 60;
/** Moments of an hour at which guards hear of each other and vote. */
const STEPS = 12;
/** Looks that a report is rejected for where none of them was answered (`judge.ts`). */
const SILENT_PROBES = 3;

/** Of looks at an edge that is suspected, those that go to other publishers' resources (`probe.ts`). */
const ELSEWHERE = 0.5;
/** Publishers whose bytes an edge serves in equal parts, each with one resource. */
const PUBLISHERS = 4;
const addressAt = (byte: number): string => addressOf(new Uint8Array(32).fill(byte));
const RESOURCES = Array.from({ length: PUBLISHERS }, (_, i) => ({
  address: addressAt(1 + i),
  publisher: addressAt(101 + i),
  status: RESOURCE_STATUS.active,
}));
const HASH = 'ab'.repeat(32);

export interface PlayOptions {
  readonly plan: GuardPlan;
  readonly edges: readonly EdgeBehaviour[];
  readonly hours: number;
  readonly random: () => number;
}

export interface EdgeOutcome {
  /** Hour in which more than two thirds of the set were sure; undefined where they never were. */
  readonly removedIn: number | undefined;
  /** Looks of all guards at it by then. */
  readonly looks: number;
  /** Hours whose report more than half of the guards would have rejected, because it served nobody. */
  readonly rejectedHours: number;
}

type Book = Parameters<typeof createFindings>[0]['book'];
type EdgeHour = ReturnType<Book['of']>;
type Look = EdgeHour['looks'][number];
type Snapshot = Parameters<Findings['own']>[0];
type EdgeAccount = Parameters<Findings['own']>[1];

const RIGHT: readonly Look[] = RESOURCES.map(({ address }) => ({
  resource: address,
  target: HASH,
  bodyHash: 'aa',
  finding: 'right',
  by: 'self',
}));

interface Eyes {
  readonly findings: Findings;
  readonly hours: Map<bigint, Map<string, Look[]>>;
  /** By edge: the hour up to which this guard looks into it for a wrong answer of its own, and whose bytes those were. */
  readonly suspects: Map<string, { readonly until: bigint; readonly publisher: number }>;
  readonly address: string;
  readonly isLiar: boolean;
  readonly lags: boolean;
  /** Half of the set that it hears while it is split. */
  readonly half: number;
}

const addressOfGuard = (i: number): string => `guard ${i}`;

function eyesOf(plan: GuardPlan, i: number): Eyes {
  const hours: Eyes['hours'] = new Map();
  const empty: EdgeHour = {
    asks: { answered: 0, refused: 0 },
    contacts: { answered: 0, silent: 0 },
    probed: new Map(),
    looks: [],
    commits: [],
  };
  const book: Book = {
    edgesOf: (hour) => [...(hours.get(hour)?.keys() ?? [])],
    of: (edge, hour) => {
      const looks = hours.get(hour)?.get(edge);
      return looks === undefined ? empty : { ...empty, looks };
    },
  };
  const entries = Array.from({ length: plan.guards }, (_, no) => ({
    guard: addressOfGuard(no),
    no,
    worth: 1n,
  }));
  const address = addressOfGuard(i);
  const findings = createFindings({
    network: {
      guardSet: async (week) => ({ week, usable: true, numbers: entries.map(({ no }) => no), entries }),
    },
    book,
    guard: { address } as Parameters<typeof createFindings>[0]['guard'], // a name is all that is asked of it
    operator: undefined as never, // nothing is signed: findings are handed over as they are
  });
  return {
    findings,
    hours,
    suspects: new Map(),
    address,
    isLiar: i >= plan.guards - plan.liars,
    lags: plan.lagHours > 0 && i >= plan.guards - Math.floor(plan.guards / 3),
    half: i % 2,
  };
}

function snapshotAt(hour: number): Snapshot {
  return {
    now: BigInt(hour) * 3_600n + 1_800n,
    config: { epochZero: 0n, sampleSecs: 300, hoursPerWeek: 168 },
    resources: RESOURCES,
  } as unknown as Snapshot; // what sights and seconding read of it
}

/**
 * Guards with the rules of real ones (`findings.ts`, `seconding.ts`) look at edges for some hours. Not played: sockets, origins, the
 * chain; votes are counted at once, where a real election takes its time.
 */
export async function play({ plan, edges, hours, random }: PlayOptions): Promise<readonly EdgeOutcome[]> {
  const guards = Array.from({ length: plan.guards }, (_, i) => eyesOf(plan, i));
  const accounts = edges.map(
    (_, i) => ({ address: `edge ${i}`, removedAt: 0n }) as unknown as EdgeAccount, // what sights read of it
  );
  const outcomes = edges.map(() => ({
    removedIn: undefined as number | undefined,
    looks: 0,
    rejectedHours: 0,
  }));
  const isGuilty = edges.map(({ honest }) => !honest);

  /** What a guard tells another of an edge, if anything. */
  function told(eyes: Eyes, edge: number, snapshot: Snapshot): Finding | undefined {
    const account = accounts[edge]!;
    const base = {
      guard: eyes.address,
      edge: String(account.address),
      resource: RESOURCES[0]!.address,
      target: new Uint8Array(32),
      signature: new Uint8Array(64),
    };
    if (eyes.isLiar && plan.lie === 'accuse the honest' && isGuilty[edge] !== true) {
      const until = hourAt(snapshot.config, snapshot.now);
      const from = until >= SIGHT_HOURS ? until - SIGHT_HOURS + 1n : 0n;
      return { ...base, from, until, looks: 60, wrong: 60 };
    }
    if (eyes.isLiar && plan.lie === 'shield the guilty') return undefined;
    // What never gave this guard a wrong answer is nothing to tell of.
    if (!eyes.suspects.has(String(account.address))) return undefined;
    const { last, byResource: _, ...sight } = eyes.findings.own(snapshot, account);
    return last === undefined ? undefined : { ...base, ...sight, resource: last.resource };
  }

  /** As `probe.ts` draws it: a suspected edge is looked at half where it was wrong, and half elsewhere. */
  function drawPublisher(suspected: number | undefined): number {
    if (suspected === undefined) return Math.floor(random() * PUBLISHERS);
    if (random() >= ELSEWHERE) return suspected;
    return (suspected + 1 + Math.floor(random() * (PUBLISHERS - 1))) % PUBLISHERS;
  }

  function lookAt(
    eyes: Eyes,
    edge: number,
    at: { readonly hour: number; readonly minute: number; readonly publisher: number },
  ): 'silent' | 'answered' {
    const name = String(accounts[edge]!.address);
    const { hour, minute, publisher } = at;
    const result = edges[edge]!.look(random, minute, publisher);
    outcomes[edge]!.looks += 1;
    if (result !== 'right' && result !== 'wrong') return result === 'silent' ? 'silent' : 'answered';
    const cells = eyes.hours.get(BigInt(hour)) ?? new Map<string, Look[]>();
    eyes.hours.set(BigInt(hour), cells);
    const looks = cells.get(name) ?? [];
    cells.set(name, looks);
    // Each wrong body is another one, so that no two edges give the same.
    const right = RIGHT[publisher]!;
    looks.push(result === 'right' ? right : { ...right, finding: 'wrong', bodyHash: `${name} ${random()}` });
    if (result === 'wrong') eyes.suspects.set(name, { until: BigInt(hour) + 1n, publisher });
    return 'answered';
  }

  for (let hour = 0; hour < hours; hour += 1) {
    const snapshot = snapshotAt(hour);
    const silent = edges.map(() => guards.map(() => ({ asked: 0, answered: 0 })));
    for (const { hours: kept } of guards)
      for (const old of kept.keys()) if (old + 25n < BigInt(hour)) kept.delete(old);
    for (let step = 0; step < STEPS; step += 1) {
      for (const [g, eyes] of guards.entries())
        for (const [edge, account] of accounts.entries()) {
          if (outcomes[edge]!.removedIn !== undefined) continue;
          const name = String(account.address);
          const suspect = eyes.suspects.get(name);
          const inquiry = eyes.findings.toSecond(name, BigInt(hour));
          const suspected =
            suspect !== undefined && suspect.until >= BigInt(hour)
              ? suspect.publisher
              : inquiry && RESOURCES.findIndex(({ address }) => address === inquiry.resource);
          const rate = (suspected === undefined ? LOOKS : INQUIRY_LOOKS) * (eyes.lags ? 0.5 : 1);
          const due = rate / STEPS;
          const count = Math.floor(due) + (random() < due % 1 ? 1 : 0);
          for (let i = 0; i < count; i += 1) {
            const minute = hour * 60 + Math.floor(((step + random()) * 60) / STEPS);
            const seen = lookAt(eyes, edge, { hour, minute, publisher: drawPublisher(suspected) });
            if (inquiry !== undefined) eyes.findings.seconded(name, BigInt(hour));
            const tally = silent[edge]![g]!;
            tally.asked += 1;
            if (seen === 'answered') tally.answered += 1;
          }
        }
      const lists = guards.map((other) =>
        accounts.flatMap((_, edge) =>
          outcomes[edge]!.removedIn === undefined ? (told(other, edge, snapshot) ?? []) : [],
        ),
      );
      for (const eyes of guards)
        for (const [g, other] of guards.entries()) {
          if (other === eyes) continue;
          if (hour < plan.splitHours && eyes.half !== other.half) continue;
          if ((eyes.lags || other.lags) && hour % plan.lagHours !== 0) continue;
          const said = lists[g] ?? [];
          if (said.length > 0 || other.isLiar) eyes.findings.hear(other.address, said, BigInt(hour));
        }
      for (const [edge, account] of accounts.entries()) {
        if (outcomes[edge]!.removedIn !== undefined) continue;
        // Where nobody has seen anything wrong, only words can have changed: looked at once an hour.
        const isSeen = guards.some(({ suspects }) => suspects.has(String(account.address)));
        if (!isSeen && step + 1 < STEPS) continue;
        const sure = await Promise.all(guards.map((eyes) => upholds(eyes, account, isGuilty[edge] === true)));
        if (isQuorum(sure.filter(Boolean).length, plan.guards)) outcomes[edge]!.removedIn = hour;
      }
    }
    for (const [edge, tallies] of silent.entries()) {
      const rejecting = tallies.filter(({ asked, answered }) => asked >= SILENT_PROBES && answered === 0);
      if (isMajority(rejecting.length, plan.guards)) outcomes[edge]!.rejectedHours += 1;
    }

    async function upholds(eyes: Eyes, account: EdgeAccount, guilty: boolean): Promise<boolean> {
      if (eyes.isLiar && plan.lie !== 'none') return plan.lie === 'accuse the honest' && !guilty;
      // Nothing to judge where nobody has seen or said anything.
      return (await eyes.findings.judge(snapshot, account)).kind === 'guilty';
    }
  }
  return outcomes;
}
