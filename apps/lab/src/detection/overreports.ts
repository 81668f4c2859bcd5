import { REAL_PARAMS } from '@media-network/devnet';
import { decideReports, hourStart, hourWindows, sumSlots } from '@media-network/protocol';
import type { Level } from '@media-network/protocol';
import { seededNumbers } from '@media-network/runtime/seeded-numbers';
import { evenly, watchEdge } from './watched-edge.ts';
import type { Lie } from './watched-edge.ts';

interface OverreportCase {
  readonly name: string;
  readonly lie: Lie;
  /** Shows nobody what it commits to as of the end of an hour. */
  readonly withholdsEnd?: true;
  readonly guards?: number;
  /** Of the guards, those that confirm whatever it reports. */
  readonly liars?: number;
  /** Of the others, one is away, so that windows last to their ends. */
  readonly away?: true;
  /** It is not to be found: nothing is promised. */
  readonly open?: true;
}

export interface OverreportRow {
  readonly name: string;
  readonly seeds: number;
  /** Share of seeds in which the first hour that has more than was counted is not credited in full. */
  readonly found: number;
  /** Minutes of the network from the beginning of that hour until it is decided. */
  readonly minutes: number | null;
  /** Most minutes within which all are to be found; null where nothing is promised. */
  readonly within: number | null;
  readonly holds: boolean;
}

export interface MeterRow {
  readonly name: string;
  readonly edgeWeeks: number;
  /** Hours that were not credited in full. */
  readonly notFull: number;
  readonly holds: boolean;
}

const GUARDS = 7;
const PROMISED_MINUTES = 120;
/** Hours for which an edge has served when it begins to lie. */
const BEFORE = 3;

const into =
  (bps: bigint, slotOf: (committed: readonly number[], random: () => number) => number): Lie =>
  (slots, committed, random) => {
    const slot = slotOf(committed, random);
    return slots.with(slot, (slots[slot] ?? 0n) + (sumSlots(slots) * bps) / 10_000n);
  };
const lastOf = (committed: readonly number[]): number => Math.min(11, Math.max(0, ...committed));

export const OVERREPORT_CASES: readonly OverreportCase[] = [
  { name: '20 % more', lie: evenly(2_000n) },
  { name: '10 % more', lie: evenly(1_000n) },
  { name: '5 % more', lie: evenly(500n) },
  { name: '5 % more, four guards', lie: evenly(500n), guards: 4 },
  { name: '5 % more, all of it in one sample', lie: into(500n, (_, random) => Math.floor(12 * random())) },
  { name: '5 % more, all of it after its last commit of the hour', lie: into(500n, lastOf) },
  {
    name: '5 % more, and it shows no counters as of the end of the hour',
    lie: into(500n, lastOf),
    withholdsEnd: true,
  },
  {
    name: '5 % more, two of seven guards confirm it and one is away',
    lie: evenly(500n),
    liars: 2,
    away: true,
  },
  { name: '5 % more, one of four guards confirms it', lie: evenly(500n), guards: 4, liars: 1 },
  { name: '1 % more', lie: evenly(100n), open: true },
];

/** When an hour is decided, minutes from its beginning: when all guards of the set are there, or else when time is up. */
function decidedAfter(away: boolean): number {
  const periods = { ...REAL_PARAMS, epochZero: 0n };
  const { reportsUntil, revealsUntil } = hourWindows(periods, 0n);
  return Number((away ? revealsUntil : reportsUntil) - hourStart(periods, 0n)) / 60;
}

function play(of: OverreportCase, seed: number): boolean {
  const { guards = GUARDS, liars = 0 } = of;
  const random = seededNumbers(seed);
  const heard = guards - liars - (of.away === true ? 1 : 0);
  const edge = watchEdge(heard, false, random);
  for (let i = 0; i < BEFORE; i += 1) edge.hour();
  const { levels: said } = edge.hour({ lie: of.lie, withholdsEnd: of.withholdsEnd === true });
  const levels = [...said, ...Array.from({ length: liars }, (): Level => 1)];
  const reveals = levels.map((level, no) => ({
    no,
    levels: [level],
    disputes: [],
    holdingRight: true,
    prevRight: true,
  }));
  return decideReports(1, reveals, guards)[0] !== 'full';
}

export function findOverreports(of: OverreportCase, seeds: number): OverreportRow {
  let found = 0;
  for (let seed = 1; seed <= seeds; seed += 1) if (play(of, seed)) found += 1;
  const minutes = decidedAfter(of.away === true);
  const within = of.open === true ? null : PROMISED_MINUTES;
  return {
    name: of.name,
    seeds,
    found: found / seeds,
    minutes: found === 0 ? null : minutes,
    within,
    holds: within === null || (found === seeds && minutes <= within),
  };
}

/** Edges that report what they counted, killed once a day, with one ask in twenty lost. */
export function watchMeters(edgeWeeks: number): MeterRow {
  let notFull = 0;
  for (let seed = 1; seed <= edgeWeeks; seed += 1) {
    const edge = watchEdge(GUARDS, true, seededNumbers(5_000 + seed));
    for (let i = 0; i < REAL_PARAMS.hoursPerWeek; i += 1) {
      const { levels } = edge.hour();
      if (levels.filter((level) => level !== 1).length * 2 > GUARDS) notFull += 1;
    }
  }
  return {
    name: 'killed once a day, one ask in twenty lost',
    edgeWeeks,
    notFull,
    holds: notFull === 0,
  };
}
