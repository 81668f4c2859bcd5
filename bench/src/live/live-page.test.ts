import { expect, it } from 'vitest';
import { delaysOf } from './live-page.ts';
import { BITS, CELL, stamp } from './numbered-picture.ts';

it('a number that is drawn can be read, whichever it is', () => {
  for (const number of [0, 1, 2, 1_023, 777_777, 2 ** BITS - 1]) {
    const frame = Buffer.alloc(640 * 360, 99);
    stamp(frame, number);
    const bit = (i: number): number => ((frame[(CELL / 2) * 640 + i * CELL + CELL / 2] ?? 0) > 125 ? 1 : 0);
    let read = 0;
    for (let i = 0; i < BITS; i += 1) read += bit(i + 1) * 2 ** i;
    expect([bit(0), read]).toEqual([1, number]);
    // Below the row nothing is touched.
    expect(frame[CELL * 640]).toBe(99);
  }
});

it('a delay is from when a picture was made, and pictures that nobody made count for nothing', () => {
  const madeMs = Array.from({ length: 100 }, (_, i) => 1_000 + i * 40);
  const sightings = madeMs.map((ms, i) => [i, ms + (i < 95 ? 2_000 : 5_000)] as const);
  expect(delaysOf(sightings, madeMs)).toEqual({ median: 2, p95: 5 });
  expect(delaysOf([[5_000, 1]], madeMs)).toBeUndefined();
});
