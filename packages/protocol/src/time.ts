/** The periods of a network; a decoded config account is one. */
export interface Periods {
  /** Unix seconds at which hour 0 began. */
  readonly epochZero: bigint;
  readonly sampleSecs: number;
  readonly reportSlots: number;
  readonly verdictSlots: number;
  readonly finalHours: number;
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

export function monthOfSample(periods: Periods, sample: bigint): bigint {
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
  readonly verdictsUntil: bigint;
  readonly finalUntil: bigint;
}

export function hourWindows(periods: Periods, hour: bigint): HourWindows {
  const end = hourEnd(periods, hour);
  const sample = BigInt(periods.sampleSecs);
  const verdictsUntil = end + BigInt(periods.verdictSlots) * sample;
  return {
    end,
    reportsUntil: end + BigInt(periods.reportSlots) * sample,
    verdictsUntil,
    finalUntil: verdictsUntil + BigInt(periods.finalHours) * hourSecs(periods),
  };
}

/** Where an hour stands (docs/chain.md, Time). `voting` includes the report window. */
export type HourPhase = 'running' | 'voting' | 'fixed' | 'final' | 'void';

/** `hour` is the hour's account, or undefined when nothing was reported. */
export function hourPhase(
  periods: Periods,
  index: bigint,
  hour: { readonly final: boolean; readonly reports: number; readonly decided: number } | undefined,
  unixSecs: bigint,
): HourPhase {
  if (hour?.final === true) return 'final';
  const windows = hourWindows(periods, index);
  if (unixSecs < windows.end) return 'running';
  if (unixSecs >= windows.finalUntil) return 'void';
  if (unixSecs >= windows.verdictsUntil) return 'fixed';
  if (unixSecs >= windows.reportsUntil && hour !== undefined && hour.decided === hour.reports) return 'fixed';
  return 'voting';
}
