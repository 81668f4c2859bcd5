import { expect, test } from 'vitest';
import { createRoundTrips } from './round-trips.ts';

const EDGES = new Set(['a', 'b']);
const message = (...samples: readonly unknown[]): string => JSON.stringify({ samples });

test('of who measured the prefix is kept, and a mean for each edge', () => {
  const trips = createRoundTrips();
  expect(trips.take(message({ edge: 'a', ms: 10 }, { edge: 'b', ms: 50 }), '203.0.113.9', EDGES)).toBe(true);
  expect(trips.take(message({ edge: 'a', ms: 20 }), '::ffff:203.0.113.77', EDGES)).toBe(true);
  expect(trips.take(message({ edge: 'a', ms: 7.5 }), '2001:db8:1:2:3:4:5:6', EDGES)).toBe(true);
  expect(trips.close()).toEqual([
    { family: 4, prefix: Uint8Array.of(203, 0, 113, 0, 0, 0), edge: 'a', meanMs: 15, count: 2 },
    { family: 4, prefix: Uint8Array.of(203, 0, 113, 0, 0, 0), edge: 'b', meanMs: 50, count: 1 },
    { family: 6, prefix: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 1), edge: 'a', meanMs: 7.5, count: 1 },
  ]);
  expect(trips.close()).toEqual([]);
});

test.each([
  'x',
  'null',
  '{}',
  '{"samples":{}}',
  message(),
  message({ edge: 'a' }),
  message({ edge: 'c', ms: 1 }),
  message({ edge: 'a', ms: 0 }),
  message({ edge: 'a', ms: -1 }),
  message({ edge: 'a', ms: 2_001 }),
  message({ edge: 'a', ms: '1' }),
  message({ edge: 'a', ms: 1 }, null),
  message(...Array.from({ length: 9 }, () => ({ edge: 'a', ms: 1 }))),
  `${message({ edge: 'a', ms: 1 })}${' '.repeat(2_048)}`,
])('nothing is taken of %s', (body) => {
  const trips = createRoundTrips();
  expect(trips.take(body, '203.0.113.9', EDGES)).toBe(false);
  expect(trips.close()).toEqual([]);
});

test('one prefix weighs no more than it may, and a window holds so many pairs', () => {
  const trips = createRoundTrips();
  for (let i = 0; i < 100; i += 1) trips.add('203.0.113.9', 'a', 10);
  for (let i = 0; i < 5_000; i += 1) trips.add(`10.${i >> 8}.${i & 255}.1`, 'a', 10);
  const closed = trips.close();
  expect(closed).toHaveLength(4_096);
  expect(closed.find(({ prefix }) => prefix[0] === 203)?.count).toBe(32);
});
