import { expect, it } from 'vitest';
import { seededNumbers } from './seeded-numbers.ts';

it('gives mulberry32 of a seed, the same again', () => {
  const next = seededNumbers(1);
  // Of the function as its author published it.
  expect([next(), next(), next()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  const [a, b] = [seededNumbers(7), seededNumbers(7)];
  for (let i = 0; i < 100; i += 1) {
    const number = a();
    expect(number).toBe(b());
    expect(number).toBeGreaterThanOrEqual(0);
    expect(number).toBeLessThan(1);
  }
  expect(seededNumbers(8)()).not.toBe(seededNumbers(7)());
});
