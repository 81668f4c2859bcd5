import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPackager, joinParts } from './packager.ts';
import type { PackagerEvent, Part } from './packager.ts';
import { AUDIO, VIDEO, readFragment } from './testing-units.ts';

interface Shape {
  readonly frameMs: number;
  /** Frames from one key frame to the next. */
  readonly gop: number;
  readonly frames: number;
  readonly withAudio: boolean;
  /** How much later than its picture sound comes in. */
  readonly audioLateMs: number;
}
const OPTIONS = { segmentMs: 2_000, partMs: 400 };

/** A stream as an encoder interleaves it, packaged. */
function run({ frameMs, gop, frames, withAudio, audioLateMs }: Shape) {
  const packager = createPackager({ video: VIDEO, audio: withAudio ? AUDIO : undefined }, OPTIONS);
  const events: PackagerEvent[] = [];
  let soundMs = 0;
  let sounds = 0;
  for (let i = 0; i < frames; i += 1) {
    const decodeMs = i * frameMs;
    events.push(
      ...packager.video({
        decodeMs,
        compositionMs: 2 * frameMs,
        key: i % gop === 0,
        data: Uint8Array.of(i & 255, i >> 8),
      }),
    );
    if (!withAudio) continue;
    for (; soundMs <= decodeMs - audioLateMs; soundMs = (sounds * 1_024_000) / 48_000) {
      events.push(
        ...packager.audio({ timeMs: Math.floor(soundMs), data: Uint8Array.of(sounds & 255, sounds >> 8, 0) }),
      );
      sounds += 1;
    }
  }
  events.push(...packager.finish());
  return { events, sounds, mostMs: packager.mostMs };
}

const partsOf = (events: readonly PackagerEvent[], media: Part['media']): Part[] =>
  events.flatMap((event) => (event.kind === 'part' && event.part.media === media ? [event.part] : []));

/** Parts by the segment that they fell into. */
function segmentsOf(events: readonly PackagerEvent[], media: Part['media']): Part[][] {
  const segments: Part[][] = [[]];
  for (const event of events) {
    if (event.kind === 'cut') segments.push([]);
    else if (event.part.media === media) segments.at(-1)?.push(event.part);
  }
  return segments.slice(0, -1);
}

