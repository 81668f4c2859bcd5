import { checkCommits } from '@media-network/protocol';
import type { CollectedCommit } from '@media-network/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLedger } from '../journal/ledger.ts';
import type { JournalRecord } from '../journal/record.ts';
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
const KEY = '00'.repeat(32);

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

const unread = (): never => {
  throw new Error('there are no sessions here');
};
const newLedger = () => createLedger({ token: unread, receipt: unread });

test('an honest report is borne out by its commits whatever the clock of the chain does, and however its edge ends', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          step: fc.integer({ min: -4_000, max: 6_000 }),
          bytes: fc.integer({ min: 0, max: 2 ** 40 }),
          commits: fc.boolean(),
          flushes: fc.boolean(),
          restarts: fc.constantFrom('no', 'no', 'no', 'stopped', 'killed'),
        }),
        { maxLength: 60 },
      ),
      (events) => {
        const { time, start } = chainAt(1_060_000);
        let [life, ledger] = [start(), newLedger()];
        const journal: JournalRecord[] = [];
        const flush = (): void => void journal.push(...ledger.take());
        const commits = new Map<number, CollectedCommit>();
        for (const { step, bytes, commits: asked, flushes, restarts } of events) {
          time.ourMs += 1;
          time.chainMs += step;
          if (restarts !== 'no') {
            // Killed, it loses what was not in its journal.
            if (restarts === 'stopped') flush();
            [life, ledger] = [start(), newLedger()];
            for (const record of journal) ledger.apply(record);
            life.goOnFrom(Math.max(ledger.lastCounted(), ...commits.keys()));
          }
          const { sample, hour } = life.moments();
          ledger.addServed(KEY, sample, bytes);
          if (flushes) flush();
          if (!asked || commits.has(sample)) continue;
          const counters = new Map(
            [...ledger.totalsBefore(sample)].map(([, each]) => [RESOURCE, BigInt(each)]),
          );
          flush();
          commits.set(sample, {
            commit: {
              edge: RESOURCE,
              boot: 1,
              hour: BigInt(hour),
              slot: sample % 12,
              total: counters.get(RESOURCE) ?? 0n,
              count: 1,
              unixMs: 0n,
              root: new Uint8Array(32),
              signature: new Uint8Array(64),
            },
            counters,
          });
        }
        for (const hour of ledger.openHours()) {
          const entry = {
            resource: RESOURCE,
            slots: (ledger.hour(hour)?.samples.get(KEY) ?? []).map(BigInt),
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
