/** The periods of a network; a decoded config account is one. */
export interface Periods {
  /** Unix seconds at which hour 0 began. */
  readonly epochZero: bigint;
  readonly sampleSecs: number;
  readonly reportSlots: number;
  readonly commitSlots: number;
  readonly verdictSlots: number;
  readonly finalHours: number;
  readonly lateHours: number;
  readonly hoursPerWeek: number;
  readonly monthSlots: number;
}

export const SAMPLES_PER_HOUR = 12n;

const floorDiv = (a: bigint, b: bigint): bigint => (a < 0n && a % b !== 0n ? a / b - 1n : a / b);

export function hourSecs(periods: Periods): bigint {
  return SAMPLES_PER_HOUR * BigInt(periods.sampleSecs);
}

/** Hour of a Unix time in seconds; negative before `epochZero`. */
export function hourAt(periods: Periods, unixSecs: bigint): bigint {
  return floorDiv(unixSecs - periods.epochZero, hourSecs(periods));
}

export function sampleAt(periods: Periods, unixSecs: bigint): bigint {
  return floorDiv(unixSecs - periods.epochZero, BigInt(periods.sampleSecs));
}

/** Slot 0…11 of its hour that a Unix time falls into. */
export function slotAt(periods: Periods, unixSecs: bigint): number {
  return Number(sampleAt(periods, unixSecs) - hourAt(periods, unixSecs) * SAMPLES_PER_HOUR);
}

export function weekOfHour(periods: Periods, hour: bigint): bigint {
  return floorDiv(hour, BigInt(periods.hoursPerWeek));
}

export function weekAt(periods: Periods, unixSecs: bigint): bigint {
  return weekOfHour(periods, hourAt(periods, unixSecs));
}

export function monthOfSample(periods: Pick<Periods, 'monthSlots'>, sample: bigint): bigint {
  return floorDiv(sample, BigInt(periods.monthSlots));
}

export function hourStart(periods: Periods, hour: bigint): bigint {
  return periods.epochZero + hour * hourSecs(periods);
}

/** E(h): when the hour ends. */
export function hourEnd(periods: Periods, hour: bigint): bigint {
  return hourStart(periods, hour + 1n);
}

/** First and last hour of a week. */
export function hoursOfWeek(
  periods: Periods,
  week: bigint,
): { readonly first: bigint; readonly last: bigint } {
  const count = BigInt(periods.hoursPerWeek);
  return { first: week * count, last: (week + 1n) * count - 1n };
}

/** When a week ends. */
export function weekEnd(periods: Periods, week: bigint): bigint {
  return hourEnd(periods, hoursOfWeek(periods, week).last);
}

/** Unix seconds of the ends of an hour's windows; each is the first second that is outside. */
export interface HourWindows {
  readonly end: bigint;
  readonly reportsUntil: bigint;
  readonly commitsUntil: bigint;
  readonly revealsUntil: bigint;
  /** Until then the set of the hour's own week decides. */
  readonly finalUntil: bigint;
  /** Until then the current week's set does. */
  readonly lateUntil: bigint;
}

export function hourWindows(periods: Periods, hour: bigint): HourWindows {
  const end = hourEnd(periods, hour);
  const slots = (count: number): bigint => BigInt(count) * BigInt(periods.sampleSecs);
  const revealsUntil = end + slots(periods.verdictSlots);
  const finalUntil = revealsUntil + BigInt(periods.finalHours) * hourSecs(periods);
  return {
    end,
    reportsUntil: end + slots(periods.reportSlots),
    commitsUntil: end + slots(periods.commitSlots),
    revealsUntil,
    finalUntil,
    lateUntil: finalUntil + BigInt(periods.lateHours) * hourSecs(periods),
  };
}

/** Where an hour stands (docs/chain.md, Time). */
export type HourPhase =
  | 'running'
  | 'reporting'
  | 'committing'
  | 'revealing'
  | 'deciding'
  | 'late'
  | 'final'
  | 'void';

/** What the phase of an hour depends on; a decoded hour account fits, beside whether its status is final. */
export interface HourProgress {
  readonly final: boolean;
  readonly commits: number;
  readonly reveals: number;
  /** Guards of the set of its week; 0 where there is none. */
  readonly setCount: number;
}

/** `hour` is undefined when nothing was reported. Windows end early once the whole set has done its part. */
export function hourPhase(
  periods: Periods,
  index: bigint,
  hour: HourProgress | undefined,
  unixSecs: bigint,
): HourPhase {
  if (hour?.final === true) return 'final';
  const windows = hourWindows(periods, index);
  if (unixSecs < windows.end) return 'running';
  if (unixSecs < windows.reportsUntil) return 'reporting';
  if (unixSecs >= windows.lateUntil) return 'void';
  if (unixSecs >= windows.finalUntil) return 'late';
  const all = (count: number): boolean => hour !== undefined && hour.setCount > 0 && count >= hour.setCount;
  if (unixSecs >= windows.revealsUntil || all(hour?.reveals ?? 0)) return 'deciding';
  if (unixSecs >= windows.commitsUntil || all(hour?.commits ?? 0)) return 'revealing';
  return 'committing';
}

/**
 * The hour that an hour builds on: the newest earlier one that was final before this one's report window ended. Its
 * table of weights is continued, and its root is the `prevRoot` of verdicts: every guard can know it before it commits,
 * and nothing that happens later changes it.
 */
export function baseHour<T extends { readonly hour: bigint; readonly finalAt: bigint }>(
  periods: Periods,
  hour: bigint,
  finals: Iterable<T>,
): T | undefined {
  const { reportsUntil } = hourWindows(periods, hour);
  let best: T | undefined;
  for (const each of finals) {
    if (each.hour < hour && each.finalAt < reportsUntil && (best === undefined || each.hour > best.hour))
      best = each;
  }
  return best;
}
