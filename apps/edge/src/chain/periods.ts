import { SAMPLES } from '../journal/ledger.ts';

/** The network's periods, all in seconds but `…Hours`; fixed at genesis (docs/chain.md, Time). */
export interface Periods {
  /** Unix seconds at which hour 0 began. */
  readonly epochZero: number;
  readonly sampleSecs: number;
  readonly reportSlots: number;
  readonly verdictSlots: number;
  readonly finalHours: number;
  readonly lateHours: number;
  readonly hoursPerWeek: number;
}

/** Sample of a moment, Unix milliseconds. Never below 0: nothing is served before the network began. */
export function sampleAt(periods: Periods, unixMs: number): number {
  return Math.max(0, Math.floor((unixMs / 1000 - periods.epochZero) / periods.sampleSecs));
}

export function hourAt(periods: Periods, unixMs: number): number {
  return Math.floor(sampleAt(periods, unixMs) / SAMPLES);
}

export function weekOf(periods: Periods, hour: number): number {
  return Math.floor(hour / periods.hoursPerWeek);
}

export function weekMs(periods: Periods): number {
  return periods.hoursPerWeek * SAMPLES * periods.sampleSecs * 1000;
}

/** When a sample begins, Unix milliseconds. */
export function sampleStartMs(periods: Periods, sample: number): number {
  return (periods.epochZero + sample * periods.sampleSecs) * 1000;
}

/** E(hour): when it ends, Unix milliseconds. */
export function hourEndMs(periods: Periods, hour: number): number {
  return sampleStartMs(periods, (hour + 1) * SAMPLES);
}

/** Until when reports of an hour are accepted, Unix milliseconds. */
export function reportDeadlineMs(periods: Periods, hour: number): number {
  return hourEndMs(periods, hour) + periods.reportSlots * periods.sampleSecs * 1000;
}

/** From when the account of an hour can be closed (docs/chain.md, closeHour), Unix milliseconds. */
export function hourClosableAtMs(periods: Periods, hour: number): number {
  return voidAtMs(periods, hour) + 4 * weekMs(periods);
}

/** From when an hour that is not final is void, Unix milliseconds. */
function voidAtMs(periods: Periods, hour: number): number {
  const hours = periods.finalHours + periods.lateHours;
  return hourEndMs(periods, hour) + (periods.verdictSlots + hours * SAMPLES) * periods.sampleSecs * 1000;
}
