import { createCipheriv, createHmac } from 'node:crypto';
import { cbcsFragment, initSegment } from '@media-network/hls';
import type { AudioTrack, PlaylistKeys, SampleKey, VideoTrack } from '@media-network/hls';

export type Encryption = 'aes-128' | 'sample-aes';

/** Encrypts one track of a channel; keys change with the numbers of segments. */
export interface TrackLock {
  /** Whether segments are encrypted as a whole, so that there are no parts that players could read. */
  readonly wholes: boolean;
  /** For its playlists. */
  readonly keys: PlaylistKeys;
  /** Number of the first segment that has the key of this one. */
  period(sequence: number): number;
  init(track: VideoTrack | AudioTrack, clear: Uint8Array, sequence: number): Uint8Array;
  part(track: VideoTrack | AudioTrack, clear: Uint8Array, sequence: number): Uint8Array;
  segment(clear: Uint8Array, sequence: number): Uint8Array;
}

const KEY_BYTES = 16;

/** Everything follows from the channel's secret and from what is named: nothing is kept beside it. 16 bytes. */
const derive = (secret: Uint8Array, what: string, track: string, period: number): Uint8Array =>
  createHmac('sha256', secret)
    .update(`media-network ${what}\n${track}\n${period}`)
    .digest()
    .subarray(0, KEY_BYTES);

/** The key of a track from the segment `period` on, as players get it. */
export const segmentKey = (secret: Uint8Array, track: string, period: number): Uint8Array =>
  derive(secret, 'key', track, period);

/** Of a key's file, relative to playlists. */
export const keyName = (track: string, period: number): string => `${track}-${period}.key`;

/** `keySegments`: so many segments have the same key. */
export function createTrackLock(
  track: string,
  options: { readonly secret: Uint8Array; readonly encryption: Encryption; readonly keySegments: number },
): TrackLock {
  const { secret, encryption, keySegments } = options;
  const wholes = encryption === 'aes-128';
  const period = (sequence: number): number => sequence - (sequence % keySegments);
  let held: { readonly period: number; readonly key: SampleKey } | undefined;
  function keyOf(sequence: number): SampleKey {
    const at = period(sequence);
    if (held?.period !== at)
      held = {
        period: at,
        key: {
          key: segmentKey(secret, track, at),
          iv: derive(secret, 'iv', track, at),
          id: derive(secret, 'id', track, at),
        },
      };
    return held.key;
  }
  return {
    wholes,
    keys: {
      method: wholes ? 'AES-128' : 'SAMPLE-AES',
      of: (sequence) => ({
        uri: keyName(track, period(sequence)),
        iv: wholes ? undefined : Buffer.from(derive(secret, 'iv', track, period(sequence))).toString('hex'),
      }),
    },
    period,
    init: (about, clear, sequence) => (wholes ? clear : initSegment(about, keyOf(sequence))),
    part: (about, clear, sequence) => (wholes ? clear : cbcsFragment(clear, about, keyOf(sequence))),
    segment(clear, sequence) {
      if (!wholes) return clear;
      // The number of a segment is what its cipher begins with (RFC 8216bis, 4.4.4.4): each has its own.
      const iv = Buffer.alloc(KEY_BYTES);
      iv.writeBigUInt64BE(BigInt(sequence), 8);
      const cipher = createCipheriv('aes-128-cbc', keyOf(sequence).key, iv);
      return Buffer.concat([cipher.update(clear), cipher.final()]);
    },
  };
}
