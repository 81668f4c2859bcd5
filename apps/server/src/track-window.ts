import { createRendition } from '@media-network/hls';
import type { AudioTrack, Part, RenditionState, Segment, SegmentCut, VideoTrack } from '@media-network/hls';
import type { SignSegment, SignedSegment } from './publishing/signed-segment.ts';

/** The newest segments of one track, under one name, with the initialisation segments that they go with. Kept in memory. */
export interface TrackWindow {
  /** As playlists and files are named: `video`, `audio`, `video480p`. */
  readonly name: string;
  readonly state: RenditionState;
  /** What it holds, or held last. */
  readonly track: VideoTrack | AudioTrack | undefined;
  /** What follows is another stream, or has another time: a discontinuity, unless nothing was there before. */
  begin(): void;
  /** What the segments from now on are of. Returns the version of the initialisation segment. */
  describe(track: VideoTrack | AudioTrack, init: Uint8Array): number;
  init(version: number): Uint8Array | undefined;
  part(part: Part): void;
  /** The segment under way ends, and is signed: it is told of from now on. `durationIfEmpty`: seconds, where it has no part. */
  cut(about: SegmentCut): Segment;
  segment(sequence: number): Segment | undefined;
  /** A part of a segment that has ended, or of the one under way. */
  partAt(sequence: number, index: number): Part | undefined;
  /** What the publisher says of the segments that are listed, by their numbers. */
  readonly signed: ReadonlyMap<number, SignedSegment>;
}

export interface WindowOptions {
  /** Folder that the files' names begin with, below that of all streams. */
  readonly channel: string;
  readonly sign: SignSegment;
  readonly windowMs: number;
  /** Number of the first segment, and of discontinuities that count as having been before it. */
  readonly first: number;
  readonly discontinuities: number;
}

const LEAST_SEGMENTS = 4;
/** Encoders that change their format again and again are not remembered for good. */
const MOST_INITS = 32;

export function createTrackWindow(name: string, options: WindowOptions): TrackWindow {
  const rendition = createRendition({ ...options, leastSegments: LEAST_SEGMENTS });
  const inits = new Map<number, Uint8Array>();
  const signed = new Map<number, SignedSegment>();
  let track: VideoTrack | AudioTrack | undefined;
  return {
    name,
    signed,
    get state() {
      return rendition.state;
    },
    get track() {
      return track;
    },
    begin() {
      if (rendition.state.next > options.first || inits.size > 0) rendition.restart();
    },
    describe(next, bytes) {
      track = next;
      const version = rendition.state.init;
      inits.set(version, bytes);
      const oldest = inits.keys().next().value;
      if (inits.size > MOST_INITS && oldest !== undefined) inits.delete(oldest);
      return version;
    },
    init: (version) => inits.get(version),
    part: (part) => rendition.part(part),
    cut(about) {
      const segment = rendition.cut(about);
      const { sequence, gap, bytes } = segment;
      if (!gap) signed.set(sequence, options.sign(`${options.channel}/${name}-${sequence}.m4s`, bytes));
      const oldest = rendition.state.segments[0]?.sequence ?? 0;
      for (const each of signed.keys()) if (each < oldest) signed.delete(each);
      return segment;
    },
    segment: (sequence) => rendition.segment(sequence),
    partAt: (sequence, index) => rendition.partAt(sequence, index),
  };
}

/** Discontinuities before the segment that comes next. */
export const discontinuitiesOf = ({ discontinuities, segments, breaks }: RenditionState): number =>
  discontinuities + segments.filter(({ discontinuity }) => discontinuity).length + (breaks ? 1 : 0);
