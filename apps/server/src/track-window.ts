import { createRendition } from '@media-network/hls';
import type { AudioTrack, Rendition, RenditionState, VideoTrack } from '@media-network/hls';

/** The newest segments of one track, under one name, with the initialisation segments that they go with. Kept in memory. */
export interface TrackWindow {
  /** As playlists and files are named: `video`, `audio`, `video480p`. */
  readonly name: string;
  readonly rendition: Rendition;
  /** What it holds, or held last. */
  readonly track: VideoTrack | AudioTrack | undefined;
  /** What follows is another stream, or has another time: a discontinuity, unless nothing was there before. */
  begin(): void;
  /** What the segments from now on are of. Returns the version of the initialisation segment. */
  describe(track: VideoTrack | AudioTrack, init: Uint8Array): number;
  init(version: number): Uint8Array | undefined;
}

export interface WindowOptions {
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
  let track: VideoTrack | AudioTrack | undefined;
  return {
    name,
    rendition,
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
  };
}

/** Discontinuities before the segment that comes next. */
export const discontinuitiesOf = ({ discontinuities, segments, breaks }: RenditionState): number =>
  discontinuities + segments.filter(({ discontinuity }) => discontinuity).length + (breaks ? 1 : 0);
