import { expect, it } from 'vitest';
import { createSlots } from './slots.ts';

const hang = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });

it('lets what hangs keep nothing else waiting', async () => {
  const slots = createSlots(3, () => undefined);
  const done: string[] = [];
  expect(slots.start('slow', hang)).toBe(true);
  expect(slots.start('slow', hang)).toBe(false);
  expect(slots.start('a', async () => void done.push('a'))).toBe(true);
  expect(slots.start('b', async () => void done.push('b'))).toBe(true);
  expect(slots.start('c', async () => void done.push('c'))).toBe(false);
  const began = performance.now();
  expect(await slots.rest(100)).toBe(true);
  expect(performance.now() - began).toBeGreaterThanOrEqual(90);
  expect(done).toEqual(['a', 'b']);
  expect([slots.free, slots.has('slow'), slots.has('a')]).toEqual([2, true, false]);
  await slots.close();
  expect(await slots.rest(10)).toBe(false);
  expect(slots.start('later', hang)).toBe(false);
});

it('rests at once when nothing is under way, and tells of what failed', async () => {
  const failures: unknown[] = [];
  const slots = createSlots(2, (error) => failures.push(error));
  expect(await slots.rest(60_000)).toBe(false);
  slots.start('a', () => Promise.reject(new Error('no')));
  expect(await slots.rest(60_000)).toBe(false);
  expect(failures).toHaveLength(1);
  await slots.close();
});
