import { checkCommits } from '@media-network/protocol';
import type { CollectedCommit } from '@media-network/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMoments } from './moments.ts';
import type { Moments } from './moments.ts';

const PERIODS = {
  epochZero: 1_000,
  sampleSecs: 5,
  reportSlots: 2,
  verdictSlots: 2,
  finalHours: 1,
  lateHours: 1,
  hoursPerWeek: 4,
};
const RESOURCE = '11111111111111111111111111111111';
const zeroes = (): bigint[] => Array.from({ length: 12 }, () => 0n);

function chainAt(startMs: number) {
  const time = { ourMs: 0, chainMs: startMs };
  const moments: Moments = createMoments(
    { periods: PERIODS, chainMsAt: () => time.chainMs },
    { nowMs: () => time.ourMs },
  );
  return { time, moments };
}

test('time stands still where the chain puts it back by seconds, and is put right where it was wrong by more', () => {
  const { time, moments } = chainAt(1_006_000);
  expect(moments()).toMatchObject({ sample: 1, hour: 0 });
  time.chainMs -= 4_000;
  time.ourMs += 1;
  expect(moments()).toMatchObject({ chainMs: 1_006_000, sample: 1 });
  time.chainMs += 9_000;
  expect(moments()).toMatchObject({ chainMs: 1_011_000, sample: 2 });
  time.chainMs += 600_000;
  expect(moments().hour).toBe(10);
  time.chainMs -= 600_000;
  expect(moments()).toMatchObject({ chainMs: 1_011_000, hour: 0 });
});

test('an honest report is borne out by its commits whatever the clock of the chain does', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          step: fc.integer({ min: -4_000, max: 6_000 }),
          bytes: fc.bigInt({ min: 0n, max: 1n << 40n }),
          commits: fc.boolean(),
        }),
        { maxLength: 60 },
      ),
      (events) => {
        const { time, moments } = chainAt(1_060_000);
        const hours = new Map<number, bigint[]>();
        const commits = new Map<number, CollectedCommit>();
        let total = 0n;
        for (const { step, bytes, commits: asked } of events) {
          time.ourMs += 1;
          time.chainMs += step;
          const { sample, hour } = moments();
          const slots = hours.get(hour) ?? zeroes();
          slots[sample % 12] = (slots[sample % 12] ?? 0n) + bytes;
          hours.set(hour, slots);
          total += bytes;
          if (!asked || commits.has(sample)) continue;
          commits.set(sample, {
            commit: {
              edge: RESOURCE,
              boot: 1,
              hour: BigInt(hour),
              slot: sample % 12,
              total,
              count: 1,
              unixMs: BigInt(time.ourMs),
              root: new Uint8Array(32),
              signature: new Uint8Array(64),
            },
            counters: new Map([[RESOURCE, total]]),
          });
        }
        for (const [hour, slots] of hours) {
          const entry = {
            resource: RESOURCE,
            slots,
            vouched: 0n,
            receiptsRoot: new Uint8Array(32),
            digestRoot: new Uint8Array(32),
            sessions: 0,
            digests: 0,
          };
          const facts = { hour: BigInt(hour), entries: [entry], asked: 0, received: new Map() };
          expect(checkCommits({ ...facts, commits: [...commits.values()] })).toEqual({ kind: 'ok' });
        }
      },
    ),
  );
});
