import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMyTurn, placeOf } from './duty.ts';

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 21 });

it('gives each guard of a set a place of its own, in any turn and whatever the order or gaps of numbers', () => {
  fc.assert(
    fc.property(numbers, fc.bigInt({ min: 0n, max: 1n << 40n }), (list, turn) => {
      const places = list.map((no) => placeOf(list, no, turn));
      expect(new Set(places).size).toBe(list.length);
      expect(list.map((no) => placeOf(list.toReversed(), no, turn))).toEqual(places);
    }),
  );
});

it('gives each guard the first place in some turn', () => {
  fc.assert(
    fc.property(numbers, (list) => {
      for (const no of list) expect(list.some((_, turn) => placeOf(list, no, BigInt(turn)) === 0)).toBe(true);
    }),
  );
});

it('has no place for strangers', () => {
  expect(placeOf([1, 2], 3, 0n)).toBeUndefined();
  expect(isMyTurn([1, 2], 3, 0n, { now: 1_000n, since: 0n, stepSecs: 1n })).toBe(false);
});

it('lets everybody act once the longest wait is over', () => {
  fc.assert(
    fc.property(numbers, fc.bigInt({ min: 0n, max: 100n }), (list, turn) => {
      const now = 5n * BigInt(list.length);
      for (const no of list) expect(isMyTurn(list, no, turn, { now, since: 0n, stepSecs: 5n })).toBe(true);
    }),
  );
});
