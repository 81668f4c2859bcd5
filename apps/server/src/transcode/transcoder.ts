import type { VideoTrack, VideoUnit } from '@media-network/hls';
import type { Rung } from './ladder.ts';

/** What is to be made of a stream's pictures. */
export interface TranscodeJob {
  readonly source: VideoTrack;
  readonly framesPerSecond: number;
  /** At least one. */
  readonly rungs: readonly Rung[];
}

/** Where the results go. `rung` is an index of the job's rungs. Nothing comes after `ended`. */
export interface TranscodeSink {
  /** What the rung's pictures are; before the first of them. */
  config(rung: number, track: VideoTrack): void;
  /**
   * One picture, at the time of the one that it was made of (`decodeMs` + `compositionMs` are the same), a key frame where that
   * was one and nowhere else. In the order of decoding.
   */
  picture(rung: number, unit: VideoUnit): void;
  /** Once. `undefined` when `finish` was asked for and everything has come; otherwise why not: `server/transcoder-*`. */
  ended(error: unknown): void;
}

/** One stretch of a stream under way. No method throws. */
export interface Transcode {
  /** The next picture, of which the first is a key frame. */
  push(unit: VideoUnit): void;
  /** Nothing follows: what is under way comes, then the end. */
  finish(): void;
  /** At once, whatever is under way. Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/** Makes pictures of other sizes out of a stream's. Whoever writes another one runs `transcoderSuite` (`./testing`) against it. */
export interface Transcoder {
  readonly name: string;
  /** Processors at real time that a job takes, as an estimate; what a machine has is counted against it. */
  cost(job: TranscodeJob): number;
  start(job: TranscodeJob, sink: TranscodeSink): Transcode;
}
