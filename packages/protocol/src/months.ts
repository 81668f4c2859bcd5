import { SAMPLES_PER_HOUR, hourWindows, monthOfSample, sampleAt } from './time.ts';
import type { Periods } from './time.ts';

/** The samples of a resource as the chain has them; a decoded ring account is one. Sample s is at place s mod the length. */
export interface SampleRing {
  /** Sample + 1 up to which it is written. */
  readonly head: bigint;
  /** kbit/s. */
  readonly tail: ArrayLike<number>;
}

/** First sample of a month, and the first after it. */
export function samplesOfMonth(
  periods: Pick<Periods, 'monthSlots'>,
  month: bigint,
): { readonly begin: bigint; readonly end: bigint } {
  const slots = BigInt(periods.monthSlots);
  return { begin: month * slots, end: (month + 1n) * slots };
}

/** When a month can be finalised: its last hour is past its own set (docs/chain.md, Months). */
export function monthFinalFrom(periods: Periods, month: bigint): bigint {
  const { end } = samplesOfMonth(periods, month);
  return hourWindows(periods, (end - 1n) / SAMPLES_PER_HOUR).finalUntil;
}

/**
 * The samples of a month from its first on, `monthSlots` of them. What no hour was recorded for is 0. `held` says whether none
 * of them is gone from the ring: it holds 31 days.
 */
export function samplesInRing(
  periods: Pick<Periods, 'monthSlots'>,
  ring: SampleRing,
  month: bigint,
): { readonly samples: Uint32Array; readonly held: boolean } {
  const { begin, end } = samplesOfMonth(periods, month);
  const samples = new Uint32Array(periods.monthSlots);
  const size = BigInt(ring.tail.length);
  const oldest = ring.head > size ? ring.head - size : 0n;
  for (let sample = begin > oldest ? begin : oldest; sample < end && sample < ring.head; sample += 1n)
    samples[Number(sample - begin)] = ring.tail[Number(sample % size)] ?? 0;
  return { samples, held: begin >= oldest };
}

/** How many samples of a month, the highest, do not count: ⌊n / 20⌋, 36 hours of 30 days. A part of a sample is not ignored. */
export function ignoredSlots(monthSlots: number): number {
  return Math.floor(monthSlots / 20);
}

/** The 95th percentile of a month: its highest sample after those ignored (whitepaper §2.6). Every slot counts, an empty one as 0. */
export function percentile95(samples: Uint32Array): number {
  const rising = samples.toSorted();
  return rising[rising.length - 1 - ignoredSlots(rising.length)] ?? 0;
}

/** What a resource has of its burst in a month. */
export interface BurstBudget {
  /** Slots of the month that may be above the quota: 5 %. */
  readonly allowed: number;
  readonly above: number;
  readonly left: number;
}

/**
 * The burst rule: above its quota a resource may be in 5 % of the month's slots, up to ten times the quota; with none left it is held
 * to the quota. `samples` are those of the whole month, what has not come yet being 0.
 */
export function burstBudget(samples: ArrayLike<number>, quotaKbps: number): BurstBudget {
  const allowed = ignoredSlots(samples.length);
  let above = 0;
  for (let slot = 0; slot < samples.length; slot += 1) if ((samples[slot] ?? 0) > quotaKbps) above += 1;
  return { allowed, above, left: Math.max(0, allowed - above) };
}

/** Where a month's burst leads to if the rest of the month is as what is known of it. */
export interface BurstForecast {
  /** Slots above the quota when the month is over. */
  readonly above: number;
  /** Slots of the month that will have passed when none is left; undefined where some will be. */
  readonly usedUpAfter: number | undefined;
}

/** `known` are the slots of the month, from its first on, that samples are recorded for. Rounded up: towards using up. */
export function burstForecast(
  budget: Pick<BurstBudget, 'allowed' | 'above'>,
  known: number,
  monthSlots: number,
): BurstForecast {
  const { allowed, above } = budget;
  if (above === 0 || known <= 0) return { above, usedUpAfter: undefined };
  const forecast = Math.min(monthSlots, Math.ceil((above * monthSlots) / known));
  const isUsedUp = forecast > allowed || above >= allowed;
  const after = above >= allowed ? known : Math.ceil((allowed * known) / above);
  return {
    above: Math.max(above, forecast),
    usedUpAfter: isUsedUp ? Math.min(after, monthSlots) : undefined,
  };
}

/** How a resource stands to its months; a decoded resource account fits. */
export interface MonthsState {
  /** Months below are closed. */
  readonly monthsClosed: number;
  /** Newest hour recorded + 1; 0 for none. */
  readonly lastHour: bigint;
}

/** The newest month that can be finalised; negative for none. */
export function newestFinalMonth(periods: Periods, unixSecs: bigint): bigint {
  let month = monthOfSample(periods, sampleAt(periods, unixSecs));
  while (month >= 0n && unixSecs < monthFinalFrom(periods, month)) month -= 1n;
  return month;
}

/** The newest month of a resource that can be finalised now and may have samples; undefined where there is none. */
export function newestDueMonth(periods: Periods, state: MonthsState, unixSecs: bigint): bigint | undefined {
  const closed = BigInt(state.monthsClosed);
  if (state.lastHour * SAMPLES_PER_HOUR <= samplesOfMonth(periods, closed).begin) return undefined;
  const recorded = monthOfSample(periods, state.lastHour * SAMPLES_PER_HOUR - 1n);
  const final = newestFinalMonth(periods, unixSecs);
  const month = final < recorded ? final : recorded;
  return month < closed ? undefined : month;
}

/**
 * The month to finalise next, and its percentile: the first with samples of those that can be, else the newest of them, with which
 * those before it are closed.
 */
export function nextMonth(
  periods: Periods,
  state: MonthsState,
  ring: SampleRing,
  unixSecs: bigint,
): { readonly month: bigint; readonly p95Kbps: number } | undefined {
  const newest = newestDueMonth(periods, state, unixSecs);
  if (newest === undefined) return undefined;
  const size = BigInt(ring.tail.length);
  const oldest = ring.head > size ? monthOfSample(periods, ring.head - size) : 0n;
  let month = BigInt(state.monthsClosed);
  if (month < oldest) month = oldest < newest ? oldest : newest;
  for (; month < newest; month += 1n) {
    const { samples } = samplesInRing(periods, ring, month);
    if (samples.some((rate) => rate > 0)) return { month, p95Kbps: percentile95(samples) };
  }
  return { month: newest, p95Kbps: percentile95(samplesInRing(periods, ring, newest).samples) };
}
