import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryReveals, reveal } from '../test/hour-facts.ts';
import { decideReports, disputeTest, rightGuards } from './decide-reports.ts';
import type { Decision, Reveal } from './decide-reports.ts';
import type { Level } from './verdict.ts';

const said = (levels: readonly Level[]): Decision | undefined =>
  decideReports(
    1,
    levels.map((level, no) => reveal(no, [level])),
    levels.length,
  )[0];

const harsher = (each: Reveal): Reveal => ({
  ...each,
  levels: each.levels.map((level) => (level === 1 ? 2 : level === 2 ? 3 : level)),
});

describe('decision of a report', () => {
  it('is that of more than half of those who judged it', () => {
    expect(said([1, 1, 3])).toBe('full');
    expect(said([1, 3, 3])).toBe('rejected');
    expect(said([1, 3])).toBe('full');
    expect(said([1, 2, 3])).toBe('vouched');
    expect(said([2, 3])).toBe('vouched');
    expect(said([2, 2, 1])).toBe('vouched');
    expect(said([3, 0, 0, 0])).toBe('rejected');
    expect(said([1, 0, 0, 0])).toBe('full');
  });

  it('is rejection where nobody judged it', () => {
    expect(said([0, 0])).toBe('rejected');
    expect(decideReports(2, [reveal(1, [1])], 1)).toEqual(['full', 'rejected']);
    // A malformed payload says nothing.
    expect(decideReports(1, [reveal(1, [])], 1)).toEqual(['rejected']);
  });

  it('is for vouched bytes where no more than half of the set has revealed: few do not speak for many', () => {
    expect(decideReports(2, [], 3)).toEqual(['vouched', 'vouched']);
    expect(decideReports(1, [reveal(1, [3])], 2)).toEqual(['vouched']);
    expect(decideReports(1, [reveal(1, [3]), reveal(2, [3])], 3)).toEqual(['rejected']);
    const at = { report: 0, entry: 0 };
    expect(disputeTest([reveal(1, [1], { disputes: [at] })], 2)(at)).toBe(false);
    expect(disputeTest([reveal(1, [1], { disputes: [at, at] })], 1)(at)).toBe(true);
  });

  it('moves one way with each guard: a level up or down never turns it the other way', () => {
    const rank: Readonly<Record<Decision, number>> = { full: 1, vouched: 2, rejected: 3 };
    fc.assert(
      fc.property(arbitraryReveals, fc.nat(), (reveals, pick) => {
        fc.pre(reveals.length > 0);
        const at = pick % reveals.length;
        const before = decideReports(4, reveals, reveals.length);
        const after = decideReports(
          4,
          reveals.map((each, i) => (i === at ? harsher(each) : each)),
          reveals.length,
        );
        before.forEach((decision, i) => {
          expect(rank[after[i] ?? 'full']).toBeGreaterThanOrEqual(rank[decision]);
        });
      }),
    );
  });
});

describe('right guards', () => {
  const decisions = Array.from({ length: 20 }, (): Decision => 'full');
  const all = (change: Readonly<Record<number, Level>> = {}): Level[] =>
    decisions.map((_, i) => change[i] ?? 1);

  it('judged nine in ten, and are away from at most one in twenty', () => {
    const reveals = [
      reveal(9, all()),
      reveal(4, all({ 0: 3 })),
      reveal(5, all({ 0: 3, 1: 2 })),
      reveal(6, all({ 0: 0, 1: 0 })),
      reveal(7, all({ 0: 0, 1: 0, 2: 0 })),
      // 18 judged: one is more than a twentieth of them.
      reveal(8, all({ 0: 0, 1: 0, 2: 3 })),
    ];
    expect(rightGuards(decisions, reveals, 6)).toEqual([4, 6, 9]);
  });

  it('held the entries and knew the hour before: a copy does not', () => {
    const reveals = [
      reveal(1, all()),
      reveal(2, all(), { holdingRight: false }),
      reveal(3, all(), { prevRight: false }),
    ];
    expect(rightGuards(decisions, reveals, 3)).toEqual([1]);
  });

  it('are none where reveals decide nothing', () => {
    expect(rightGuards(decisions, [reveal(1, all())], 2)).toEqual([]);
  });
});
