import { expect, test } from 'vitest';
import { defaultLimits } from './limits.ts';
import { SlicePace } from './slice-pace.ts';

const { writeSliceBytes, minWriteSliceBytes, maxWriteSliceBytes } = defaultLimits;

test('who reads fast gets larger slices, up to the largest', () => {
  const pace = new SlicePace(defaultLimits, false);
  expect(pace.bytes).toBe(writeSliceBytes);
  expect(new SlicePace(defaultLimits, true).bytes).toBe(minWriteSliceBytes);
  for (let i = 0; i < 10; i += 1) pace.left(pace.bytes, 5);
  expect(pace.bytes).toBe(maxWriteSliceBytes);
});

test('on an empty line a slice is four times the last, on a quick one twice', () => {
  const pace = new SlicePace(defaultLimits, true);
  pace.left(pace.bytes, 20);
  expect(pace.bytes).toBe(4 * minWriteSliceBytes);
  pace.left(pace.bytes, 21);
  expect(pace.bytes).toBe(8 * minWriteSliceBytes);
});

test('who reads slowly gets smaller ones, down to the smallest', () => {
  const pace = new SlicePace(defaultLimits, false);
  for (let i = 0; i < 10; i += 1) pace.left(pace.bytes, 2_000);
  expect(pace.bytes).toBe(minWriteSliceBytes);
});

test('a reader at the rate of its slices keeps them, and the end of a body says nothing', () => {
  const pace = new SlicePace(defaultLimits, false);
  for (let i = 0; i < 10; i += 1) pace.left(pace.bytes, 300);
  pace.left(1_000, 0);
  expect(pace.bytes).toBe(writeSliceBytes);
});
