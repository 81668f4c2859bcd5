import { expect, it } from 'vitest';
import { createProbeTotals, saidHit } from './probe-totals.ts';

const probe = { edge: 'e', host: 'h', path: '/a', kind: 'hit', bytes: 5, atMs: 1 } as const;

it('sums by edge, site and path, and remembers since when', () => {
  const totals = createProbeTotals();
  totals.add(probe);
  totals.add({ ...probe, kind: 'miss', atMs: 3 });
  totals.add({ ...probe, kind: 'error', atMs: 4 });
  totals.add({ ...probe, host: 'other' });
  expect(totals.all()).toEqual([
    {
      edge: 'e',
      host: 'h',
      path: '/a',
      requests: 3,
      hits: 1,
      errors: 1,
      bytes: 15,
      hitBytes: 5,
      firstMs: 1,
      lastMs: 4,
    },
    expect.objectContaining({ host: 'other', requests: 1 }),
  ]);
});

it('tells only so many paths apart, and loses no request', () => {
  const totals = createProbeTotals(2);
  for (const path of ['/a', '/b', '/c', '/d', '/a']) totals.add({ ...probe, path });
  expect(totals.all().map(({ path, requests }) => [path, requests])).toEqual([
    ['/a', 2],
    ['/b', 1],
    ['', 2],
  ]);
});

it.each([
  ['medianet; hit; ttl=5', true],
  ['"a, b"; fwd=miss, medianet; hit', true],
  ['medianet; fwd=stale; fwd-status=304; stored', true],
  ['up; hit, medianet; fwd=miss; fwd-status=200; stored', false],
  ['medianet; fwd=uri-miss', false],
  ['up; hit', false],
  [undefined, false],
])('%s: from the cache of the edge: %s', (field, hit) => {
  expect(saidHit(field)).toBe(hit);
});
