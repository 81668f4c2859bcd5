import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_REPUTATION, reputationOf } from './reputation.ts';
import type { ReputationFact, ReputationKind } from './reputation.ts';

const fact = (hour: bigint, kind: ReputationKind = 'full'): ReputationFact => ({
  hour,
  kind,
  evidence: `report of ${hour}`,
});
const week = (kind: ReputationKind = 'full'): ReputationFact[] =>
  Array.from({ length: 168 }, (_, i) => fact(BigInt(i), kind));

test('a new edge has none, a week of full hours makes 633, and no edge has more than 1,000', () => {
  expect(reputationOf([], 5n)).toEqual({ score: 0, points: [] });
  expect(reputationOf(week(), 167n).score).toBe(633);
  const year = Array.from({ length: 8_760 }, (_, i) => fact(BigInt(i)));
  expect(reputationOf(year, 8_759n).score).toBeGreaterThan(990);
  expect(reputationOf(year, 8_759n).score).toBeLessThanOrEqual(MAX_REPUTATION);
});

test('each point is there to be looked up, and they add up to the score', () => {
  const { score, points } = reputationOf([...week(), fact(160n, 'rejected'), fact(161n, 'disputed')], 167n);
  expect(points).toHaveLength(170);
  expect(points[0]).toEqual({ ...fact(167n), points: 1, left: 1_000_000n });
  const sum = points.reduce((total, { left }) => total + left, 0n);
  expect(score).toBe(Number((sum * 1_000n) / 168_000_000n));
  expect(score).toBeLessThan(633 - 150);
});

test('a slashed edge has none for weeks, a removed one less than it had, and all of it passes', () => {
  expect(reputationOf([...week(), fact(167n, 'slashed')], 167n).score).toBe(0);
  expect(reputationOf([...week(), fact(167n, 'removed')], 167n).score).toBe(0);
  expect(
    reputationOf([fact(0n, 'removed'), ...week().map((each) => fact(each.hour + 700n))], 867n).score,
  ).toBe(627);
});

test('what is good never lowers it and what is bad never raises it, in any order', () => {
  const kinds: readonly ReputationKind[] = ['full', 'vouched', 'rejected', 'disputed', 'removed', 'slashed'];
  const some = fc.record({ hour: fc.bigInt(0n, 400n), kind: fc.constantFrom(...kinds) });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 40 }), some, (facts, more) => {
      const all = facts.map(({ hour, kind }) => fact(hour, kind));
      const before = reputationOf(all, 400n).score;
      const after = reputationOf([fact(more.hour, more.kind), ...all], 400n).score;
      if (more.kind === 'full' || more.kind === 'vouched') expect(after).toBeGreaterThanOrEqual(before);
      else expect(after).toBeLessThanOrEqual(before);
      expect(reputationOf(all.toReversed(), 400n).score).toBe(before);
    }),
  );
});
