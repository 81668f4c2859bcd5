import { expect, test } from 'vitest';
import type { SteeredAsker } from '../pick-edges.ts';
import { createEdgeWord } from './edge-word.ts';
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
  told: [],
  ...over,
});
/** One that says that it can serve a Gbit/s. */
const load = (edge: string, served: number): WindowView['loads'][number] => ({
  edge,
  served,
  claimed: 1_000_000,
  pulled: 0,
  proven: 0,
  share: 1,
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
          ...load(id, 500_000 + 300_000 * e + 10_000 * g),
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

const loads = (used: number, share: number): WindowView['loads'] => [
  { ...load('a', used * 1_000_000), share },
];

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

/** What three guards pass on of what edges told, windows on end. */
function steered(windows: readonly Partial<WindowView>[]): ReturnType<typeof createSteering> {
  const steering = createSteering(() => 'eu-de');
  for (const over of windows)
    steering.advance(
      ['1', '2', '3'].map((guard) => view(guard, { ...over, rtts: guard === '1' ? (over.rtts ?? []) : [] })),
      EDGES,
    );
  return steering;
}
const told = (ms: Readonly<Record<string, number>>, n = 1): WindowView['told'] =>
  Object.entries(ms).map(([edge, each]) => ({ prefix: prefix(n), edge, ms: each, count: 3 }));

test('edges’ own clocks lead a prefix that several tell of, and none that one alone tells of', () => {
  const windows = Array.from({ length: 4 }, () => ({ told: told({ a: 90, b: 9, c: 60 }) }));
  expect(steered(windows).homeOf(prefix(1))).toBe('b');
  expect(steered(windows.map(() => ({ told: told({ b: 1 }) }))).homeOf(prefix(1))).toBeUndefined();
});

test('a prefix that pages measured stays where they found it near, whatever one edge says of itself', () => {
  const rtts = [measured(1, 'a', 20), measured(1, 'b', 28), measured(1, 'c', 60)];
  const windows = Array.from({ length: 12 }, () => ({ rtts, told: told({ a: 20, b: 1, c: 60 }) }));
  expect(steered(windows).homeOf(prefix(1))).toBe('a');
  // And one that sheds a prefix of its own does not drive it to the far one.
  const shedding = Array.from({ length: 12 }, () => ({ rtts, told: told({ a: 2_000, b: 28, c: 60 }) }));
  expect(steered(shedding).homeOf(prefix(1))).not.toBe('c');
});

test('an edge whose clock is not that of pages is not heard, honest ones are', () => {
  const [table, word] = [createRttTable(), createEdgeWord()];
  for (let n = 0; n < 20; n += 1) {
    table.add({ keys: [n], edge: 'liar', ms: 80, count: 4 });
    table.add({ keys: [n], edge: 'honest', ms: 80, count: 4 });
    word.add({ keys: [n], edge: 'liar', ms: 2, count: 4 }, table);
    word.add({ keys: [n], edge: 'honest', ms: 74, count: 4 }, table);
  }
  expect([word.isHeard('liar'), word.isHeard('honest')]).toEqual([false, true]);
  expect(word.drawn([100], 'liar', 80, table)).toBe(80);
});

test('an estimate is never moved by more than half, whatever an edge says and how often', () => {
  const [table, word] = [createRttTable(), createEdgeWord()];
  for (let i = 0; i < 1_000; i += 1)
    word.add({ keys: [1, 'AS1 eu-de'], edge: 'a', ms: 0.1, count: 255 }, table);
  for (const keys of [[1, 'AS1 eu-de'], [2, 'AS1 eu-de'], [1]]) {
    expect(word.drawn(keys, 'a', 80, table)).toBeGreaterThanOrEqual(40);
    expect(word.drawn(keys, 'a', 80, table)).toBeLessThan(80);
  }
  // Beside a page's word of many, by a sixth.
  table.add({ keys: [1], edge: 'a', ms: 80, count: 24 });
  expect(word.drawn([1], 'a', 80, table)).toBeGreaterThan(80 * 0.85);
});

test('one guard that makes words of edges up is not heard, though it says them twice', () => {
  const steering = createSteering(() => 'eu-de');
  for (let window = 0; window < 4; window += 1)
    steering.advance(
      [view('1', { told: [...told({ a: 90, b: 9 }), ...told({ a: 90, b: 9 })] }), view('2'), view('3')],
      EDGES,
    );
  expect(steering.homeOf(prefix(1))).toBeUndefined();
});
