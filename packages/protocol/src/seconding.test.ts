import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lowerPpm, mayBeOneOrigin, secondingOf, trimmedPool } from './seconding.ts';
import type { PublisherSight, Sight } from './seconding.ts';

const of = (publisher: string, looks: number, wrong: number): PublisherSight => ({
  publisher,
  looks,
  wrong,
});
const sight = (looks: number, wrong: number): Sight => ({ looks, wrong });

/** Likelihood of fewer than three wrong answers: binomial. */
const missed = (looks: number, share: number): number => {
  const none = (1 - share) ** looks;
  const one = looks * share * (1 - share) ** (looks - 1);
  const two = ((looks * (looks - 1)) / 2) * share ** 2 * (1 - share) ** (looks - 2);
  return none + one + two;
};

test('one wrong answer, or two, convict nobody; three of a thousand do', () => {
  expect(secondingOf(sight(4, 1), [], 4).kind).toBe('unsure');
  expect(secondingOf(sight(4, 2), [], 4).kind).toBe('unsure');
  expect(secondingOf(sight(1_000, 3), [], 4)).toEqual({ kind: 'guilty', by: 'own' });
  expect(lowerPpm(sight(1_000, 3))).toBeGreaterThan(500);
  expect(secondingOf(sight(100_000, 3), [], 4).kind).toBe('unsure');
});

test('a third of the guards that lie convict nobody, whatever they say', () => {
  const guard = fc.record({ looks: fc.nat(10_000), wrong: fc.nat(10_000) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 21 }),
      fc.array(guard, { maxLength: 21 }),
      fc.nat(1_000),
      (size, said, own) => {
        const liars = said.slice(0, Math.floor((size - 1) / 3));
        const honest = Array.from({ length: size - 1 - liars.length }, () => sight(own, 0));
        expect(secondingOf(sight(own, 0), [...liars, ...honest], size, liars[0]).kind).not.toBe('guilty');
      },
    ),
  );
});

test('what others saw counts for a guard that has looked itself and seen nothing against it', () => {
  const others = [sight(40, 2), sight(40, 2), sight(40, 2)];
  expect(trimmedPool(others, 4)).toEqual(sight(80, 4));
  expect(secondingOf(sight(40, 1), others, 4)).toEqual({ kind: 'guilty', by: 'pool' });
  expect(secondingOf(sight(20, 0), others, 4)).toEqual({ kind: 'guilty', by: 'pool' });
  expect(secondingOf(sight(0, 0), others, 4).kind).toBe('unsure');
  expect(secondingOf(sight(2_000, 0), [sight(40, 30), sight(40, 30), sight(40, 30)], 4).kind).toBe('unsure');
});

test('an accuser whom the own looks contradict is not upheld, and one whom they may have missed is not rejected', () => {
  const accuser = sight(4, 4);
  expect(secondingOf(sight(20, 0), [accuser], 4, accuser).kind).toBe('innocent');
  expect(secondingOf(sight(3, 0), [accuser], 4, accuser).kind).toBe('unsure');
  const careful = sight(200, 4);
  expect(secondingOf(sight(60, 0), [careful], 4, careful).kind).toBe('unsure');
  expect(secondingOf(sight(60, 1), [accuser], 4, accuser).kind).toBe('unsure');
});

test('one wrong answer in 20 is found within 200 looks and one in 100 within 1,000, in 99 of 100 cases', () => {
  expect(missed(200, 0.05)).toBeLessThan(0.01);
  expect(missed(1_000, 0.01)).toBeLessThan(0.01);
  for (const wrong of [3, 10, 50]) {
    expect(secondingOf(sight(200, wrong), [], 4).kind).toBe('guilty');
    expect(secondingOf(sight(1_000, wrong), [], 4).kind).toBe('guilty');
  }
});

test('what one publisher alone shows wrong may be its origin’s doing, where the edge was right elsewhere', () => {
  const [framing, other] = [of('a', 40, 40), of('b', 8, 0)];
  expect(mayBeOneOrigin([framing, other], ['a', 'a', 'a'], 4, true)).toBe(true);
  // Nothing to compare with: as far as anybody has looked, the edge is wrong everywhere.
  expect(mayBeOneOrigin([framing], ['a', 'a', 'a'], 4, false)).toBe(false);
  expect(mayBeOneOrigin([framing, of('b', 7, 0)], [], 4, false)).toBe(false);
  // Where there is something to look at elsewhere, it is looked at first; where nothing comes of that, there is nothing to be seen.
  expect(mayBeOneOrigin([framing], [], 4, true)).toBe(true);
  expect(mayBeOneOrigin([of('a', 60, 60)], [], 4, true)).toBe(false);
  expect(mayBeOneOrigin([framing, of('b', 8, 1)], [], 4, true)).toBe(false);
  // One of four guards may lie, two of four do not both.
  expect(mayBeOneOrigin([framing, other], ['a', 'b'], 4, true)).toBe(true);
  expect(mayBeOneOrigin([framing, other], ['b', 'b'], 4, true)).toBe(false);
  // A guard that saw nothing wrong itself goes by what most are told to have seen.
  expect(mayBeOneOrigin([of('a', 4, 0), other], ['a', 'a', 'b'], 4, true)).toBe(true);
  expect(mayBeOneOrigin([of('a', 4, 0), other], ['a', 'b', 'c'], 4, true)).toBe(false);
  expect(mayBeOneOrigin([of('a', 40, 0), other], [], 4, true)).toBe(false);
});
