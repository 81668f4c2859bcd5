import { SAMPLE_RING } from '@media-network/chain/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeRunway, runwayOf, runwayWords } from './runway.ts';

const DAY = 86_400n;
const GB = 10n ** 9n;
/** The whitepaper's samples; 0.002 MEDIA a gigabyte. */
const config = { epochZero: 1_000n, sampleSecs: 300, feePerGb: 2_000_000n };
const idle: Parameters<typeof runwayOf>[1] = {
  spans: [{ from: 0n, until: 2n ** 64n - 1n }],
  weeks: [],
  debt: 0n,
};
const at = (day: bigint): bigint => 1_000n + day * DAY;

/** A ring with so much in each sample before `head`. */
function ringOf(head: bigint, kbps: (sample: bigint) => number) {
  const tail = new Uint32Array(SAMPLE_RING);
  for (let sample = head > 8_928n ? head - 8_928n : 0n; sample < head; sample += 1n)
    tail[Number(sample % 8_928n)] = kbps(sample);
  return { head, tail };
}

test('lasts as long as its worth at the rate of three days', () => {
  // 100 Mbit/s are 1,080 GB a day, 2.16 MEDIA.
  const ring = ringOf(288n * 20n, () => 100_000);
  const runway = runwayOf(config, idle, ring, 216n * GB, at(20n));
  expect(runway).toMatchObject({ perDay: 2_160_000_000n, covers: 216n * GB, low: false });
  expect(runway.secsLeft).toBe(100 * 86_400);
  expect(runway.until).toBe(Number(at(120n)));
  expect(runwayWords(runway)).toBe('covers 216 MEDIA: 100 d 0 h at 2.16 MEDIA a day, as in the last three');
});

test('is low within a week, and what is due and owed counts', () => {
  const ring = ringOf(288n * 20n, () => 100_000);
  const owes = { ...idle, weeks: [{ week: 3n, due: GB, kept: 0n }], debt: 2n * GB };
  const left = (worth: bigint, resource = idle) => runwayOf(config, resource, ring, worth, at(20n));
  expect([left((216n * 7n * GB) / 100n).low, left((216n * 7n * GB) / 100n - 1_000n).low]).toEqual([
    false,
    true,
  ]);
  expect(left(10n * GB, owes).covers).toBe(7n * GB);
  expect(left(2n * GB, owes)).toMatchObject({ covers: 0n, secsLeft: 0, low: true });
});

test('goes by the last days, not by what was long ago, and by all days of one that is young', () => {
  const burst = ringOf(288n * 20n, (sample) => (sample < 288n * 17n ? 900_000 : 10_000));
  expect(runwayOf(config, idle, burst, GB, at(20n)).perDay).toBe(216_000_000n);
  // Active for a day, and not recorded since: the hours that are missing are not taken for silence.
  const young = { ...idle, spans: [{ from: 19n * 24n, until: 2n ** 64n - 1n }] };
  const day = ringOf(288n * 20n - 24n, () => 100_000);
  expect(runwayOf(config, young, day, GB, at(20n)).perDay).toBe(2_160_000_000n);
  // Three days of silence, though the ring ends before them.
  const silent = ringOf(288n * 10n, () => 100_000);
  expect(runwayOf(config, idle, silent, GB, at(20n))).toMatchObject({ perDay: 0n, until: null, low: false });
});

test('a network that counts in seconds has shorter days', () => {
  const fast = { ...config, sampleSecs: 1 };
  const ring = ringOf(1_000n, () => 100_000);
  const { perDay, secsLeft, low } = runwayOf(fast, idle, ring, 216n * GB, 2_000n);
  expect(perDay).toBe(7_200_000n);
  expect(runwayWords(runwayOf(fast, idle, ring, GB, 2_000n))).toContain('in 4 min 48 s, as of late');
  expect([secsLeft, low]).toEqual([Number((216n * GB * 288n) / 7_200_000n), false]);
});

test('says of any figures something that JSON can carry', () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(
      u64,
      u64,
      u64,
      fc.bigInt({ min: 0n, max: 2n ** 33n }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (worth, debt, fee, now, kbps) => {
        const samples = now / 300n;
        const ring = ringOf(samples < 9_000n ? samples : 9_000n, () => kbps);
        const runway = runwayOf({ ...config, feePerGb: fee }, { ...idle, debt }, ring, worth, 1_000n + now);
        expect(runway.covers >= 0n && (runway.secsLeft ?? 0) >= 0).toBe(true);
        expect(runwayWords(runway)).toMatch(/^covers /);
        JSON.stringify(describeRunway(runway), (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
      },
    ),
    { numRuns: 50 },
  );
});
