import { checkCommits } from '@media-network/protocol';
import type { CollectedCommit } from '@media-network/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMoments } from './moments.ts';
import type { MomentsOfLife } from './moments.ts';

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
  const start = (): MomentsOfLife =>
    createMoments({ periods: PERIODS, chainMsAt: () => time.chainMs }, { nowMs: () => time.ourMs });
  return { time, start };
}

test('time stands still where the chain puts it back by seconds, and is put right where it was wrong by more', () => {
  const { time, start } = chainAt(1_006_000);
  const { moments } = start();
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

test('what the life before has committed to is before all that comes, unless its clock was wrong', () => {
  const { time, start } = chainAt(1_014_000);
  const life = start();
  life.goOnFrom(3);
  expect(life.moments()).toMatchObject({ chainMs: 1_015_000, sample: 3 });
  time.ourMs += 1;
  time.chainMs += 2_000;
  expect(life.moments()).toMatchObject({ chainMs: 1_016_000, sample: 3 });
  const other = start();
  other.goOnFrom(1_000);
  expect(other.moments()).toMatchObject({ chainMs: 1_016_000, sample: 3 });
  other.goOnFrom(0);
  expect(other.moments().chainMs).toBe(1_016_000);
});

test('an honest report is borne out by its commits whatever the clock of the chain does', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          step: fc.integer({ min: -4_000, max: 6_000 }),
          bytes: fc.bigInt({ min: 0n, max: 1n << 40n }),
          commits: fc.boolean(),
          restarts: fc.boolean(),
        }),
        { maxLength: 60 },
      ),
      (events) => {
        const { time, start } = chainAt(1_060_000);
        let life = start();
        const hours = new Map<number, bigint[]>();
        const commits = new Map<number, CollectedCommit>();
        let total = 0n;
        let counted = 0;
        for (const { step, bytes, commits: asked, restarts } of events) {
          time.ourMs += 1;
          time.chainMs += step;
          if (restarts) {
            life = start();
            life.goOnFrom(Math.max(0, counted, ...commits.keys()));
          }
          const { sample, hour } = life.moments();
          const slots = hours.get(hour) ?? zeroes();
          slots[sample % 12] = (slots[sample % 12] ?? 0n) + bytes;
          hours.set(hour, slots);
          total += bytes;
          if (bytes > 0n) counted = Math.max(counted, sample);
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
            asked: 0n,
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
