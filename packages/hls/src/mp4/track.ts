import type { Bytes } from './box.ts';

/** What a player must know of a track before its first sample. */
export type Track = VideoTrack | AudioTrack;

export interface VideoTrack {
  readonly kind: 'video';
  /** As in `CODECS` (RFC 6381): `avc1.64001f`. */
  readonly codecs: string;
  readonly format: 'avc1' | 'hvc1' | 'av01';
  /** Ticks a second. */
  readonly timescale: number;
  readonly width: number;
  readonly height: number;
  /** The decoder's configuration record as the encoder sent it. */
  readonly config: Bytes;
}

export interface AudioTrack {
  readonly kind: 'audio';
  readonly codecs: string;
  readonly format: 'mp4a';
  /** Of its samples: the rate of the sound. */
  readonly timescale: number;
  readonly channels: number;
  /** Samples of sound in a frame. */
  readonly frameSamples: number;
  /** AudioSpecificConfig. */
  readonly config: Bytes;
}
