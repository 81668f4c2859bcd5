import { expect, it } from 'vitest';
import { createSegmentStore } from './segment-store.ts';
import type { HeldSegment } from './segment-store.ts';

const held = (length: number): HeldSegment => ({
  bytes: new Uint8Array(length),
  digest: { length, sha256: '', chunks: [] },
});

it('what was used longest ago goes first, and bytes stay within bounds', () => {
  const store = createSegmentStore(100, 10);
  expect(store.add('a', held(40))).toEqual([]);
  expect(store.add('b', held(40))).toEqual([]);
  store.get('a');
  expect(store.add('c', held(40))).toEqual(['b']);
  expect(store.bytes).toBe(80);
  expect(store.ids()).toEqual(['a', 'c']);
  expect(store.add('a', held(50))).toEqual([]);
  expect(store.bytes).toBe(90);
  expect(store.add('huge', held(101))).toEqual(['huge']);
  expect(store.has('huge')).toBe(false);
});

it('goes on past any number of segments', () => {
  const store = createSegmentStore(1_000, 4);
  for (let i = 0; i < 1_000; i += 1) store.add(`s${i}`, held(1));
  expect(store.ids()).toEqual(['s996', 's997', 's998', 's999']);
});
