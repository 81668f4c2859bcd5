import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agreedShare,
  mayBurst,
  projectedBytes,
  quotaBytes,
  quotaShares,
  recordedMonth,
  shareGrant,
} from './quota-shares.ts';
import type { EdgeDemand } from './quota-shares.ts';

const MAX = 10n ** 15n;
const anyBudget = fc.bigInt({ min: 0n, max: MAX });
const anyDemands = fc
  .array(fc.bigInt({ min: 0n, max: 2n * MAX }), { minLength: 1, maxLength: 60 })
  .map((all) => all.map((bytes, i): EdgeDemand => ({ edge: `edge ${i}`, bytes })));
/** 40 samples of the second month of as many, and what is before and after it. */
const ring = (...rates: number[]) => ({
  head: 60n,
  tail: Array.from({ length: 90 }, (_, i) => rates[i - 40] ?? 0),
});
const sum = (all: Iterable<bigint>): bigint => [...all].reduce((total, each) => total + each, 0n);

describe('what a sample holds', () => {
  it('is the quota in bytes', () => {
    expect(quotaBytes(1_000, 300)).toBe(37_500_000n);
    expect(quotaBytes(1, 1)).toBe(125n);
    expect(quotaBytes(0, 300)).toBe(0n);
  });

  it('is ten times as much until a twentieth of the month was above it', () => {
    const periods = { monthSlots: 40 };
    const above = (...rates: number[]) =>
      recordedMonth(periods, ring(...rates), { month: 1n, quotaKbps: 100 }).above;
    expect(above(100, 100, 100)).toBe(0);
    expect(above(101, 0, 102)).toBe(2);
    expect([0, 1, 2, 3].map((each) => mayBurst(periods, each))).toEqual([true, true, false, false]);
    // Another month has samples of its own.
    expect(recordedMonth(periods, ring(101), { month: 2n, quotaKbps: 100 })).toEqual({
      month: 2n,
      head: 60n,
      quotaKbps: 100,
      above: 0,
    });
    // Nobody bursts where a month has no twentieth.
    expect(mayBurst({ monthSlots: 19 }, 0)).toBe(false);
  });
});

describe('what a sample will have', () => {
  it('goes on as it began, from a quarter of it on', () => {
    expect(projectedBytes(1_000n, 74n, 300n)).toBe(1_000n);
    expect(projectedBytes(1_000n, 75n, 300n)).toBe(4_000n);
    expect(projectedBytes(1_000n, 150n, 300n)).toBe(2_000n);
    expect(projectedBytes(1_000n, 299n, 300n)).toBe(1_003n);
    expect(projectedBytes(1_000n, 300n, 300n)).toBe(1_000n);
    expect(projectedBytes(1_000n, 0n, 1n)).toBe(1_000n);
  });
});

