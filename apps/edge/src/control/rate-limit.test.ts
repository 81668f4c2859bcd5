import { expect, it } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

it('lets a burst through, then the rate, for each key by itself', () => {
  const limit = createRateLimit({ perSecond: 10, burst: 3 });
  expect([1, 2, 3, 4].map(() => limit.take('a', 0))).toEqual([true, true, true, false]);
  expect(limit.take('b', 0)).toBe(true);
  expect(limit.take('a', 99)).toBe(false);
  expect(limit.take('a', 100)).toBe(true);
  expect(limit.take('a', 100)).toBe(false);
  expect([1, 2, 3, 4].map(() => limit.take('a', 10_000))).toEqual([true, true, true, false]);
});

it('does not grow without bound', () => {
  const limit = createRateLimit({ perSecond: 1, burst: 1 });
  expect(limit.take('first', 0)).toBe(true);
  for (let i = 0; i < 10_000; i += 1) limit.take(`k${i}`, 0);
  expect(limit.take('first', 0)).toBe(true);
});
