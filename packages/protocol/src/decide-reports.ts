import { isMajority } from './quorum.ts';
import type { Dispute, Level } from './verdict.ts';

/** One guard's reveal of an hour. */
export interface Reveal {
  /** The guard's number. */
  readonly no: number;
  /** By report index; what is missing is 0. Empty where the payload was malformed. */
  readonly levels: readonly Level[];
  readonly disputes: readonly Dispute[];
  /** Its `holding` is that of the entries of all reports at level 1 or 2. */
  readonly holdingRight: boolean;
  /** Its `prevRoot` is the root of the hour this one builds on (`baseHour`), or there is none. */
  readonly prevRight: boolean;
}

/** Full: vouched and open bytes. Vouched: those only. */
export type Decision = 'full' | 'vouched' | 'rejected';

/**
 * Reveals decide where more than half of the set has revealed: fewer would let a few speak for a set that was away.
 * `setCount` is the hour account's.
 */
export function revealsDecide(reveals: readonly Reveal[], setCount: number): boolean {
  return reveals.length > 0 && isMajority(reveals.length, setCount);
}

/**
 * What the reveals make of each report, by index (docs/evidence.md, The hour). A report depends on nothing but what is
 * said of itself. Where reveals do not decide, only vouched bytes count: nobody has looked at the rest.
 */
export function decideReports(
  reports: number,
  reveals: readonly Reveal[],
  setCount: number,
): readonly Decision[] {
  const decide = revealsDecide(reveals, setCount);
  return Array.from({ length: reports }, (_, index) => {
    if (!decide) return 'vouched';
    const levels = reveals.map((reveal) => reveal.levels[index] ?? 0).filter((level) => level !== 0);
    if (levels.length === 0) return 'rejected';
    if (isMajority(levels.filter((level) => level === 3).length, levels.length)) return 'rejected';
    return isMajority(levels.filter((level) => level >= 2).length, levels.length) ? 'vouched' : 'full';
  });
}

/** Says of an entry whether more than half of the reveals that judged its report name it. */
export function disputeTest(reveals: readonly Reveal[], setCount: number): (at: Dispute) => boolean {
  if (!revealsDecide(reveals, setCount)) return () => false;
  const named = new Map<string, number>();
  for (const reveal of reveals) {
    // Who did not judge the report has no say on its bytes, and nobody has two.
    const own = reveal.disputes.filter(({ report }) => (reveal.levels[report] ?? 0) !== 0);
    for (const key of new Set(own.map(({ report, entry }) => `${report} ${entry}`)))
      named.set(key, (named.get(key) ?? 0) + 1);
  }
  return ({ report, entry }) => {
    const count = named.get(`${report} ${entry}`);
    if (count === undefined) return false;
    return isMajority(count, reveals.filter((reveal) => (reveal.levels[report] ?? 0) !== 0).length);
  };
}

/** Share of the reports that a guard must have judged to be paid. */
const JUDGED = { of: 9, in: 10 };
/** Share of its levels that may differ from the decision. */
const AWAY = { of: 1, in: 20 };

const LEVEL_OF: Readonly<Record<Decision, Level>> = { full: 1, vouched: 2, rejected: 3 };

/** Numbers of the guards whose reveal was right and is paid, sorted. `decisions` are final: what was malformed is rejected. */
export function rightGuards(
  decisions: readonly Decision[],
  reveals: readonly Reveal[],
  setCount: number,
): readonly number[] {
  if (!revealsDecide(reveals, setCount)) return [];
  return reveals
    .filter((reveal) => {
      if (!reveal.holdingRight || !reveal.prevRight) return false;
      let judged = 0;
      let away = 0;
      decisions.forEach((decision, index) => {
        const level = reveal.levels[index] ?? 0;
        if (level === 0) return;
        judged += 1;
        if (level !== LEVEL_OF[decision]) away += 1;
      });
      return judged * JUDGED.in >= decisions.length * JUDGED.of && away * AWAY.in <= judged * AWAY.of;
    })
    .map((reveal) => reveal.no)
    .toSorted((a, b) => a - b);
}
