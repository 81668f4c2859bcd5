import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createProbeBudget } from './probe-budget.ts';

const HOURLY = 65_536;

it('gives a whole first look, then its part of an hourly amount', () => {
  const budget = createProbeBudget(HOURLY);
  budget.share(4);
  expect(budget.room('e', 'r', 10n)).toBe(HOURLY);
  budget.spend('e', 'r', 10n, HOURLY);
  expect(budget.room('e', 'r', 10n)).toBe(0);
  expect(budget.room('e', 'other', 10n)).toBe(0);
  expect(budget.room('e', 'r', 11n)).toBe(HOURLY / 4);
  expect(budget.room('e', 'r', 13n)).toBe((3 * HOURLY) / 4);
});

it('never has guards take more together than the amount an hour, but for the first look', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 21 }),
      fc.array(
        fc.record({ hours: fc.integer({ min: 0, max: 3 }), bytes: fc.integer({ min: 1, max: 2_000_000 }) }),
      ),
      (guards, steps) => {
        const budget = createProbeBudget(HOURLY);
        budget.share(guards);
        let hour = 0n;
        let taken = 0;
        for (const { hours, bytes } of steps) {
          hour += BigInt(hours);
          const spent = Math.min(bytes, budget.room('e', 'r', hour));
          budget.spend('e', 'r', hour, spent);
          taken += spent;
          expect(taken).toBeLessThanOrEqual(HOURLY + (Number(hour) * HOURLY) / guards);
        }
      },
    ),
  );
});

it('gives a part of the traffic where there is much', () => {
  const budget = createProbeBudget(HOURLY);
  budget.share(2);
  budget.note('e', 'r', 10n, 10_000_000_000n);
  expect(budget.room('e', 'r', 11n)).toBe(50_000_000);
  // The same hour is not counted twice.
  budget.note('e', 'r', 10n, 10_000_000_000n);
  expect(budget.room('e', 'r', 11n)).toBe(50_000_000);
  budget.spend('e', 'r', 11n, 49_990_000);
  expect(budget.room('e', 'r', 11n)).toBe(HOURLY);
  expect(budget.room('e', 'quiet', 11n)).toBe(HOURLY);
});

it('has room for an inquiry where an answer was wrong, in that hour and the next', () => {
  const budget = createProbeBudget(HOURLY);
  budget.share(1);
  budget.room('e', 'r', 10n);
  budget.spend('e', 'r', 10n, HOURLY);
  expect([budget.room('e', 'r', 10n), budget.isSuspect('e', 'r', 10n)]).toEqual([0, false]);
  budget.suspect('e', 'r', 10n);
  expect(budget.room('e', 'r', 10n)).toBeGreaterThan(2 ** 20);
  expect(budget.room('other', 'r', 10n)).toBe(HOURLY);
  const before = budget.room('e', 'r', 10n);
  budget.spend('e', 'r', 10n, 1_000);
  // Said again: not more.
  budget.suspect('e', 'r', 10n);
  expect(budget.room('e', 'r', 10n)).toBe(before - 1_000);
  expect([11n, 12n].map((hour) => budget.isSuspect('e', 'r', hour))).toEqual([true, false]);
  budget.forgetBefore(11n);
  expect(budget.isSuspect('e', 'r', 10n)).toBe(false);
});
