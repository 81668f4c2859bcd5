import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canReachQuorum, isMajority, isQuorum } from './quorum.ts';
import {
  baseHour,
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
import type { HourPhase, HourProgress, Periods } from './time.ts';

const FAST: Periods = {
  epochZero: 1_000n,
  sampleSecs: 1,
  reportSlots: 6,
  commitSlots: 9,
  verdictSlots: 12,
  finalHours: 20,
  lateHours: 30,
  hoursPerWeek: 10,
  monthSlots: 100,
};
const periods = fc.record({
  epochZero: fc.bigInt({ min: 0n, max: 2n ** 33n }),
  sampleSecs: fc.integer({ min: 1, max: 86_400 }),
  reportSlots: fc.integer({ min: 1, max: 10 }),
  commitSlots: fc.integer({ min: 11, max: 50 }),
  verdictSlots: fc.integer({ min: 51, max: 100 }),
  finalHours: fc.integer({ min: 1, max: 100 }),
  lateHours: fc.integer({ min: 1, max: 100 }),
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
      commitsUntil: 1_021n,
      revealsUntil: 1_024n,
      finalUntil: 1_264n,
      lateUntil: 1_624n,
    });
  });
});

describe('phase of an hour', () => {
  const open = { final: false, commits: 2, reveals: 1, setCount: 3 };
  const phase = (at: bigint, hour: HourProgress | undefined = open): HourPhase =>
    hourPhase(FAST, 0n, hour, at);

  it('follows the windows', () => {
    const seen = [1_011n, 1_012n, 1_017n, 1_018n, 1_020n, 1_021n, 1_023n, 1_024n, 1_263n].map((at) =>
      phase(at),
    );
    expect(seen).toEqual([
      'running',
      'reporting',
      'reporting',
      'committing',
      'committing',
      'revealing',
      'revealing',
      'deciding',
      'deciding',
    ]);
    expect([1_264n, 1_623n, 1_624n].map((at) => phase(at))).toEqual(['late', 'late', 'void']);
  });

  it('is further as soon as the whole set has done its part', () => {
    const committed = { ...open, commits: 3 };
    const revealed = { ...committed, reveals: 3 };
    expect(phase(1_017n, committed)).toBe('reporting');
    expect(phase(1_018n, committed)).toBe('revealing');
    expect(phase(1_018n, revealed)).toBe('deciding');
    expect(phase(1_017n, revealed)).toBe('reporting');
    expect(phase(1_018n, { ...open, commits: 0, reveals: 0, setCount: 0 })).toBe('committing');
  });

  it('stays final, and is void where nothing was reported', () => {
    expect(phase(9_999n, { ...open, final: true })).toBe('final');
    expect(hourPhase(FAST, 0n, undefined, 1_018n)).toBe('committing');
    expect(hourPhase(FAST, 0n, undefined, 9_999n)).toBe('void');
  });
});

describe('the hour that an hour builds on', () => {
  const finals = [
    { hour: 5n, finalAt: 0n },
    { hour: 7n, finalAt: hourWindows(FAST, 9n).reportsUntil - 1n },
    { hour: 8n, finalAt: hourWindows(FAST, 9n).reportsUntil },
    { hour: 9n, finalAt: 0n },
  ];
  it('is the newest earlier one that was final before its report window ended', () => {
    expect(baseHour(FAST, 9n, finals)?.hour).toBe(7n);
    expect(baseHour(FAST, 9n, finals.toReversed())?.hour).toBe(7n);
    expect(baseHour(FAST, 10n, finals)?.hour).toBe(9n);
    expect(baseHour(FAST, 5n, finals)).toBeUndefined();
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

describe('majority', () => {
  it('is more than half', () => {
    expect([1, 2, 3].map((votes) => isMajority(votes, 4))).toEqual([false, false, true]);
    expect(isMajority(0, 0)).toBe(false);
  });
});
