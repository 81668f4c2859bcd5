import { expect, it } from 'vitest';

import { depthOf, depthWords, isNearlyShallow } from './pool-depth.ts';

const MEDIA = 1_000_000_000n;

it('is the MEDIA of the staked part', () => {
  expect(depthOf({ reserveMedia: 100n, staked: 3n, lpSupply: 7n })).toBe(42n);
  expect(depthOf({ reserveMedia: 0n, staked: 0n, lpSupply: 0n })).toBe(0n);
});

it('says what follows before it is too little, and then', () => {
  const [least, plenty, near, short] = [5_000n * MEDIA, 6_250n * MEDIA, 6_249n * MEDIA, 4_999n * MEDIA];
  expect([plenty, near, short].map((depth) => isNearlyShallow(depth, least))).toEqual([false, true, true]);
  expect(depthWords(plenty, least)).not.toContain('too little');
  expect(depthWords(near, least)).toContain('too little if the price rises by half');
  expect(depthWords(short, least)).toContain('stand still');
});
