import type { Found } from '@media-network/chain';
import { expect, test } from 'vitest';
import { planBuyback } from './plan-buyback.ts';

/** Periods of the whitepaper; the rest of a config does not matter here. */
const CONFIG = {
  epochZero: 1_000n,
  sampleSecs: 300,
  hoursPerWeek: 168,
  poolFeeBps: 25,
  buybackBps: 0,
  buybackSecs: 0,
  buybackSpotBps: 0,
} as Found<'config'>;
const NOW = 1_000n + 20n * 604_800n;
const POOL = {
  reserveQuote: 1_000_000n,
  toBurn: 5_000n,
  bought: 0n,
  boughtAt: NOW - 60n,
  burnedWeek: 20n,
} as Found<'pool'>;

const planned = (
  pool: Partial<Found<'pool'>>,
  { now = NOW, guardNo }: { readonly now?: bigint; readonly guardNo?: number } = {},
): string[] => {
  const of = (no: number): string[] =>
    planBuyback({ config: CONFIG, now, guardNo: no, numbers: [1, 2, 3], pools: [{ ...POOL, ...pool }] }).map(
      ({ kind }) => kind,
    );
  return guardNo === undefined ? [1, 2, 3].flatMap(of) : of(guardNo);
};

test('a whole slice is bought a minute after the last, by one guard at a time', () => {
  expect(planned({ boughtAt: NOW - 59n })).toEqual([]);
  expect(planned({})).toEqual(['buyback']);
  // Whoever is next waits a tenth of a sample, and does it where nobody has.
  expect(planned({}, { now: NOW + 29n })).toHaveLength(1);
  expect(planned({}, { now: NOW + 30n })).toHaveLength(2);
  expect(planned({}, { now: NOW + 60n })).toHaveLength(3);
  expect(planned({ boughtAt: 0n })).toEqual(['buyback']);
});

test('what is less than a slice waits for an hour, and nothing is not bought', () => {
  expect(planned({ toBurn: 999n })).toEqual([]);
  expect(planned({ toBurn: 999n, boughtAt: NOW - 3_599n })).toEqual([]);
  expect(planned({ toBurn: 999n, boughtAt: NOW - 3_600n })).toEqual(['buyback']);
  expect(planned({ toBurn: 0n })).toEqual([]);
  expect(planned({ reserveQuote: 900n })).toEqual([]);
});

test('what was bought is burned when its week has passed, once', () => {
  const idle = { toBurn: 0n, bought: 7n, boughtAt: NOW - 5_000n };
  expect(planned({ ...idle, burnedWeek: 21n })).toEqual([]);
  expect(planned({ ...idle, burnedWeek: 20n })).toEqual(['burn']);
  expect(planned({ ...idle, burnedWeek: 21n }, { now: NOW + 604_799n })).toEqual([]);
  expect(planned({ ...idle, burnedWeek: 21n }, { now: NOW + 604_800n })).toEqual(['burn']);
  expect(planned({ ...idle, burnedWeek: 0n, boughtAt: NOW })).toEqual(['burn']);
});
