import { hourWindows } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import { expect, it } from 'vitest';
import { lastClosable } from './sweep.ts';

const PERIODS: Periods = {
  epochZero: 0n,
  sampleSecs: 1,
  reportSlots: 6,
  commitSlots: 9,
  verdictSlots: 12,
  finalHours: 20,
  lateHours: 30,
  hoursPerWeek: 10,
  monthSlots: 100,
};

it('leaves hours alone until four weeks after they could become final', () => {
  // docs/chain.md, Time: t > end of late + 4 · hoursPerWeek · H.
  const from = hourWindows(PERIODS, 3n).lateUntil + 480n;
  expect(lastClosable(PERIODS, from)).toBe(2n);
  expect(lastClosable(PERIODS, from + 1n)).toBe(3n);
  expect(lastClosable(PERIODS, 100n)).toBeLessThan(0n);
});
