import type { Bytes } from './mp4/box.ts';
import { joinParts } from './packager.ts';
import type { Part } from './packager.ts';

/** Where a stretch of a stream begins: tracks and times go on within one, and anew in the next. */
export interface StretchStart {
  /** By the server's clock, Unix milliseconds. */
  readonly startedMs: number;
  /** By the times that its frames have, milliseconds. */
  readonly mediaMs: number;
}

export interface Segment {
  /** Media sequence number. */
  readonly sequence: number;
  /** Seconds. */
  readonly duration: number;
  readonly parts: readonly Part[];
  readonly bytes: Bytes;
  /** Which initialisation segment it goes with. */
  readonly init: number;
  readonly discontinuity: boolean;
  /** When its first frame was, by the server's clock. Unix milliseconds. */
  readonly atMs: number;
  readonly stretch: StretchStart;
  /** Nothing of this track was in it. */
  readonly gap: boolean;
}

/** What a playlist tells of one track: segments that have ended, the one under way. */
export interface RenditionState {
  readonly segments: readonly Segment[];
  /** Parts of the segment that comes next. */
  readonly parts: readonly Part[];
  /** Its media sequence number. */
  readonly next: number;
  readonly init: number;
  /** Whether that one begins with a discontinuity. */
  readonly breaks: boolean;
  /** Discontinuities before the first segment. */
  readonly discontinuities: number;
  /** Most bits a second of any segment, and over all. */
  readonly peakBps: number;
  readonly averageBps: number;
}

/** The segment under way ends. */
export interface SegmentCut extends Pick<Segment, 'atMs' | 'stretch'> {
  /** Seconds, where it has no part. */
  readonly durationIfEmpty: number;
}

export interface Rendition {
  readonly state: RenditionState;
  part(part: Part): void;
  cut(about: SegmentCut): Segment;
  /** From the next segment on another initialisation segment holds, of what has nothing to do with what was before it. */
  restart(): void;
  /** From the next segment on another initialisation segment holds, of the same. */
  turn(): void;
  segment(sequence: number): Segment | undefined;
  /** A part of a segment that has ended, or of the one under way. */
  partAt(sequence: number, index: number): Part | undefined;
}

const NOTHING: Bytes = new Uint8Array();

/** A window of the newest segments of one track: those of about the last `windowMs`, and at least `leastSegments`. */
export function createRendition(options: {
  readonly windowMs: number;
  readonly leastSegments: number;
  /** Number of the first segment. */
  readonly first: number;
  /** Discontinuities that count as having been before it. */
  readonly discontinuities?: number;
  /** What becomes of a whole segment as it ends; its parts have no bytes of their own then. */
  readonly seal?: ((bytes: Bytes, sequence: number) => Bytes) | undefined;
}): Rendition {
  const segments: Segment[] = [];
  let parts: Part[] = [];
  let next = options.first;
  let init = 0;
  let breaks = false;
  let discontinuities = options.discontinuities ?? 0;
  let windowSeconds = 0;
  let [peakBps, bits, seconds] = [0, 0, 0];

  function forget(): void {
    while (segments.length > options.leastSegments) {
      const oldest = segments[0];
      if (oldest === undefined || (windowSeconds - oldest.duration) * 1_000 < options.windowMs) return;
      windowSeconds -= oldest.duration;
      if (oldest.discontinuity) discontinuities += 1;
      segments.shift();
    }
  }

  return {
    get state() {
      const averageBps = seconds === 0 ? 0 : Math.ceil(bits / seconds);
      return { segments, parts, next, init, breaks, discontinuities, peakBps, averageBps };
    },
    part(part) {
      parts.push(part);
    },
    cut({ atMs, stretch, durationIfEmpty }) {
      const gap = parts.length === 0;
      const duration = gap ? durationIfEmpty : parts.reduce((sum, part) => sum + part.duration, 0);
      const joined = joinParts(parts);
      const isSealed = options.seal !== undefined && !gap;
      const bytes = isSealed ? options.seal(joined, next) : joined;
      let at = 0;
      const segment: Segment = {
        sequence: next,
        duration,
        // The same memory once more, not a second copy.
        parts: parts.map((part) => ({
          ...part,
          bytes: isSealed ? NOTHING : bytes.subarray(at, (at += part.bytes.length)),
        })),
        bytes,
        init,
        discontinuity: breaks,
        atMs,
        stretch,
        gap,
      };
      segments.push(segment);
      windowSeconds += duration;
      if (duration > 0) peakBps = Math.max(peakBps, Math.ceil((segment.bytes.length * 8) / duration));
      bits += segment.bytes.length * 8;
      seconds += duration;
      parts = [];
      next += 1;
      breaks = false;
      forget();
      return segment;
    },
    restart() {
      parts = [];
      init += 1;
      // Before the first segment there is nothing that it could differ from.
      breaks = next > options.first;
    },
    turn() {
      init += 1;
    },
    segment(sequence) {
      const found = segments[sequence - (segments[0]?.sequence ?? 0)];
      return found?.sequence === sequence && !found.gap ? found : undefined;
    },
    partAt(sequence, index) {
      if (sequence === next) return parts[index];
      return segments[sequence - (segments[0]?.sequence ?? 0)]?.parts[index];
    },
  };
}
