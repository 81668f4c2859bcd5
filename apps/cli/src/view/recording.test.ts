import { HOUR_STATUS } from '@media-network/chain/schema';
import { hourEnd, hourWindows } from '@media-network/protocol';
import { expect, test } from 'vitest';
import { stalledSince, stalledWords } from './recording.ts';

const PERIODS = {
  epochZero: 1_000n,
  sampleSecs: 300,
  reportSlots: 2,
  commitSlots: 4,
  verdictSlots: 6,
  finalHours: 24,
  lateHours: 24,
  hoursPerWeek: 168,
  monthSlots: 8_640,
};
const final = (hour: bigint) => ({ hour, status: HOUR_STATUS.final, reports: 1 });
const open = (hour: bigint, reports = 1) => ({ hour, status: HOUR_STATUS.open, reports });
const due = hourWindows(PERIODS, 5n).revealsUntil + 3_600n;

test.each([
  ['nothing was reported', []],
  ['an hour has no report', [open(5n, 0)]],
  ['a later one is final', [final(6n), open(5n)]],
  ['it is final', [final(5n)]],
])('nothing is wrong where %s', (_name, hours) => {
  expect(stalledSince(PERIODS, due, hours)).toBeUndefined();
});

test('an hour has its windows and an hour more', () => {
  expect(stalledSince(PERIODS, due - 1n, [open(5n), final(4n)])).toBeUndefined();
  expect(stalledSince(PERIODS, due, [open(5n), final(4n)])).toEqual({
    hour: 5n,
    waiting: 1,
    newestFinal: 4n,
    secs: due - hourEnd(PERIODS, 4n),
  });
});

test('hours of seconds have two minutes more: busy machines are slow, not wrong', () => {
  const fast = { ...PERIODS, sampleSecs: 1 };
  const until = hourWindows(fast, 5n).revealsUntil;
  expect(stalledSince(fast, until + 119n, [open(5n)])).toBeUndefined();
  expect(stalledSince(fast, until + 120n, [open(5n)])).toMatchObject({ hour: 5n });
});

test('says since when, and how many wait', () => {
  const now = hourWindows(PERIODS, 7n).revealsUntil + 3_600n;
  const since = stalledSince(PERIODS, now, [open(8n), open(7n), open(6n), final(4n), open(3n)]);
  expect(since && stalledWords(since)).toMatch(
    /^no hour has become final since hour 4, which ended .+ ago; 2 with reports wait,/,
  );
  const never = stalledSince(PERIODS, due, [open(5n)]);
  expect(never && stalledWords(never)).toMatch(
    /since hour 5, the oldest that waits, .*; 1 with reports waits/,
  );
});
