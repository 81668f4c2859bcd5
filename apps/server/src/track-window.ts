import { createRendition } from '@media-network/hls';
import type {
  AudioTrack,
  Part,
  PlaylistKeys,
  RenditionState,
  Segment,
  SegmentCut,
  VideoTrack,
} from '@media-network/hls';
import type { Init } from './channel-listener.ts';
import type { TrackLock } from './private/track-lock.ts';
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
  /** What the segments from now on are of, and the initialisation segment that they go with, not encrypted. */
  describe(track: VideoTrack | AudioTrack, init: Uint8Array): Init;
  init(version: number): Uint8Array | undefined;
  part(part: Part): void;
  /** The segment under way ends, and is signed: it is told of from now on. `durationIfEmpty`: seconds, where it has no part. */
  cut(about: SegmentCut): Segment;
  /** The initialisation segment of what comes next, where the last cut has brought another one. */
  readonly turned: Init | undefined;
  /** Beginning of the newest segment, not encrypted: its first part. */
  readonly opening: Uint8Array | undefined;
  /** How it is encrypted, where it is. */
  readonly keys: PlaylistKeys | undefined;
  /** Whether players may ask for parts. */
  readonly hasParts: boolean;
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
  /** Encrypts what viewers get. */
  readonly lock?: ((track: string) => TrackLock) | undefined;
}

const LEAST_SEGMENTS = 4;
/** What players that are behind may still ask for, beside those of segments that are listed. */
const OLDER_INITS = 32;

export function createTrackWindow(name: string, options: WindowOptions): TrackWindow {
  const lock = options.lock?.(name);
  const hasParts = lock?.wholes !== true;
  const rendition = createRendition({
    ...options,
    leastSegments: LEAST_SEGMENTS,
    seal: hasParts ? undefined : (bytes, sequence) => lock?.segment(bytes, sequence) ?? bytes,
  });
  const inits = new Map<number, Uint8Array>();
  const signed = new Map<number, SignedSegment>();
  let track: VideoTrack | AudioTrack | undefined;
  /** Of the stream under way, not encrypted. */
  let clear: Uint8Array | undefined;
  let turned: Init | undefined;
  /** First parts of the segment under way and of the one before it. */
  let [first, opening]: (Uint8Array | undefined)[] = [undefined, undefined];

  function keepInit(of: VideoTrack | AudioTrack, bytes: Uint8Array): Init {
    const { init: version, next, segments } = rendition.state;
    const shown = lock?.init(of, bytes, next) ?? bytes;
    inits.set(version, shown);
    const oldest = segments[0]?.init ?? version;
    for (const each of inits.keys()) if (each < oldest - OLDER_INITS) inits.delete(each);
    return { version, bytes: shown, clear: bytes };
  }

  /** Files say by themselves which key they go with: another key, another initialisation segment. */
  function turn(sequence: number): Init | undefined {
    if (lock === undefined || !hasParts || track === undefined || clear === undefined) return undefined;
    if (lock.period(sequence) === lock.period(sequence + 1)) return undefined;
    rendition.turn();
    return keepInit(track, clear);
  }

  return {
    name,
    signed,
    hasParts,
    keys: lock?.keys,
    get state() {
      return rendition.state;
    },
    get track() {
      return track;
    },
    get turned() {
      return turned;
    },
    get opening() {
      return opening;
    },
    begin() {
      if (rendition.state.next > options.first || inits.size > 0) rendition.restart();
    },
    describe(next, bytes) {
      [track, clear] = [next, bytes];
      return keepInit(next, bytes);
    },
    init: (version) => inits.get(version),
    part(part) {
      first ??= part.bytes;
      const shown =
        lock === undefined || track === undefined
          ? part.bytes
          : lock.part(track, part.bytes, rendition.state.next);
      rendition.part({ ...part, bytes: shown });
    },
    cut(about) {
      const segment = rendition.cut(about);
      const { sequence, gap, bytes } = segment;
      if (!gap) signed.set(sequence, options.sign(`${options.channel}/${name}-${sequence}.m4s`, bytes));
      const oldest = rendition.state.segments[0]?.sequence ?? 0;
      for (const each of signed.keys()) if (each < oldest) signed.delete(each);
      [opening, first] = [first, undefined];
      turned = turn(sequence);
      return segment;
    },
    segment: (sequence) => rendition.segment(sequence),
    partAt: (sequence, index) => (hasParts ? rendition.partAt(sequence, index) : undefined),
  };
}

/** Discontinuities before the segment that comes next. */
export const discontinuitiesOf = ({ discontinuities, segments, breaks }: RenditionState): number =>
  discontinuities + segments.filter(({ discontinuity }) => discontinuity).length + (breaks ? 1 : 0);
