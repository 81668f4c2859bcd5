import { MediaError } from '@media-network/runtime';
import { expect, test } from 'vitest';
import { afterMsOf, isPassing, pauseMs } from './retry.ts';

const MINUTE_MS = 60_000;

test('pauses double up to a bound, and are not the same for all', () => {
  const refused = (failures: number): number => pauseMs(failures, { passing: false }, () => 0) / MINUTE_MS;
  expect([1, 2, 3, 4, 20, 1_000].map(refused)).toEqual([5, 10, 20, 40, 1_440, 1_440]);
  const passing = (failures: number): number => pauseMs(failures, { passing: true }, () => 0) / MINUTE_MS;
  expect([1, 2, 3, 20].map(passing)).toEqual([1, 2, 4, 60]);
  expect(pauseMs(1, { passing: false }, () => 1)).toBe(6.25 * MINUTE_MS);
  // Four in the first hour at most: a CA's limit is five.
  let at = 0;
  let tries = 1;
  for (let failures = 1; at <= 60 * MINUTE_MS; failures += 1) {
    at += pauseMs(failures, { passing: false }, () => 0);
    if (at <= 60 * MINUTE_MS) tries += 1;
  }
  expect(tries).toBe(4);
});

test('the CA has the last word, for a week at most', () => {
  expect(pauseMs(1, { passing: true, afterMs: 3 * 3_600_000 }, () => 0)).toBe(3 * 3_600_000);
  expect(pauseMs(1, { passing: true, afterMs: 1e12 }, () => 0)).toBe(7 * 86_400_000);
  const error = new MediaError({
    code: 'x/y',
    message: '',
    source: 'peer',
    retry: true,
    context: { retryAfterMs: 5 },
  });
  expect([afterMsOf(error), isPassing(error)]).toEqual([5, true]);
  // A full disk is no answer of the CA's.
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  expect([afterMsOf(full), isPassing(full)]).toEqual([undefined, true]);
  expect(isPassing(new MediaError({ code: 'x/y', message: '', source: 'peer' }))).toBe(false);
});
