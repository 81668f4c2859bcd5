import { mulDiv } from './integer.ts';
import { ignoredSlots, samplesInRing } from './months.ts';
import type { SampleRing } from './months.ts';
import type { Periods } from './time.ts';

/** In a burst a resource is served up to so many times its quota (whitepaper §2.6), where governance has set nothing. */
const BURST_FACTOR = 10n;

/** In a burst a resource is served up to so many times its quota. */
export function burstFactor({ burstTimes }: { readonly burstTimes: number }): bigint {
  return burstTimes === 0 ? BURST_FACTOR : BigInt(burstTimes);
}

/** A part of a sample's budget that is not shared out before it begins: for edges that nobody knew would be asked. */
const RESERVE_PARTS = 8n;
/** How much of what is left of the reserve the first grant takes; each one after it a part less. */
const GRANT_PARTS = 4;
/** What an edge has whatever it served, together an eighth of all: with it an idle edge can begin again. */
const FLOOR_PARTS = 8n;

/** Bytes that a quota is in a sample. */
export function quotaBytes(quotaKbps: number, sampleSecs: number): bigint {
  return (BigInt(quotaKbps) * 1_000n * BigInt(sampleSecs)) / 8n;
}

/** What a ring says of a month: all that a guard keeps of it. */
export interface RecordedMonth {
  readonly month: bigint;
  /** Sample from which on nothing is recorded. */
  readonly head: bigint;
  readonly quotaKbps: number;
  /** Samples of the month above that quota. */
  readonly above: number;
}

export function recordedMonth(
  periods: Pick<Periods, 'monthSlots'>,
  ring: SampleRing,
  { month, quotaKbps }: Pick<RecordedMonth, 'month' | 'quotaKbps'>,
): RecordedMonth {
  let above = 0;
  for (const rate of samplesInRing(periods, ring, month).samples) if (rate > quotaKbps) above += 1;
  return { month, head: ring.head, quotaKbps, above };
}

/** Whether a resource may be above its quota in one more sample of a month in which it was in so many: in ⌊monthSlots / 20⌋ altogether. */
export function mayBurst({ monthSlots }: Pick<Periods, 'monthSlots'>, above: number): boolean {
  return above < ignoredSlots(monthSlots);
}

/** What an edge needs of a resource: bytes that it served in one of the last samples. */
export interface EdgeDemand {
  readonly edge: string;
  readonly bytes: bigint;
}

/**
 * What an edge will have served in a sample if it goes on as so far. In the first quarter of one that is what it has served: a few
 * seconds say nothing.
 */
export function projectedBytes(soFar: bigint, elapsedSecs: bigint, sampleSecs: bigint): bigint {
  return elapsedSecs * 4n < sampleSecs || elapsedSecs >= sampleSecs
    ? soFar
    : mulDiv(soFar, sampleSecs, elapsedSecs);
}

export interface QuotaShares {
  /** Bytes by edge. */
  readonly shares: ReadonlyMap<string, bigint>;
  /** Left for edges that come in the sample (`shareGrant`). */
  readonly reserve: bigint;
}

/**
 * Divides what a resource may be served in a sample among its edges by demand: Σ shares + reserve = budget at the most, rounded
 * down. Of the seven eighths P that are divided among n edges, one with the demand d of D in all has
 * ⌊P · (d + m) / (D + n·m)⌋, where m = max(P, D) / 8n. So each has ⌊P / 9n⌋ at least; who is asked more has more; and where all
 * demands change by a part, no share changes by more than twice that part. Where demand is small all have about the same.
 * Order never matters; of an edge that is named twice the last word counts.
 */
export function quotaShares(budget: bigint, demands: readonly EdgeDemand[]): QuotaShares {
  const by = new Map(demands.map(({ edge, bytes }) => [edge, bytes]));
  const n = BigInt(by.size);
  if (n === 0n) return { shares: new Map(), reserve: budget };
  const reserve = budget / RESERVE_PARTS;
  const divided = budget - reserve;
  // Nobody served more than there was: what is said beyond it must not press the others to the floor.
  const wanted = [...by].map(([edge, bytes]) => [edge, bytes > divided ? divided : bytes] as const);
  const all = wanted.reduce((sum, [, bytes]) => sum + bytes, 0n);
  const most = all > divided ? all : divided;
  const whole = FLOOR_PARTS * n * all + n * most;
  if (whole === 0n) return { shares: new Map([...by.keys()].map((edge) => [edge, 0n])), reserve };
  return {
    shares: new Map(
      wanted.map(([edge, bytes]) => [edge, (divided * (FLOOR_PARTS * n * bytes + most)) / whole]),
    ),
    reserve,
  };
}

/**
 * What an edge gets of the reserve that asks within the sample: a quarter of what is left, a fifth after one grant, a sixth after two.
 * So there is always some, and the hundredth edge that comes has a three-thousandth of the whole still.
 */
export function shareGrant(reserve: bigint, grantsBefore: number): bigint {
  return reserve / BigInt(GRANT_PARTS + grantsBefore);
}

/**
 * The share that holds for an edge, of what the guards of a set of `count` have said: their lower median, with those that said nothing
 * counted as the highest. So a minority that says absurd things or nothing moves it no further than the honest are apart: upwards
 * while those that are silent or absurd are fewer than half, downwards likewise. Undefined where more than half say nothing.
 */
export function agreedShare(said: readonly bigint[], count: number): bigint | undefined {
  const rising = said.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return rising[Math.floor((Math.max(count, rising.length) - 1) / 2)];
}
