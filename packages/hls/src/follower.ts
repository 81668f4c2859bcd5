import type { Bytes } from './mp4/box.ts';
import { fragment } from './mp4/fragment.ts';
import type { Sample } from './mp4/fragment.ts';
import { initSegment } from './mp4/init-segment.ts';
import type { VideoTrack } from './mp4/track.ts';
import type { Part, VideoUnit } from './packager.ts';

export type FollowerEvent =
  | { readonly kind: 'part'; readonly part: Part }
  /** The segment under way ends, as the first of those that were told of. */
  | { readonly kind: 'cut' };

/** Packages pictures of a stream's other quality, whose segments begin and end where the stream's own do. */
export interface Follower {
  readonly init: Bytes;
  video(unit: VideoUnit): readonly FollowerEvent[];
  /** The segment under way ends before the first picture that is shown then or later. Milliseconds since the stream began. */
  cutAt(shownMs: number): void;
  /** What is left; every cut that was told of has come after that. */
  finish(): readonly FollowerEvent[];
}

/** What a frame lasts whose successor is not known. */
const LAST_FRAME_MS = 40;
/** Clocks of milliseconds on both sides: so much earlier is the same picture. */
const SAME_MS = 2;

/** No part is longer than `partMs`. */
export function createFollower(track: VideoTrack, { partMs }: { readonly partMs: number }): Follower {
  const cuts: number[] = [];
  let waiting: VideoUnit | undefined;
  let samples: Sample[] = [];
  let startMs = 0;
  let samplesMs = 0;
  let sequence = 0;

  function flush(): FollowerEvent[] {
    const first = samples[0];
    if (first === undefined) return [];
    sequence += 1;
    const ticks = samples.reduce((sum, { duration }) => sum + duration, 0);
    const bytes = fragment(sequence, Math.round(startMs * (track.timescale / 1_000)), samples);
    const start = startMs / 1_000 + first.compositionOffset / track.timescale;
    samples = [];
    samplesMs = 0;
    return [
      {
        kind: 'part',
        part: { media: 'video', start, duration: ticks / track.timescale, independent: first.key, bytes },
      },
    ];
  }

  /** A picture of which it is known how long it lasts. */
  function add(unit: VideoUnit, durationMs: number): FollowerEvent[] {
    const events: FollowerEvent[] = [];
    const shownMs = unit.decodeMs + unit.compositionMs;
    for (let next = cuts[0]; next !== undefined && shownMs >= next - SAME_MS; next = cuts[0]) {
      cuts.shift();
      events.push(...flush(), { kind: 'cut' });
    }
    if (samples.length > 0 && samplesMs + durationMs > partMs) events.push(...flush());
    if (samples.length === 0) startMs = unit.decodeMs;
    const scale = track.timescale / 1_000;
    samples.push({
      duration: durationMs * scale,
      compositionOffset: unit.compositionMs * scale,
      key: unit.key,
      data: unit.data,
    });
    samplesMs += durationMs;
    return events;
  }

  return {
    init: initSegment(track),
    video(unit) {
      const before = waiting;
      if (before === undefined && !unit.key) return [];
      const decodeMs = before === undefined ? unit.decodeMs : Math.max(unit.decodeMs, before.decodeMs + 1);
      waiting = { ...unit, decodeMs };
      return before === undefined ? [] : add(before, decodeMs - before.decodeMs);
    },
    cutAt(shownMs) {
      cuts.push(shownMs);
    },
    finish() {
      const events = waiting === undefined ? [] : add(waiting, LAST_FRAME_MS);
      waiting = undefined;
      return [...events, ...flush(), ...cuts.splice(0).map(() => ({ kind: 'cut' }) as const)];
    },
  };
}
