import { expect, it } from 'vitest';
import { createQuota } from './quota.ts';

it('lets a burst of five minutes at full speed go, then ten times the quota', () => {
  const quota = createQuota(800, 0);
  // Ten times 800 kbit/s are 1,000 bytes a millisecond.
  const burst = 300 * 1_000_000;
  quota.spend(burst - 1);
  expect(quota.waitSeconds(0)).toBe(0);
  quota.spend(1 + 5_000_000);
  expect(quota.waitSeconds(0)).toBe(6);
  expect(quota.waitSeconds(4_000)).toBe(2);
  expect(quota.waitSeconds(5_001)).toBe(0);
});

it('never has more than the burst, however long nothing was asked', () => {
  const quota = createQuota(800, 0);
  expect(quota.waitSeconds(10 ** 12)).toBe(0);
  quota.spend(300 * 1_000_000 + 1_000);
  expect(quota.waitSeconds(10 ** 12)).toBe(1);
});

it('gives a small quota a page at once, and no quota nothing', () => {
  const small = createQuota(1, 0);
  small.spend(60 * 2 ** 20);
  expect(small.waitSeconds(0)).toBe(0);
  expect(createQuota(0, 0).waitSeconds(0)).toBeGreaterThan(0);
});

it('follows a change: more can be used at once, less takes away', () => {
  const quota = createQuota(0, 0);
  quota.setKbps(800, 0);
  expect(quota.waitSeconds(0)).toBe(0);
  quota.setKbps(0, 0);
  expect(quota.waitSeconds(0)).toBeGreaterThan(0);
  quota.setKbps(8_000, 0);
  quota.spend(3_000 * 1_000_000);
  expect(quota.waitSeconds(0)).toBe(1);
});
