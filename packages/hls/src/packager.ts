import { ownBytes } from '@media-network/runtime/own-bytes';
import type { Bytes } from './mp4/box.ts';
import { fragment } from './mp4/fragment.ts';
import type { Sample } from './mp4/fragment.ts';
import { initSegment } from './mp4/init-segment.ts';
import type { AudioTrack, Track, VideoTrack } from './mp4/track.ts';

export type Media = 'video' | 'audio';

/** One access unit as it comes from an encoder; milliseconds since the stream began. */
export interface VideoUnit {
  readonly decodeMs: number;
  readonly compositionMs: number;
  readonly key: boolean;
  readonly data: Bytes;
}

export interface AudioUnit {
  readonly timeMs: number;
  readonly data: Bytes;
}

/** A part of a segment: one chunk of CMAF. Durations in seconds. */
export interface Part {
  readonly media: Media;
  /** When its first frame is shown or heard, by the times that frames have. */
  readonly start: number;
  readonly duration: number;
  /** Whether playing can begin here. */
  readonly independent: boolean;
  readonly bytes: Bytes;
}

export type PackagerEvent =
  | { readonly kind: 'part'; readonly part: Part }
  /**
   * The segments of all tracks end here. Milliseconds since the stream began: of the first picture or sound in it, and of when
   * the one that the next segment begins with is shown; undefined where nothing follows.
   */
  | {
      readonly kind: 'cut';
      readonly startMs: number;
      readonly nextShownMs: number | undefined;
      readonly forced: boolean;
    };

export interface PackagerOptions {
  /** A segment ends at the first key frame after about so long. */
  readonly segmentMs: number;
  /** No part is longer. */
  readonly partMs: number;
  /** What no segment may exceed, where that is known from before. */
  readonly mostMs?: number | undefined;
}

export interface Packager {
  readonly init: Readonly<Partial<Record<Media, Bytes>>>;
  readonly tracks: readonly Track[];
  video(unit: VideoUnit): readonly PackagerEvent[];
  audio(unit: AudioUnit): readonly PackagerEvent[];
  /** What is left, as a last segment. */
  finish(): readonly PackagerEvent[];
  /** Milliseconds that no segment exceeds, once the first one has ended (RFC 8216bis, 4.4.3.1: the target duration never changes). */
  readonly mostMs: number;
}

/** An encoder whose key frames are further apart than this gets segments that cannot be joined at their start. */
const MOST_SEGMENT_MS = 10_000;
/** A key frame that comes so much early still ends a segment: clocks of encoders are not exact. */
const EARLY_MS = 250;
/** What a frame lasts whose successor is not known. */
const LAST_FRAME_MS = 40;
/** Sound that is so far from where its count says begins a new count. */
const DRIFT_MS = 100;

interface TimedVideo {
  readonly ms: number;
  readonly sample: Sample;
}
interface TimedAudio {
  readonly tick: number;
  readonly data: Bytes;
}

/**
 * Cuts one stream into parts and segments whose tracks begin and end together. Pictures decide where: sound of the same
 * time goes with them; without pictures, sound counts alone. Nothing of what is in a frame is looked at or changed.
 */
