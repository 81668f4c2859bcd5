import { expect, test } from 'vitest';
import type { Ended } from './serve/access-log.ts';
import { createTraffic } from './traffic.ts';

// Traffic reads host and target of a request, and nothing else.
const ended = (target: string, change: Partial<Ended>): Ended => ({
  visit: { id: '1', startedAtMs: 0, request: { host: 'a.test', target } as Ended['visit']['request'] },
  status: 200,
  outcome: 'miss',
  phase: 'deliver',
  reason: undefined,
  bytes: 100,
  firstByteMs: 30,
  ...change,
});

test('counts hosts, paths, hits and errors, and the time to the first byte', () => {
  const traffic = createTraffic(
    () => 7,
    (host) => host,
  );
  traffic.hit('a.test', '/x?q=1', 50);
  traffic.ended(ended('/x?q=2', {}));
  traffic.ended(ended('/y', { outcome: 'revalidated', firstByteMs: 3 }));
  traffic.ended(
    ended('/y', {
      outcome: 'origin-failed',
      status: 502,
      reason: 'edge/origin-timeout',
      firstByteMs: 99_999,
    }),
  );
  traffic.ended(ended('/.well-known/x', { outcome: 'own' }));
  const seen = traffic.snapshot();
  expect(seen.sinceMs).toBe(7);
  expect(seen.hosts).toEqual([
    { host: 'a.test', requests: 4, hits: 2, bytes: 350, hitBytes: 150, errors: 1 },
  ]);
  expect(seen.paths).toEqual([
    { host: 'a.test', path: '/x', requests: 2, hits: 1, bytes: 150 },
    { host: 'a.test', path: '/y', requests: 2, hits: 1, bytes: 200 },
  ]);
  expect(seen.errors).toEqual([{ code: 'edge/origin-timeout', count: 1 }]);
  expect(seen.firstByte).toEqual([1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test('what strangers ask for does not fill the memory, and what is asked for most stays', () => {
  const traffic = createTraffic(
    () => 0,
    (host) => host,
  );
  for (let i = 0; i < 20; i += 1) traffic.hit('a.test', '/popular', 1);
  for (let i = 0; i < 10_000; i += 1) traffic.hit(`h${i}.test`, `/${i}`, 1);
  const seen = traffic.snapshot();
  expect(seen.hosts.length).toBeLessThanOrEqual(1_000);
  expect(seen.paths).toHaveLength(50);
  expect(seen.paths[0]).toMatchObject({ path: '/popular', requests: 20 });
});
