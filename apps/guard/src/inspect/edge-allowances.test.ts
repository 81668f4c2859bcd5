import { expect, it } from 'vitest';
import { createEdgeAllowances } from './edge-allowances.ts';

const ending = new AbortController().signal;

/** Allowances of a second by a clock that only `wait` turns. */
function setup() {
  let now = 0;
  const allowances = createEdgeAllowances(
    () => now,
    () => 1_000,
  );
  const wait = (ms: number) => async (): Promise<void> => {
    now += ms;
  };
  return { allowances, wait };
}
const isOver = (signal: AbortSignal): Promise<boolean> => Promise.resolve(signal.aborted);

it('is one for an edge and hour, however often the guard looks', async () => {
  const { allowances, wait } = setup();
  const first = allowances.open('dripping', 7n, ending);
  expect(first.takeBytes(100 * 2 ** 20)).toBe(true);
  await first.ask(wait(600));
  expect(await first.ask(isOver)).toBe(false);
  await first.ask(wait(400));
  const second = allowances.open('dripping', 7n, ending);
  expect(second.takeBytes(100 * 2 ** 20)).toBe(false);
  expect(second.takeBytes(28 * 2 ** 20)).toBe(true);
  expect(await second.ask(isOver)).toBe(true);
  // Another edge, and the same in another hour, have theirs.
  for (const [edge, hour] of [
    ['other', 7n],
    ['dripping', 8n],
  ] as const) {
    const fresh = allowances.open(edge, hour, ending);
    expect([fresh.takeBytes(100 * 2 ** 20), await fresh.ask(isOver)]).toEqual([true, false]);
  }
});

it('charges no time but that of its answers, and what is asked side by side once', async () => {
  const { allowances, wait } = setup();
  const allowance = allowances.open('edge', 7n, ending);
  await wait(5_000)();
  expect(await allowance.ask(isOver)).toBe(false);
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = allowance.ask(() => promise);
  await allowance.ask(wait(300));
  await allowance.ask(wait(300));
  resolve();
  await slow;
  expect(allowances.spentMs('edge')).toBe(600);
  await expect(allowance.ask(() => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  expect(await allowance.ask(isOver)).toBe(false);
});

it('remembers for a while who was slow', async () => {
  const { allowances, wait } = setup();
  await allowances.open('slow', 7n, ending).ask(wait(800));
  await allowances.open('quick', 7n, ending).ask(wait(0));
  expect([allowances.spentMs('slow'), allowances.spentMs('quick')]).toEqual([800, 0]);
  allowances.forgetBefore(7n);
  expect(allowances.spentMs('slow')).toBe(800);
  allowances.forgetBefore(8n);
  expect(allowances.spentMs('slow')).toBe(400);
});

it('ends with the guard', async () => {
  const controller = new AbortController();
  const allowance = createEdgeAllowances(
    () => 0,
    () => 1_000,
  ).open('edge', 7n, controller.signal);
  controller.abort();
  expect(await allowance.ask(isOver)).toBe(true);
});
