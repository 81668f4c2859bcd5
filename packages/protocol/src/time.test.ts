import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canReachQuorum, isQuorum } from './quorum.ts';
import {
  hourAt,
  hourEnd,
  hourPhase,
  hourStart,
  hourWindows,
  hoursOfWeek,
  monthOfSample,
  sampleAt,
  slotAt,
  weekAt,
  weekEnd,
} from './time.ts';
import type { Periods } from './time.ts';

const FAST: Periods = {
  epochZero: 1_000n,
  sampleSecs: 1,
  reportSlots: 6,
  verdictSlots: 12,
  finalHours: 20,
  hoursPerWeek: 10,
  monthSlots: 100,
};
const periods = fc.record({
  epochZero: fc.bigInt({ min: 0n, max: 2n ** 33n }),
  sampleSecs: fc.integer({ min: 1, max: 86_400 }),
  reportSlots: fc.integer({ min: 1, max: 10 }),
  verdictSlots: fc.integer({ min: 11, max: 100 }),
  finalHours: fc.integer({ min: 1, max: 100 }),
  hoursPerWeek: fc.integer({ min: 1, max: 200 }),
  monthSlots: fc.integer({ min: 12, max: 8_928 }),
});

describe('time', () => {
  it('puts each second into one sample, hour and week', () => {
    fc.assert(
      fc.property(periods, fc.bigInt({ min: 0n, max: 2n ** 34n }), (p, passed) => {
        const t = p.epochZero + passed;
        const hour = hourAt(p, t);
        expect(hourStart(p, hour)).toBeLessThanOrEqual(t);
        expect(hourEnd(p, hour)).toBeGreaterThan(t);
        expect(sampleAt(p, t)).toBe(hour * 12n + BigInt(slotAt(p, t)));
        expect(slotAt(p, t)).toBeLessThan(12);
        const { first, last } = hoursOfWeek(p, weekAt(p, t));
        expect(first <= hour && hour <= last).toBe(true);
        expect(weekEnd(p, weekAt(p, t))).toBe(hourEnd(p, last));
        expect(monthOfSample(p, sampleAt(p, t)) * BigInt(p.monthSlots)).toBeLessThanOrEqual(sampleAt(p, t));
      }),
    );
  });

  it('is negative before the network began', () => {
    expect(hourAt(FAST, 999n)).toBe(-1n);
    expect(hourAt(FAST, 988n)).toBe(-1n);
    expect(hourAt(FAST, 987n)).toBe(-2n);
  });

  it('has windows that end with the second given', () => {
    expect(hourWindows(FAST, 0n)).toEqual({
      end: 1_012n,
      reportsUntil: 1_018n,
      verdictsUntil: 1_024n,
      finalUntil: 1_264n,
    });
  });
});

describe('phase of an hour', () => {
  const open = { final: false, reports: 2, decided: 1 };
  it('follows the windows', () => {
    expect(hourPhase(FAST, 0n, open, 1_011n)).toBe('running');
    expect(hourPhase(FAST, 0n, open, 1_012n)).toBe('voting');
    expect(hourPhase(FAST, 0n, open, 1_023n)).toBe('voting');
    expect(hourPhase(FAST, 0n, open, 1_024n)).toBe('fixed');
    expect(hourPhase(FAST, 0n, open, 1_263n)).toBe('fixed');
    expect(hourPhase(FAST, 0n, open, 1_264n)).toBe('void');
  });
  it('is fixed early once all is decided and no report can come', () => {
    const decided = { final: false, reports: 2, decided: 2 };
    expect(hourPhase(FAST, 0n, decided, 1_017n)).toBe('voting');
    expect(hourPhase(FAST, 0n, decided, 1_018n)).toBe('fixed');
  });
  it('stays final', () => {
    expect(hourPhase(FAST, 0n, { ...open, final: true }, 9_999n)).toBe('final');
  });
});

describe('quorum', () => {
  it('is more than two thirds', () => {
    expect([1, 2, 3].map((votes) => isQuorum(votes, 3))).toEqual([false, false, true]);
    expect(isQuorum(3, 4)).toBe(true);
    expect(isQuorum(14, 21)).toBe(false);
    expect(isQuorum(15, 21)).toBe(true);
    expect(canReachQuorum(1, 4)).toBe(true);
    expect(canReachQuorum(1, 3)).toBe(false);
  });
});
