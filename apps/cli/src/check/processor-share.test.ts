import { expect, it } from 'vitest';
import { processorShare, sampleSecsFor } from './processor-share.ts';

it('is a part of one processor', () => {
  const share = processorShare();
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThanOrEqual(1);
});

it('makes hours longer where there is little of it', () => {
  expect([1, 0.5, 0.4, 0.39, 0.2, 0.13, 0.05, 0.01, 0].map(sampleSecsFor)).toEqual([
    1, 1, 1, 2, 2, 4, 8, 10, 10,
  ]);
});
