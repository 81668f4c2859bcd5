import { describe, expect, it } from 'vitest';
import { GUILT, guilt } from './guilt.ts';
import type { Observation } from './guilt.ts';

const own = (wrong: boolean): Observation => ({ by: 'self', target: 'a', wrong });
const seen = (right: number, wrong: number): Observation[] => [
  ...Array.from({ length: right }, () => own(false)),
  ...Array.from({ length: wrong }, () => own(true)),
];
const guilty = (right: number, wrong: number): boolean => guilt(seen(right, wrong)).guilty;

const witness = (by: string, target: string, wrong: boolean): Observation => ({ by, target, wrong });

describe('guilt', () => {
  it('needs enough observations, however bad', () => {
    expect([1, 2, 3, 4].map((wrong) => guilty(0, wrong))).toEqual([false, false, false, true]);
    expect(guilt([])).toEqual({ guilty: false, observations: 0, wrong: 0, lowerPpm: 0 });
  });

  it('is not cleared by one right answer, nor by every second one', () => {
    expect(guilty(1, 5)).toBe(true);
    expect(guilty(3, 3)).toBe(true);
    expect(guilty(10, 10)).toBe(true);
  });

  it('is not found where single answers are wrong', () => {
    expect([4, 10, 100].map((right) => guilty(right, 1))).toEqual([false, false, false]);
    expect(guilty(96, 4)).toBe(false);
    expect(guilty(10_000, 450)).toBe(false);
  });

  it('is above the published share with the published confidence', () => {
    // Wilson, z = 2.576: 2 of 8 is 0.0506…, 2 of 9 is 0.0442…
    expect(guilt(seen(6, 2)).lowerPpm).toBeGreaterThan(GUILT.sharePpm);
    expect(guilt(seen(7, 2)).lowerPpm).toBeLessThan(GUILT.sharePpm);
  });

  it('counts a witness once a target, with its worst answer', () => {
    const shouting = Array.from({ length: 50 }, () => witness('w1', 'a', true));
    expect(guilt(shouting)).toMatchObject({ guilty: false, observations: 1, wrong: 1 });
    expect(guilt([...shouting, witness('w1', 'a', false)])).toMatchObject({ observations: 1, wrong: 1 });
    const four = ['w1', 'w2', 'w3', 'w4'].map((by) => witness(by, 'a', true));
    expect(guilt(four).guilty).toBe(true);
    expect(guilt([witness('w1', 'a', true), witness('w1', 'b', true)]).observations).toBe(2);
  });
});
