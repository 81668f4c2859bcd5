import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARGIN, canLook, shapeFields, shapeOf } from './look-shape.ts';

const at = (room: number, plays = false) => ({ room, plays, random: () => 0.5 });

describe('a look', () => {
  it('is at the whole where there is room, and at a piece of what is played or downloaded', () => {
    expect(shapeOf('/a.png', 20_000, at(30_000))).toEqual({ kind: 'whole' });
    expect(shapeOf('/film.mp4', 20_000, at(30_000, true))).toEqual({ kind: 'whole' });
    expect(shapeOf('/film.mp4', 900_000, at(1_000_000))).toEqual({ kind: 'whole' });
    expect(shapeOf('/film.mp4', 900_000, at(1_000_000, true)).kind).toBe('piece');
    expect(shapeOf('/film.mp4?token=1', 900_000, at(40_000)).kind).toBe('piece');
  });

  it('is a glance where there is no room, or nobody would ask for a part', () => {
    expect(shapeOf('/a.png', 200_000, at(64_000))).toEqual({ kind: 'glance', range: undefined });
    expect(shapeOf('/film.mp4', 900_000, at(5_000))).toEqual({ kind: 'glance', range: [0, 1] });
    expect(shapeOf('/a.png', undefined, at(64_000))).toEqual({ kind: 'glance', range: undefined });
  });

  it('never takes more than there is room for, and no part of what is not asked for by parts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('/a.png', '/', '/film.mp4', '/x.bin', '/app.js'),
        fc.integer({ min: 1, max: 50_000_000 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.boolean(),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (target, size, room, plays, drawn) => {
          const shape = shapeOf(target, size, { room, plays, random: () => drawn });
          if (shape.kind === 'whole') expect(size + MARGIN).toBeLessThanOrEqual(room);
          if (shape.kind === 'piece') expect(shape.range[1] - shape.range[0]).toBeLessThan(room);
          if (shape.kind !== 'whole' && !/mp4|bin/.test(target)) expect(shape).toEqual({ kind: 'glance' });
          expect(shape.kind !== 'glance').toBe(canLook(target, size, room));
        },
      ),
    );
  });

  it('says what it wants in the fields of a viewer', () => {
    const known = { etag: '"v"', lastModified: 'Thu, 01 Jan 1970 00:00:00 GMT' };
    expect(shapeFields({ kind: 'whole' }, known)).toEqual([]);
    expect(shapeFields({ kind: 'piece', range: [16_384, 32_767] }, known)).toEqual([
      ['Range', 'bytes=16384-32767'],
    ]);
    const glance = { kind: 'glance', range: undefined } as const;
    expect(shapeFields(glance, known)).toEqual([['If-None-Match', '"v"']]);
    expect(shapeFields(glance, { ...known, etag: undefined })).toEqual([
      ['If-Modified-Since', known.lastModified],
    ]);
    expect(shapeFields(glance, undefined)).toEqual([]);
  });
});