describe('shares', () => {
  it('never come to more than the budget, with what is kept for those who come later', () => {
    fc.assert(
      fc.property(anyBudget, anyDemands, (budget, demands) => {
        const { shares, reserve } = quotaShares(budget, demands);
        const given = sum(shares.values());
        expect(given + reserve).toBeLessThanOrEqual(budget);
        // Nothing but remainders is lost.
        expect(given + reserve).toBeGreaterThan(budget - BigInt(demands.length) - 1n);
        let left = reserve;
        for (let i = 0; i < 100; i += 1) {
          const grant = shareGrant(left, i);
          expect(grant).toBeLessThanOrEqual(left);
          left -= grant;
        }
      }),
    );
  });

  it('starve nobody', () => {
    fc.assert(
      fc.property(anyBudget, anyDemands, (budget, demands) => {
        const divided = budget - budget / 8n;
        const floor = divided / (9n * BigInt(demands.length));
        for (const share of quotaShares(budget, demands).shares.values())
          expect(share).toBeGreaterThanOrEqual(floor);
      }),
    );
  });

  it('are larger for who is asked more, and rise with what an edge is asked', () => {
    fc.assert(
      fc.property(
        anyBudget,
        anyDemands,
        fc.nat(59),
        fc.bigInt({ min: 0n, max: MAX }),
        (budget, demands, at, more) => {
          const { shares } = quotaShares(budget, demands);
          for (const a of demands)
            for (const b of demands)
              if (a.bytes <= b.bytes)
                expect(shares.get(a.edge) ?? 0n).toBeLessThanOrEqual(shares.get(b.edge) ?? 0n);
          const which = at % demands.length;
          const raised = demands.map((each, i) =>
            i === which ? { ...each, bytes: each.bytes + more } : each,
          );
          const after = quotaShares(budget, raised).shares;
          for (const [i, { edge }] of demands.entries()) {
            const [before, now] = [shares.get(edge) ?? 0n, after.get(edge) ?? 0n];
            if (i === which) expect(now).toBeGreaterThanOrEqual(before);
            else expect(now).toBeLessThanOrEqual(before);
          }
        },
      ),
    );
  });

  it('are the same whatever the order', () => {
    fc.assert(
      fc.property(anyBudget, anyDemands, fc.nat(59), (budget, demands, turn) => {
        const turned = [...demands.slice(turn), ...demands.slice(0, turn)].toReversed();
        // Maps are equal whatever the order of their entries.
        expect(quotaShares(budget, turned)).toEqual(quotaShares(budget, demands));
      }),
    );
  });

  it('differ between two guards by twice of what they see differently, at the most', () => {
    const part = 16n;
    fc.assert(
      fc.property(
        anyBudget,
        anyDemands,
        fc.array(fc.bigInt({ min: 0n, max: 1_000n }), { minLength: 60, maxLength: 60 }),
        (budget, demands, draws) => {
          // Each demand up to a sixteenth higher.
          const other = demands.map((each, i) => ({
            ...each,
            bytes: each.bytes + (each.bytes * (draws[i] ?? 0n)) / (1_000n * part),
          }));
          const [a, b] = [quotaShares(budget, demands).shares, quotaShares(budget, other).shares];
          for (const { edge } of demands) {
            const [x, y] = [a.get(edge) ?? 0n, b.get(edge) ?? 0n];
            expect((y > x ? y - x : x - y) * part).toBeLessThanOrEqual(2n * x + 2n * part);
          }
        },
      ),
    );
  });

  it('go where the viewers are within a few samples, from whatever was before', () => {
    // A hundred edges, all viewers come to one of them.
    const budget = 1_000_000n;
    let share = quotaShares(
      budget,
      Array.from({ length: 100 }, (_, i) => ({ edge: `${i}`, bytes: 0n })),
    ).shares;
    const risen: bigint[] = [];
    for (let sample = 0; sample < 6; sample += 1) {
      const served = share.get('7') ?? 0n;
      risen.push(served);
      share = quotaShares(
        budget,
        Array.from({ length: 100 }, (_, i) => ({ edge: `${i}`, bytes: i === 7 ? served : 0n })),
      ).shares;
    }
    expect(risen[0]).toBeLessThan(budget / 100n);
    expect(risen[5]).toBeGreaterThan((budget * 7n) / 10n);
  });

  it('are equal in the end for edges that all use up theirs, one that only says so among them', () => {
    const budget = 1_000_000n;
    let demands = [
      { edge: 'a', bytes: 700_000n },
      { edge: 'b', bytes: 10n },
      { edge: 'c', bytes: 0n },
    ];
    for (let sample = 0; sample < 60; sample += 1)
      demands = [...quotaShares(budget, demands).shares].map(([edge, bytes]) => ({ edge, bytes }));
    for (const { bytes } of demands) expect(Number(bytes)).toBeCloseTo(875_000 / 3, -4);
  });

  it('leave all to those who come where nobody was there', () => {
    expect(quotaShares(800n, [])).toEqual({ shares: new Map(), reserve: 800n });
    expect(shareGrant(800n, 0)).toBe(200n);
    expect(shareGrant(600n, 1)).toBe(120n);
    expect([...quotaShares(0n, [{ edge: 'a', bytes: 5n }]).shares]).toEqual([['a', 0n]]);
  });
});

describe('what guards agree on', () => {
  it('is the lower median, the silent being the highest', () => {
    expect(agreedShare([3n, 1n, 2n], 3)).toBe(2n);
    expect(agreedShare([1n, 2n], 3)).toBe(2n);
    expect(agreedShare([5n], 3)).toBeUndefined();
    expect(agreedShare([5n], 2)).toBe(5n);
    expect(agreedShare([5n], 1)).toBe(5n);
    expect(agreedShare([], 1)).toBeUndefined();
    expect(agreedShare([], 0)).toBeUndefined();
    expect(agreedShare([4n, 3n, 2n, 1n], 4)).toBe(2n);
  });

  it('stays among what the honest say while less than half are silent or absurd', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 100n, max: 200n }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.oneof(fc.constant(undefined), fc.constant(0n), fc.constant(MAX)), { maxLength: 20 }),
        (honest, others) => {
          fc.pre(others.length < honest.length);
          const said = [...honest, ...others.filter((each) => each !== undefined)];
          const share = agreedShare(said, honest.length + others.length);
          expect(share).toBeGreaterThanOrEqual(honest.reduce((a, b) => (a < b ? a : b)));
          expect(share).toBeLessThanOrEqual(honest.reduce((a, b) => (a > b ? a : b)));
        },
      ),
    );
  });
});