export function createPackager(
  { video, audio }: { readonly video?: VideoTrack | undefined; readonly audio?: AudioTrack | undefined },
  { segmentMs, partMs, mostMs: given }: PackagerOptions,
): Packager {
  const tracks: Track[] = [...(video === undefined ? [] : [video]), ...(audio === undefined ? [] : [audio])];
  /** The newest picture: how long it lasts is known when the next one comes. */
  let waiting: VideoUnit | undefined;
  let pictures: TimedVideo[] = [];
  let picturesMs = 0;
  const sounds: TimedAudio[] = [];
  /** Where the next frame of sound is, by count. */
  let nextTick: number | undefined;
  let sequence = 0;
  let segmentStartMs: number | undefined;
  /** Where the part under way begins. */
  let partStartMs = 0;
  let hasParts = false;
  let mostMs = given ?? MOST_SEGMENT_MS;
  let isFirst = given === undefined;

  const tickMs = (tick: number): number => (audio === undefined ? 0 : (tick * 1_000) / audio.timescale);

  /** What has gathered until then, as one part a track. */
  function flush(untilMs: number, all: boolean): PackagerEvent[] {
    const events: PackagerEvent[] = [];
    const first = pictures[0];
    if (video !== undefined && first !== undefined) {
      sequence += 1;
      const samples = pictures.map(({ sample }) => sample);
      const ticks = samples.reduce((sum, { duration }) => sum + duration, 0);
      events.push(
        partEvent(
          'video',
          first.ms / 1_000 + first.sample.compositionOffset / video.timescale,
          ticks / video.timescale,
          first.sample.key,
          fragment(sequence, Math.round(first.ms * (video.timescale / 1_000)), samples),
        ),
      );
      pictures = [];
      picturesMs = 0;
    }
    if (audio !== undefined) {
      const later = all ? -1 : sounds.findIndex(({ tick }) => tickMs(tick) >= untilMs);
      const taken = sounds.splice(0, later === -1 ? sounds.length : later);
      const [start, last] = [taken[0], taken.at(-1)];
      if (start !== undefined && last !== undefined) {
        sequence += 1;
        const samples = taken.map(({ tick, data }, i) => ({
          // Where the count began anew there is a gap, which the frame before it fills.
          duration: (taken[i + 1]?.tick ?? tick + audio.frameSamples) - tick,
          compositionOffset: 0,
          key: true,
          data,
        }));
        const ticks = last.tick + audio.frameSamples - start.tick;
        events.push(
          partEvent(
            'audio',
            start.tick / audio.timescale,
            ticks / audio.timescale,
            true,
            fragment(sequence, start.tick, samples),
          ),
        );
      }
    }
    partStartMs = untilMs;
    hasParts ||= events.length > 0;
    return events;
  }

  function cut(atMs: number, forced: boolean, nextShownMs: number | undefined): PackagerEvent[] {
    const events = flush(atMs, nextShownMs === undefined);
    if (!hasParts || segmentStartMs === undefined) return events;
    const startMs = segmentStartMs;
    if (isFirst) {
      // What the first segment lasted rounds to the target duration, or the wanted one does where that is more.
      mostMs = Math.max(Math.round(segmentMs / 1_000), Math.round((atMs - startMs) / 1_000), 1) * 1_000 + 499;
      isFirst = false;
    }
    segmentStartMs = atMs;
    hasParts = false;
    return [...events, { kind: 'cut', startMs, nextShownMs, forced }];
  }

  /** A picture of which it is known how long it lasts. */
  function add(unit: VideoUnit, durationMs: number): PackagerEvent[] {
    const events: PackagerEvent[] = [];
    segmentStartMs ??= unit.decodeMs;
    const elapsed = unit.decodeMs - segmentStartMs;
    const isLong = elapsed > 0 && elapsed + durationMs > mostMs;
    if (isLong) events.push(...cut(unit.decodeMs, !unit.key, shownMs(unit)));
    else if (pictures.length > 0 && picturesMs + durationMs > partMs)
      events.push(...flush(unit.decodeMs, false));
    pictures.push({
      ms: unit.decodeMs,
      sample: {
        duration: durationMs * 90,
        compositionOffset: unit.compositionMs * 90,
        key: unit.key,
        data: unit.data,
      },
    });
    picturesMs += durationMs;
    return events;
  }

  /** Sound decides by itself where there are no pictures. */
  function cutBySound(nowMs: number): PackagerEvent[] {
    if (segmentStartMs === undefined) {
      segmentStartMs = nowMs;
      partStartMs = nowMs;
    }
    if (nowMs - segmentStartMs >= segmentMs) return cut(nowMs, false, nowMs);
    const frameMs = tickMs(audio?.frameSamples ?? 0);
    return nowMs + frameMs - partStartMs > partMs ? flush(nowMs, false) : [];
  }

  return {
    tracks,
    init: Object.fromEntries(tracks.map((track) => [track.kind, initSegment(track)])),
    get mostMs() {
      return mostMs;
    },
    video(unit) {
      if (video === undefined) return [];
      const before = waiting;
      // Nothing can be shown before the first key frame.
      if (before === undefined && !unit.key) return [];
      // Decoding goes forward, whatever the encoder says.
      const decodeMs = before === undefined ? unit.decodeMs : Math.max(unit.decodeMs, before.decodeMs + 1);
      waiting = { ...unit, decodeMs };
      if (before === undefined) return [];
      const events = add(before, decodeMs - before.decodeMs);
      // A key frame ends the segment before it at once, without waiting for the frame after it.
      const isTime = unit.key && decodeMs - (segmentStartMs ?? decodeMs) >= segmentMs - EARLY_MS;
      return isTime ? [...events, ...cut(decodeMs, false, decodeMs + unit.compositionMs)] : events;
    },
    audio(unit) {
      if (audio === undefined) return [];
      const told = Math.round((unit.timeMs * audio.timescale) / 1_000);
      const isNew = nextTick === undefined || Math.abs(tickMs(told - nextTick)) > DRIFT_MS;
      const tick = nextTick === undefined ? told : isNew ? Math.max(told, nextTick) : nextTick;
      nextTick = tick + audio.frameSamples;
      const events = video === undefined ? cutBySound(tickMs(tick)) : [];
      // Sound that comes before the first picture has nothing to go with.
      if (video !== undefined && waiting === undefined) return events;
      sounds.push({ tick, data: unit.data });
      return events;
    },
    finish() {
      const events = waiting === undefined ? [] : add(waiting, LAST_FRAME_MS);
      const endMs = waiting === undefined ? tickMs(nextTick ?? 0) : waiting.decodeMs + LAST_FRAME_MS;
      waiting = undefined;
      return [...events, ...cut(endMs, false, undefined)];
    },
  };
}

const shownMs = ({ decodeMs, compositionMs }: VideoUnit): number => decodeMs + compositionMs;

const partEvent = (
  media: Media,
  start: number,
  duration: number,
  independent: boolean,
  bytes: Bytes,
): PackagerEvent => ({
  kind: 'part',
  part: { media, start, duration, independent, bytes },
});

/** The parts of a segment one after another are the segment. */
export const joinParts = (parts: readonly Pick<Part, 'bytes'>[]): Bytes =>
  ownBytes(...parts.map(({ bytes }) => bytes));
