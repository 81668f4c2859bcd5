import { expect, it } from 'vitest';
import { createEdgeTimes } from './edge-times.ts';

function timesAt(taken: readonly (readonly [atMs: number, ms: number])[], nowMs: number) {
  let now = 0;
  const times = createEdgeTimes(() => now);
  for (const [atMs, ms] of taken) {
    now = atMs;
    times.add(ms, 1_000);
  }
  now = nowMs;
  return times;
}

it('is a careful guess before the first, and the slowest of few', () => {
  expect(timesAt([], 0)).toMatchObject({ slowMs: 1_000, middleMs: 1_000, bytesPerMs: undefined });
  const few = [
    [0, 200],
    [10, 900],
    [20, 100],
  ] as const;
  expect(timesAt(few, 20)).toMatchObject({ slowMs: 900, middleMs: 200, bytesPerMs: 2.5 });
});

it('does not go by one accident of several', () => {
  const taken = [
    [0, 100],
    [10, 3_000],
    [20, 150],
    [30, 120],
  ] as const;
  expect(timesAt(taken, 30)).toMatchObject({ slowMs: 150, middleMs: 150 });
});

it('forgets how slow the start was when there is something newer, and keeps what there is', () => {
  const start = [0, 1, 2, 3].map((atMs) => [atMs, 2_000] as const);
  const later = [20_000, 22_000, 24_000, 26_000].map((atMs) => [atMs, 100] as const);
  expect(timesAt([...start, ...later], 26_000).slowMs).toBe(2_000);
  expect(timesAt([...start, ...later], 31_000).slowMs).toBe(100);
  expect(timesAt(start, 600_000).slowMs).toBe(2_000);
});
