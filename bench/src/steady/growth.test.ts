import { expect, it } from 'vitest';
import { growthOf } from './growth.ts';
import type { Sample } from './growth.ts';

const MIB = 2 ** 20;

const samples = (rssBytesAt: (share: number) => number): Sample[] =>
  Array.from({ length: 100 }, (_, i) => ({
    atMs: i * 1_000,
    rssBytes: rssBytesAt(i / 100),
    descriptors: 30 + (i % 7),
  }));

it.each([
  ['it fills its caches and stays', (share: number) => Math.min(share * 5, 1) * 200 * MIB, true],
  ['it swings', (share: number) => (200 + 30 * Math.sin(share * 60)) * MIB, true],
  ['a peak is no growth', (share: number) => (share > 0.5 && share < 0.6 ? 900 : 200) * MIB, true],
  ['it grows all the time', (share: number) => (200 + share * 100) * MIB, false],
  ['it grows late', (share: number) => (share > 0.75 ? 260 : 200) * MIB, false],
])('%s', (_name, rssBytesAt, ok) => {
  expect(growthOf(samples(rssBytesAt), 30, 30).ok).toBe(ok);
});

it('counts what is left open, and what was open at most', () => {
  const level = samples(() => 200 * MIB);
  expect(growthOf(level, 30, 38)).toMatchObject({ ok: true, peakDescriptors: 36, descriptorsAfter: 38 });
  expect(growthOf(level, 30, 39).ok).toBe(false);
});

it('judges nothing by too few samples', () => {
  expect(growthOf(samples(() => 1).slice(0, 4), 1, 1).ok).toBe(false);
});
