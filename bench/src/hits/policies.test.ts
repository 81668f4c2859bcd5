import { expect, test } from 'vitest';
import { belady } from './belady.ts';
import { createLru } from './lru.ts';
import { createOurs } from './ours.ts';
import { replay } from './replay.ts';
import type { PolicyCache } from './replay.ts';
import { createS3Fifo } from './s3-fifo.ts';
import { createSieve } from './sieve.ts';
import { makeTrace, seededRandom, zipf } from './trace.ts';
import type { Trace } from './trace.ts';
import { createWTinyLfu } from './w-tiny-lfu.ts';

/** Letters are objects; a capital of the answer is a hit. */
function played(requests: string, cache: PolicyCache): string {
  return requests
    .split('')
    .map((letter) => (cache.ask(letter.charCodeAt(0), 1) ? letter.toUpperCase() : letter))
    .join('');
}

test('LRU, by hand', () => {
  // Room for two: c pushes out a, which was used before b.
  expect(played('abaca', createLru(2))).toBe('abAcA');
  expect(played('abbca', createLru(2))).toBe('abBca');
});

test('SIEVE, by hand', () => {
  // Room for three, a marked: d goes over a, takes its mark and pushes out b; e goes on from there and pushes out c.
  expect(played('abcadaebca', createSieve(3))).toBe('abcAdAebcA');
  // Both marked: the hand takes both marks, begins again and pushes out a; then b, whose mark is off, and so on.
  expect(played('abababcab', createSieve(2))).toBe('abABABcab');
});

test('S3-FIFO, by hand', () => {
  // Room for ten, one of it small: what is asked for once goes as the eleventh comes, and a ghost comes back to main.
  const cache = createS3Fifo(10);
  expect(played('abcdefghij', cache)).toBe('abcdefghij');
  expect(played('k', cache)).toBe('k'); // a is a ghost
  expect(played('a', cache)).toBe('a'); // into main; b is a ghost
  expect(played('lmnopqrstu', cache)).toBe('lmnopqrstu'); // ten that are asked for once
  expect(played('a', cache)).toBe('A'); // main was not asked to give
});

test('S3-FIFO moves to main what was asked for twice more', () => {
  const cache = createS3Fifo(10);
  played('aaa', cache);
  played('bcdefghijklmnopqrst', cache);
  expect(played('a', cache)).toBe('A');
});

test('W-TinyLFU, by hand', () => {
  // Room for 2: one in the window, one in the main part, where a stays until another is asked for more often.
  const cache = createWTinyLfu(2, 100);
  expect(played('aabaca', cache)).toBe('aAbAcA'); // a in main with 4 uses, c in the window
  expect(played('ddd', cache)).toBe('dDD');
  expect(played('ed', cache)).toBe('ed'); // e pushed d out of the window, and 3 uses did not beat 4
  expect(played('dfd', cache)).toBe('DfD'); // with its 5th use d is let in, and a goes
  expect(played('a', cache)).toBe('a');
});

const unit = (requests: readonly number[]): Trace => ({
  name: '',
  requests: Uint32Array.from(requests),
  weights: new Uint32Array(256).fill(1),
});

test('no policy betters Belady, and by hand', () => {
  // Room for one, fifth of ten requests begun: 1 stays, the others pass by.
  expect(belady(unit([1, 2, 1, 3, 1, 4, 1, 5, 1, 6]), 1)).toEqual({ requests: 8, hits: 4, ratio: 0.5 });
  for (const seed of [1, 2, 3]) {
    const trace = makeTrace({ name: '', seed, objects: 300, requests: 4_000, alpha: 0.8, scan: 100 });
    const best = belady(trace, 30).ratio;
    for (const cache of [
      createLru(30),
      createSieve(30),
      createS3Fifo(30),
      createWTinyLfu(30, 30),
      createOurs(30, 30),
    ])
      expect(replay(trace, cache).ratio).toBeLessThanOrEqual(best);
  }
});

test('a policy never holds more than it may', () => {
  const trace = makeTrace({ name: '', seed: 5, objects: 500, requests: 5_000, alpha: 0.9, sized: true });
  const total = trace.weights.reduce((sum, weight) => sum + weight, 0);
  // With room for everything each object is missed once; with none, always.
  const distinct = new Set(trace.requests).size;
  const makers: readonly ((capacity: number) => PolicyCache)[] = [
    createLru,
    createSieve,
    (capacity) => createWTinyLfu(capacity, 500),
  ];
  for (const make of makers) {
    let missed = 0;
    const roomy = make(total * 200);
    for (const object of trace.requests) if (!roomy.ask(object, trace.weights[object] ?? 1)) missed += 1;
    expect(missed).toBe(distinct);
    expect(replay(trace, make(1)).hits).toBe(0);
  }
});

test('traces are the same on every machine, and as popular as they say', () => {
  const random = seededRandom(7);
  expect([random(), random(), random()].map((value) => value.toFixed(6))).toMatchInlineSnapshot(`
    [
      "0.011705",
      "0.061958",
      "0.976908",
    ]
  `);
  const draw = zipf(1_000, 1, seededRandom(1));
  const counts = new Uint32Array(1_000);
  for (let i = 0; i < 100_000; i += 1) counts[draw()]! += 1;
  // 1 / H(1000) is 0.1336.
  expect(counts[0]! / 100_000).toBeCloseTo(0.1336, 1);
  expect(counts[0]! / counts[9]!).toBeGreaterThan(7);
  const scanned = makeTrace({ name: '', seed: 1, objects: 10, requests: 40, alpha: 1, scan: 5 });
  expect([...scanned.requests.subarray(20, 25)]).toEqual([10, 11, 12, 13, 14]);
  expect(scanned.requests.length).toBe(45);
  expect(Math.max(...scanned.requests.subarray(25))).toBeLessThan(10);
});
