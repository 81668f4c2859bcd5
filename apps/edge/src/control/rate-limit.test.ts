import { expect, it } from 'vitest';
import { callerOf, createRateLimit } from './rate-limit.ts';

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

it('takes the network of an IPv6 address for one caller', () => {
  expect(callerOf('192.0.2.1')).toBe('192.0.2.1');
  expect(callerOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(callerOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(callerOf('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
  expect(callerOf('2001:db8::9')).toBe('2001:db8:0:0::/64');
  expect(callerOf('::1')).toBe('0:0:0:0::/64');
});
