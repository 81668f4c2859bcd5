import type { Media, Segment } from '@media-network/hls';

/** An initialisation segment, and its number in the names of playlists. */
export interface Init {
  readonly version: number;
  /** As viewers get it. */
  readonly bytes: Uint8Array;
  /** As it is where nothing is encrypted. */
  readonly clear: Uint8Array;
}
export type Inits = Readonly<Partial<Record<Media, Init>>>;

export interface CutFacts {
  /** Seconds, whole, that no segment is longer than when rounded. */
  readonly targetDuration: number;
  /** How the stream would be told of now. */
  readonly multivariant: string | undefined;
  /** First part of the segment of pictures, not encrypted. */
  readonly opening: Uint8Array | undefined;
  /** Initialisation segments that hold from the next segment on, where keys have changed. */
  readonly turned: Inits;
}

/** What a channel tells of itself to whoever keeps it. */
export interface ChannelListener {
  /** A stream begins, or goes on with other tracks. */
  begins(inits: Inits): void;
  /** Segments of all tracks ended together. */
  cut(segments: Readonly<Partial<Record<Media, Segment>>>, about: CutFacts): void;
  /** The stream has ended. */
  ends(): void;
}

/** All of them, in their order. */
export const listenAll = (listeners: readonly ChannelListener[]): ChannelListener => ({
  begins(inits) {
    for (const each of listeners) each.begins(inits);
  },
  cut(segments, about) {
    for (const each of listeners) each.cut(segments, about);
  },
  ends() {
    for (const each of listeners) each.ends();
  },
});
