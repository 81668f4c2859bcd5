import { createManualClock } from '@media-network/runtime/testing';
import { expect, test } from 'vitest';
import { createLimiter } from './limiter.ts';

const pace = { rate: { count: 2, seconds: 1 }, burst: 3 };

test('lets a burst through, then one each time that one is due', () => {
  const clock = createManualClock();
  const limiter = createLimiter({ clock });
  expect([1, 2, 3].map(() => limiter.waitMs('a', pace))).toEqual([0, 0, 0]);
  expect(limiter.waitMs('a', pace)).toBe(500);
  // What is refused does not count.
  expect(limiter.waitMs('a', pace)).toBe(500);
  clock.advance(499);
  expect(limiter.waitMs('a', pace)).toBe(1);
  clock.advance(1);
  expect(limiter.waitMs('a', pace)).toBe(0);
  expect(limiter.waitMs('a', pace)).toBe(500);
});

test('counts each key for itself, and forgets the oldest of very many', () => {
  const clock = createManualClock();
  const limiter = createLimiter({ clock });
  const one = { rate: { count: 1, seconds: 3_600 }, burst: 1 };
  expect(limiter.waitMs('a', one)).toBe(0);
  expect(limiter.waitMs('b', one)).toBe(0);
  expect(limiter.waitMs('a', one)).toBeGreaterThan(0);
  for (let i = 0; i < 200_000; i += 1) limiter.waitMs(`x${i}`, one);
  expect(limiter.waitMs('x199999', one)).toBeGreaterThan(0);
  expect(limiter.waitMs('a', one)).toBe(0);
});
