import { expect, it } from 'vitest';
import { createEdgeAllowances } from './edge-allowances.ts';

const ending = new AbortController().signal;

it('is one for an edge and hour, however often the guard looks', async () => {
  let now = 0;
  const allowances = createEdgeAllowances(
    () => now,
    () => 1_000,
  );
  const first = allowances.open('dripping', 7n, ending);
  expect(first.takeBytes(100 * 2 ** 20)).toBe(true);
  now += 1_000;
  first.stop();
  const second = allowances.open('dripping', 7n, ending);
  expect(second.takeBytes(100 * 2 ** 20)).toBe(false);
  expect(second.takeBytes(28 * 2 ** 20)).toBe(true);
  // No time is left.
  await expect.poll(() => second.signal.aborted).toBe(true);
  second.stop();
  // Another edge, and the same in another hour, have theirs.
  for (const [edge, hour] of [
    ['other', 7n],
    ['dripping', 8n],
  ] as const) {
    const fresh = allowances.open(edge, hour, ending);
    expect([fresh.takeBytes(100 * 2 ** 20), fresh.signal.aborted]).toEqual([true, false]);
    fresh.stop();
  }
});

it('remembers for a while who was slow', () => {
  let now = 0;
  const allowances = createEdgeAllowances(
    () => now,
    () => 1_000,
  );
  const slow = allowances.open('slow', 7n, ending);
  now += 800;
  slow.stop();
  allowances.open('quick', 7n, ending).stop();
  expect([allowances.spentMs('slow'), allowances.spentMs('quick')]).toEqual([800, 0]);
  allowances.forgetBefore(7n);
  expect(allowances.spentMs('slow')).toBe(800);
  allowances.forgetBefore(8n);
  expect(allowances.spentMs('slow')).toBe(400);
});

it('ends with the guard', () => {
  const controller = new AbortController();
  const allowances = createEdgeAllowances(
    () => 0,
    () => 1_000,
  );
  const allowance = allowances.open('edge', 7n, controller.signal);
  controller.abort();
  expect(allowance.signal.aborted).toBe(true);
});