describe('a stream in parts', () => {
  const shape = fc.record({
    frameMs: fc.integer({ min: 8, max: 100 }),
    gop: fc.integer({ min: 1, max: 400 }),
    frames: fc.integer({ min: 1, max: 600 }),
    withAudio: fc.boolean(),
    audioLateMs: fc.integer({ min: 0, max: 300 }),
  });

  it('holds every picture and every sound once, in order, each where its time says', () => {
    fc.assert(
      fc.property(shape, (given) => {
        const { events, sounds } = run(given);
        let tick = 0;
        const pictures = partsOf(events, 'video').flatMap(({ bytes, duration, independent }) => {
          const { decodeTime, samples } = readFragment(bytes);
          expect(decodeTime).toBe(tick);
          tick += samples.reduce((sum, each) => sum + each.duration, 0);
          expect(duration).toBeCloseTo((tick - decodeTime) / 90_000, 6);
          expect(independent).toBe(samples[0]?.key);
          expect(samples.every(({ offset }) => offset === 2 * given.frameMs * 90)).toBe(true);
          return samples.map(({ data }) => (data[0] ?? 0) + 256 * (data[1] ?? 0));
        });
        expect(pictures).toEqual(Array.from({ length: given.frames }, (_, i) => i));
        let next = 0;
        for (const { bytes } of partsOf(events, 'audio')) {
          const { decodeTime, samples } = readFragment(bytes);
          expect(decodeTime).toBe(next * 1_024);
          for (const { data, duration } of samples) {
            expect([(data[0] ?? 0) + 256 * (data[1] ?? 0), duration]).toEqual([next, 1_024]);
            next += 1;
          }
        }
        expect(next).toBe(sounds);
      }),
      { numRuns: 60 },
    );
  });

  it('has no part longer than it may be, and ends segments of all tracks together (RFC 8216bis, 4.4.3.1, 4.4.4.9)', () => {
    fc.assert(
      fc.property(shape, (given) => {
        const { events, mostMs } = run(given);
        for (const { duration } of partsOf(events, 'video'))
          expect(duration * 1_000).toBeLessThanOrEqual(Math.max(OPTIONS.partMs, given.frameMs) + 0.01);
        const segments = segmentsOf(events, 'video');
        expect(segmentsOf(events, 'audio')).toHaveLength(segments.length);
        for (const parts of segments.slice(1, -1)) {
          const seconds = parts.reduce((sum, { duration }) => sum + duration, 0);
          expect(Math.round(seconds) * 1_000).toBeLessThanOrEqual(mostMs);
        }
        expect(joinParts(partsOf(events, 'video')).length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it('begins each segment with a key frame where there are some often enough', () => {
    for (const gop of [25, 50, 60]) {
      const { events } = run({ frameMs: 40, gop, frames: 500, withAudio: true, audioLateMs: 0 });
      const segments = segmentsOf(events, 'video');
      expect(segments.every(([part]) => part?.independent)).toBe(true);
      expect(events.every((event) => event.kind === 'part' || !event.forced)).toBe(true);
      const lengths = segments
        .slice(0, -1)
        .map((parts) => Math.round(parts.reduce((sum, { duration }) => sum + duration, 0) * 1_000));
      expect(new Set(lengths)).toEqual(new Set([gop === 60 ? 2_400 : 2_000]));
    }
  });

  it('makes do with key frames that are far apart: the first distance counts, ten seconds at most', () => {
    const eight = run({ frameMs: 40, gop: 200, frames: 900, withAudio: false, audioLateMs: 0 });
    expect(eight.mostMs).toBe(8_499);
    expect(segmentsOf(eight.events, 'video').every(([part]) => part?.independent)).toBe(true);
    const never = run({ frameMs: 40, gop: 10_000, frames: 900, withAudio: false, audioLateMs: 0 });
    expect(never.events.filter((event) => event.kind === 'cut' && event.forced).length).toBeGreaterThan(1);
  });

  it('begins with a key frame, and with sound that belongs to it', () => {
    const packager = createPackager({ video: VIDEO, audio: AUDIO }, OPTIONS);
    expect(packager.audio({ timeMs: 0, data: Uint8Array.of(1) })).toEqual([]);
    expect(packager.video({ decodeMs: 0, compositionMs: 0, key: false, data: Uint8Array.of(1) })).toEqual([]);
    packager.video({ decodeMs: 40, compositionMs: 0, key: true, data: Uint8Array.of(2) });
    packager.audio({ timeMs: 41, data: Uint8Array.of(2) });
    const events = packager.finish();
    expect(partsOf(events, 'video').map(({ bytes }) => readFragment(bytes).samples.length)).toEqual([1]);
    expect(
      partsOf(events, 'audio').map(({ bytes }) => [...(readFragment(bytes).samples[0]?.data ?? [])]),
    ).toEqual([[2]]);
  });

  it('goes forward whatever times an encoder gives', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 2, maxLength: 60 }), (times) => {
        const packager = createPackager({ video: VIDEO, audio: AUDIO }, OPTIONS);
        const events: PackagerEvent[] = [];
        for (const ms of times) {
          events.push(
            ...packager.video({ decodeMs: ms, compositionMs: 0, key: true, data: Uint8Array.of(1) }),
          );
          events.push(...packager.audio({ timeMs: ms, data: Uint8Array.of(1) }));
        }
        events.push(...packager.finish());
        for (const media of ['video', 'audio'] as const) {
          let tick = -1;
          for (const { bytes } of partsOf(events, media)) {
            const { decodeTime, samples } = readFragment(bytes);
            expect(decodeTime).toBeGreaterThanOrEqual(tick);
            expect(samples.every(({ duration }) => duration > 0)).toBe(true);
            tick = decodeTime + samples.reduce((sum, each) => sum + each.duration, 0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of sound alone is cut by its own count', () => {
    const packager = createPackager({ audio: AUDIO }, OPTIONS);
    const events: PackagerEvent[] = [];
    for (let i = 0; i < 300; i += 1)
      events.push(...packager.audio({ timeMs: Math.floor((i * 1_024) / 48), data: Uint8Array.of(i & 255) }));
    events.push(...packager.finish());
    expect(partsOf(events, 'audio').flatMap(({ bytes }) => readFragment(bytes).samples)).toHaveLength(300);
    for (const { duration } of partsOf(events, 'audio')) expect(duration).toBeLessThanOrEqual(0.4 + 0.022);
    expect(events.filter(({ kind }) => kind === 'cut')).toHaveLength(4);
  });
});
