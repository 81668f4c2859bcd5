import type { Media, Segment } from '@media-network/hls';

/** An initialisation segment, and its number in the names of playlists. */
export interface Init {
  readonly version: number;
  readonly bytes: Uint8Array;
}
export type Inits = Readonly<Partial<Record<Media, Init>>>;

/** What a channel tells of itself to whoever keeps it. */
export interface ChannelListener {
  /** A stream begins, or goes on with other tracks. */
  begins(inits: Inits): void;
  /** Segments of all tracks ended together, none longer than so many seconds when rounded; and how the stream would be told of now. */
  cut(
    segments: Readonly<Partial<Record<Media, Segment>>>,
    about: { readonly targetDuration: number; readonly multivariant: string | undefined },
  ): void;
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
