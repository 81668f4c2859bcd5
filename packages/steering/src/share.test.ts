import { expect, test } from 'vitest';
import { aliveByQuorum } from './health.ts';
import { regionDistance } from './region.ts';
import { detours, isOpen, nextShare } from './share.ts';

test('a share falls where an edge has too much, by half at most, and grows slowly where it has room', () => {
  expect(nextShare(1, 1.7)).toBeCloseTo(0.707, 3);
  expect(nextShare(1, 100)).toBe(0.5);
  expect(nextShare(0.5, 0.1)).toBeCloseTo(0.575, 3);
  expect(nextShare(0.5, 0)).toBeCloseTo(0.575, 3);
  expect(nextShare(0.95, 0.1)).toBe(1);
  expect(nextShare(0.5, 0.85)).toBe(0.5);
  expect(nextShare(0.004, 50)).toBe(0.004);
});

test('a share settles where the edge is used as it should be, from either side', () => {
  // Of an edge that half of all prefixes would fill to 0.85.
  for (const from of [0.02, 1]) {
    let share = from;
    for (let steps = 0; steps < 60; steps += 1) share = nextShare(share, (share / 0.5) * 0.85);
    expect(share).toBeCloseTo(0.5, 2);
  }
});

const openTo = (share: number, detourMs: number): number =>
  Array.from({ length: 10_000 }, (_, prefix) => isOpen(prefix, 7, share, detourMs)).filter(Boolean).length;

test('an edge that closes keeps those who have nothing else nearby, and not all of them', () => {
  expect(openTo(0.3, 0) / 10_000).toBeCloseTo(0.3, 1);
  expect(openTo(0.3, 5)).toBeGreaterThan(5_000);
  expect(openTo(0.3, 30)).toBe(10_000);
  // It gets rid of four in five of them in the end, however far the next edge is.
  expect(openTo(0.004, 1_000) / 10_000).toBeCloseTo(0.2, 1);
});

const edge = (ms: number, share = 1): { readonly ms: number; readonly share: number } => ({ ms, share });

test('a detour leads to the best of the others, and one that is closing is not near', () => {
  expect(detours([edge(20), edge(30), edge(50)])).toEqual([10, 0, 0]);
  expect(detours([edge(20), edge(20)])).toEqual([0, 0]);
  expect(detours([edge(20)])).toEqual([Number.POSITIVE_INFINITY]);
  const [first = 0] = detours([edge(20), edge(30, 0.1), edge(50)]);
  expect(first).toBeCloseTo(10 + 7 * Math.log(10), 5);
});

test('regions are apart by their names', () => {
  expect(regionDistance('eu-west', 'eu-west')).toBe(0);
  expect(regionDistance('eu-west', 'eu-east')).toBe(1);
  expect(regionDistance('eu-west', 'us-west')).toBe(2);
});

const view = (guard: string, ...down: string[]): { guard: string; down: ReadonlySet<string> } => ({
  guard,
  down: new Set(down),
});

test('an edge is out by more than half of the views, and not by one guard of three', () => {
  const edges = ['a', 'b', 'c'].map((address) => ({ address }));
  const alive = (...views: ReturnType<typeof view>[]): string =>
    aliveByQuorum(edges, views)
      .map(({ address }) => address)
      .join('');
  expect(alive()).toBe('abc');
  expect(alive(view('1', 'a'), view('2'), view('3'))).toBe('abc');
  expect(alive(view('1', 'a'), view('2', 'a'), view('3'))).toBe('bc');
  expect(alive(view('1', 'a', 'b'), view('2', 'a'), view('3', 'c'))).toBe('bc');
  expect(alive(view('1', 'a'), view('2'))).toBe('abc');
  expect(alive(view('1', 'a', 'b', 'c'))).toBe('abc');
});
