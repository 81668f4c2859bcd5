import { expect, test } from 'vitest';
import type { SteeredAsker } from '../pick-edges.ts';
import { createHomes } from './homes.ts';
import type { Candidate } from './homes.ts';
import { prefixKey, prefixOfKey } from './prefix-key.ts';
import { createRttTable } from './rtt-table.ts';
import { createSteering } from './steering.ts';
import type { WindowView } from './steering.ts';

const prefix = (n: number): SteeredAsker => prefixOfKey((203 << 16) | n);
const EDGES = ['a', 'b', 'c'].map((id) => ({ id, region: 'eu-west' }));

test('prefixes are told apart, and come back from their numbers', () => {
  const six: SteeredAsker = { family: 6, address: new Uint8Array(16), bits: 56 };
  six.address.set([0x20, 1, 0xd, 0xb8, 0xff, 0xff, 9]);
  const key = prefixKey(six) ?? 0;
  expect([...prefixOfKey(key).address.subarray(0, 7)]).toEqual([0x20, 1, 0xd, 0xb8, 0xff, 0xff, 0]);
  expect(prefixOfKey(prefixKey(prefix(5)) ?? 0)).toEqual(prefix(5));
  expect(prefixKey({ family: 4, address: new Uint8Array(16), bits: 23 })).toBeUndefined();
});

test('few round trips are drawn towards what is known of the region, many are not, and nonsense is left out', () => {
  const table = createRttTable();
  for (let i = 0; i < 50; i += 1) table.add({ keys: [9, 'eu-de'], edge: 'a', ms: 20, count: 1 });
  expect(table.estimate([1, 'eu-de'], 'a', 80)).toBeLessThan(30);
  table.add({ keys: [1], edge: 'a', ms: 100, count: 1 });
  expect(table.estimate([1, 'eu-de'], 'a', 80)).toBeLessThan(50);
  for (let i = 0; i < 50; i += 1) table.add({ keys: [1], edge: 'a', ms: 100, count: 1 });
  expect(table.estimate([1, 'eu-de'], 'a', 80)).toBeGreaterThan(85);
  for (const ms of [0, -5, Number.NaN, 5_000]) table.add({ keys: [2], edge: 'a', ms, count: 1 });
  expect(table.estimate([2], 'a', 80)).toBe(80);
});

test('what is remembered is bounded: those that nothing came for the longest go', () => {
  const table = createRttTable(100);
  for (let key = 0; key < 1_000; key += 1) table.add({ keys: [key], edge: 'a', ms: 10, count: 1 });
  expect(table.size).toBe(100);
  expect(table.estimate([0], 'a', 80)).toBe(80);
  const homes = createHomes(100);
  for (let key = 0; key < 1_000; key += 1) homes.decide(key, [{ edge: 'a', ms: 1, open: true }]);
  expect([homes.size, homes.of(0), homes.of(999)]).toEqual([100, undefined, 'a']);
});

const at = (a: number, b: number, open = true): readonly Candidate[] => [
  { edge: 'a', ms: a, open },
  { edge: 'b', ms: b, open: true },
];

test('a home moves when another was clearly better three times running, at once when it is closed or gone', () => {
  const homes = createHomes();
  expect(homes.decide(1, at(50, 60))).toBe('a');
  // Not by enough; then twice, and not a third time.
  for (const b of [46, 46, 46, 46, 30, 30, 49, 30, 30]) expect(homes.decide(1, at(50, b))).toBe('a');
  expect(homes.decide(1, at(50, 30))).toBe('b');
  expect(homes.decide(2, at(50, 60))).toBe('a');
  expect(homes.decide(2, at(50, 60, false))).toBe('b');
  expect(homes.decide(2, [{ edge: 'c', ms: 500, open: true }])).toBe('c');
  expect(homes.decide(2, [{ edge: 'c', ms: 500, open: false }])).toBeUndefined();
  expect(homes.of(2)).toBeUndefined();
});

const view = (guard: string, over: Partial<WindowView> = {}): WindowView => ({
  guard,
  loads: [],
  rtts: [],
  ...over,
});
const measured = (n: number, edge: string, ms: number): WindowView['rtts'][number] => ({
  prefix: prefix(n),
  edge,
  ms,
  count: 8,
});

test('the same views are the same shares and homes, in whatever order they came', () => {
  const [one, two] = [createSteering(), createSteering()];
  for (let window = 0; window < 6; window += 1) {
    const views = ['1', '2', '3'].map((guard, g) =>
      view(guard, {
        loads: EDGES.map(({ id }, e) => ({
          edge: id,
          used: 0.5 + 0.3 * e + 0.01 * g,
          share: one.shareOf(id),
        })),
        rtts: Array.from({ length: 200 }, (_, n) =>
          measured(n, 'abc'[(n + g + window) % 3] ?? 'a', 20 + (n % 7) * 9),
        ),
      }),
    );
    one.advance(views, EDGES);
    two.advance(views.toReversed(), EDGES);
  }
  expect(one.homes).toBe(200);
  for (let n = 0; n < 200; n += 1) expect(two.homeOf(prefix(n))).toBe(one.homeOf(prefix(n)));
  for (const { id } of EDGES) expect(two.shareOf(id)).toBe(one.shareOf(id));
  expect(one.shareOf('a')).toBe(1);
  expect(one.shareOf('c')).toBeLessThan(0.9);
});

const loads = (used: number, share: number): WindowView['loads'] => [{ edge: 'a', used, share }];

test('one guard of three that lies moves no share, and one that comes anew has them with the next window', () => {
  const steering = createSteering();
  steering.advance(
    [
      view('1', { loads: loads(0.85, 0.4) }),
      view('2', { loads: loads(0.85, 0.4) }),
      view('3', { loads: loads(50, 0.01) }),
    ],
    EDGES,
  );
  expect(steering.shareOf('a')).toBeCloseTo(0.4, 5);
});

test('nobody is led to a dead edge any more with the next window, and unmeasured prefixes stay where they are', () => {
  const steering = createSteering();
  steering.advance(
    [view('1', { rtts: Array.from({ length: 50 }, (_, n) => measured(n, n % 2 === 0 ? 'a' : 'b', 5)) })],
    EDGES,
  );
  const before = Array.from({ length: 50 }, (_, n) => steering.homeOf(prefix(n)));
  expect(new Set(before)).toEqual(new Set(['a', 'b']));
  steering.advance(
    [view('1')],
    EDGES.filter(({ id }) => id !== 'a'),
  );
  for (const [n, home] of before.entries())
    if (home === 'b') expect(steering.homeOf(prefix(n))).toBe('b');
    else expect(['b', 'c']).toContain(steering.homeOf(prefix(n)));
});
