import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFollower } from './follower.ts';
import { createPackager } from './packager.ts';
import type { PackagerEvent } from './packager.ts';
import { VIDEO, readFragment } from './testing-units.ts';

/** Shown times of the pictures of each segment. */
function shownIn(
  events: readonly Pick<PackagerEvent & { part: { bytes: Uint8Array } }, 'kind' | 'part'>[],
): number[][] {
  const segments: number[][] = [[]];
  for (const event of events) {
    if (event.kind === 'cut') segments.push([]);
    else {
      const { decodeTime, samples } = readFragment(event.part.bytes);
      let at = decodeTime;
      for (const { duration, offset } of samples) {
        segments.at(-1)?.push((at + offset) / 90);
        at += duration;
      }
    }
  }
  return segments
    .filter((each, i) => each.length > 0 || i < segments.length - 1)
    .map((each) => each.toSorted((a, b) => a - b));
}

it('cuts where the stream itself is cut, however late its pictures come and in whatever order those are', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 50 }),
      fc.integer({ min: 5, max: 60 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 0, max: 40 }),
      fc.constantFrom(0, 2),
      (frameMs, gop, frames, lateBy, reordered) => {
        const packager = createPackager({ video: VIDEO }, { segmentMs: 1_000, partMs: 300 });
        const follower = createFollower(VIDEO, { partMs: 300 });
        const own: PackagerEvent[] = [];
        const followed: ReturnType<typeof follower.video>[number][] = [];
        const take = (events: readonly PackagerEvent[]): void => {
          own.push(...events);
          for (const event of events)
            if (event.kind === 'cut') follower.cutAt(event.nextShownMs ?? Number.POSITIVE_INFINITY);
        };
        /** As another encoder gives it back: without pictures out of order. */
        const again = (i: number): void => {
          const decodeMs = (i + reordered) * frameMs;
          followed.push(
            ...follower.video({ decodeMs, compositionMs: 0, key: i % gop === 0, data: Uint8Array.of(i) }),
          );
        };
        for (let i = 0; i < frames; i += 1) {
          const data = Uint8Array.of(i);
          take(
            packager.video({
              decodeMs: i * frameMs,
              compositionMs: reordered * frameMs,
              key: i % gop === 0,
              data,
            }),
          );
          if (i >= lateBy) again(i - lateBy);
        }
        take(packager.finish());
        for (let i = Math.max(0, frames - lateBy); i < frames; i += 1) again(i);
        followed.push(...follower.finish());
        expect(shownIn(followed as never)).toEqual(shownIn(own as never));
        for (const event of followed)
          if (event.kind === 'part') expect(event.part.duration).toBeLessThanOrEqual(0.3001);
      },
    ),
    { numRuns: 40 },
  );
});
