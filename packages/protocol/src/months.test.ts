import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  burstBudget,
  burstForecast,
  monthFinalFrom,
  newestDueMonth,
  nextMonth,
  percentile95,
  samplesInRing,
} from './months.ts';
import type { Periods } from './time.ts';

const PERIODS: Periods = {
  epochZero: 1_000n,
  sampleSecs: 300,
  reportSlots: 6,
  commitSlots: 9,
  verdictSlots: 12,
  finalHours: 24,
  lateHours: 336,
  hoursPerWeek: 168,
  monthSlots: 8_640,
};
const SMALL: Periods = { ...PERIODS, sampleSecs: 1, verdictSlots: 12, finalHours: 2, monthSlots: 24 };
const SIZE = 8_928;
const DAY = 86_400n;

const ringOf = (head: bigint, at: Readonly<Record<string, number>> = {}) => {
  const tail = new Uint32Array(SIZE);
  for (const [sample, rate] of Object.entries(at)) tail[Number(BigInt(sample) % BigInt(SIZE))] = rate;
  return { head, tail };
};

describe('the 95th percentile', () => {
  it('ignores the fastest 36 hours of 30 days, and not a sample more', () => {
    const month = new Uint32Array(8_640).fill(7);
    month.fill(4_294_967_295, 0, 432);
    expect(percentile95(month)).toBe(7);
    month[8_000] = 9;
    expect(percentile95(month)).toBe(9);
  });

  it('is the sample that 5 % at most are above and more than 5 % reach', () => {
    const sample = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 4_294_967_295 }));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 12, maxLength: 300 }), (rates) => {
        const found = percentile95(Uint32Array.from(rates));
        const above = rates.filter((rate) => rate > found).length;
        const reach = rates.filter((rate) => rate >= found).length;
        expect(above * 100).toBeLessThanOrEqual(rates.length * 5);
        expect(reach).toBeGreaterThan(Math.floor(rates.length / 20));
      }),
    );
  });
});

const of = (above: number, known: number) => burstForecast({ allowed: 432, above }, known, 8_640);

describe('the burst budget', () => {
  it('is 432 slots of a month, of which each above the quota takes one', () => {
    const month = new Uint32Array(8_640);
    expect(burstBudget(month, 1_000)).toEqual({ allowed: 432, above: 0, left: 432 });
    month.fill(1_001, 0, 430);
    month[500] = 1_000;
    expect(burstBudget(month, 1_000)).toEqual({ allowed: 432, above: 430, left: 2 });
    month.fill(10_000, 0, 433);
    expect(burstBudget(month, 1_000)).toEqual({ allowed: 432, above: 433, left: 0 });
  });

  it('is forecast from what is known of the month', () => {
    expect(of(0, 100)).toEqual({ above: 0, usedUpAfter: undefined });
    expect(of(5, 0)).toEqual({ above: 5, usedUpAfter: undefined });
    expect(of(50, 1_000)).toEqual({ above: 432, usedUpAfter: undefined });
    expect(of(51, 1_000)).toEqual({ above: 441, usedUpAfter: 8_471 });
    expect(of(144, 1_440)).toEqual({ above: 864, usedUpAfter: 4_320 });
    // None is left already.
    expect(of(432, 8_640)).toEqual({ above: 432, usedUpAfter: 8_640 });
    expect(of(500, 600)).toEqual({ above: 7_200, usedUpAfter: 600 });
  });

  it('holds whoever stays within it to a percentile within the quota', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 20, maxLength: 400 }), (rates) => {
        const { allowed, above } = burstBudget(rates, 10);
        expect(percentile95(Uint32Array.from(rates)) > 10).toBe(above > allowed);
      }),
    );
  });
});

describe('the samples of a month', () => {
  it('are those of the ring, across its end, and 0 where nothing was recorded', () => {
    const ring = ringOf(9_000n, { 8_640: 3, 8_927: 4, 8_928: 5, 8_999: 6 });
    // Sample 9,000 is written over sample 72, which is there still.
    ring.tail[72] = 99;
    const { samples, held } = samplesInRing(PERIODS, ring, 1n);
    expect([
      samples.length,
      held,
      samples[0],
      samples[287],
      samples[288],
      samples[359],
      samples[360],
    ]).toEqual([8_640, true, 3, 4, 5, 6, 0]);
    const before = samplesInRing(PERIODS, ring, 0n);
    expect([before.held, before.samples[71], before.samples[72]]).toEqual([false, 0, 99]);
  });
});

describe('the month to finalise', () => {
  const began = PERIODS.epochZero;

  it('is over, and its last hour past its own set', () => {
    expect(monthFinalFrom(PERIODS, 0n)).toBe(began + 30n * DAY + 25n * 3_600n);
    const state = { monthsClosed: 0, lastHour: 720n };
    const from = monthFinalFrom(PERIODS, 0n);
    expect(newestDueMonth(PERIODS, state, from - 1n)).toBeUndefined();
    expect(newestDueMonth(PERIODS, state, from)).toBe(0n);
    expect(newestDueMonth(PERIODS, { ...state, monthsClosed: 1 }, from)).toBeUndefined();
    expect(newestDueMonth(PERIODS, { monthsClosed: 0, lastHour: 0n }, from)).toBeUndefined();
  });

  it('is the first that has samples, so that none is passed over', () => {
    const state = { monthsClosed: 0, lastHour: 10n };
    const ring = ringOf(120n, { 50: 8, 51: 8, 100: 9, 101: 9 });
    const now = SMALL.epochZero + 1_000n;
    // Two samples a month: one is ignored.
    expect(nextMonth(SMALL, state, ring, now)).toEqual({ month: 2n, p95Kbps: 8 });
    expect(nextMonth(SMALL, { ...state, monthsClosed: 3 }, ring, now)).toEqual({ month: 4n, p95Kbps: 9 });
    expect(nextMonth(SMALL, { ...state, monthsClosed: 5 }, ring, now)).toBeUndefined();
  });

  it('is the newest where none has samples, and closes those before it', () => {
    const ring = ringOf(120n);
    const now = SMALL.epochZero + 1_000n;
    expect(nextMonth(SMALL, { monthsClosed: 1, lastHour: 10n }, ring, now)).toEqual({
      month: 4n,
      p95Kbps: 0,
    });
  });
});
