/** What a video or audio message says (Adobe Flash Video 10.1, E.4; Enhanced RTMP v2). */
export type MediaTag = VideoTag | AudioTag;

export type VideoCodec = 'avc' | 'hevc' | 'av1';
export type AudioCodec = 'aac' | 'opus';

export interface VideoTag {
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** `config`: the decoder's configuration record (avcC, hvcC, av1C); `frame`: one access unit, its NAL units after their lengths. */
  readonly part: 'config' | 'frame';
  readonly key: boolean;
  /** When it is decoded; milliseconds, modulo 2³². */
  readonly timestampMs: number;
  /** How much later it is shown. */
  readonly compositionMs: number;
  readonly data: Uint8Array;
}

export interface AudioTag {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  /** `config`: AudioSpecificConfig or the Opus head; `frame`: one packet. */
  readonly part: 'config' | 'frame';
  readonly timestampMs: number;
  readonly data: Uint8Array;
}

/** Of a message that is none of those: what it was, in words for the streamer; undefined for what may be left out in silence. */
export interface UnknownTag {
  readonly kind: 'unknown';
  readonly what: string | undefined;
}

const SILENT: UnknownTag = { kind: 'unknown', what: undefined };
const unknown = (what: string): UnknownTag => ({ kind: 'unknown', what });

const AVC = 7;
const AAC = 10;
const EXTENDED_AUDIO = 9;
const KEY = 1;

const ascii = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

const signed24 = (bytes: Uint8Array, at: number): number => {
  const value = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  return (value << 8) >> 8;
};

const VIDEO_FOURCC: Readonly<Record<string, VideoCodec>> = { avc1: 'avc', hvc1: 'hevc', av01: 'av1' };
const AUDIO_FOURCC: Readonly<Record<string, AudioCodec>> = { mp4a: 'aac', Opus: 'opus' };
const OLD_VIDEO: Readonly<Record<number, string>> = {
  2: 'Sorenson H.263',
  3: 'Screen video',
  4: 'VP6',
  12: 'HEVC by an old extension',
};

/** What a video message holds. One of no bytes is no frame. */
export function readVideo(payload: Uint8Array, timestampMs: number): VideoTag | UnknownTag {
  const first = payload[0];
  if (first === undefined) return SILENT;
  if ((first & 0x80) !== 0) return readEnhancedVideo(payload, timestampMs);
  const [frameType, codec] = [first >> 4, first & 15];
  // A command frame: for players that seek.
  if (frameType === 5) return SILENT;
  if (codec !== AVC) return unknown(`video of ${OLD_VIDEO[codec] ?? `codec ${codec}`}; send H.264`);
  if (payload.length < 5) return SILENT;
  const packet = payload[1];
  if (packet !== 0 && packet !== 1) return SILENT;
  return {
    kind: 'video',
    codec: 'avc',
    part: packet === 0 ? 'config' : 'frame',
    key: frameType === KEY,
    timestampMs,
    compositionMs: packet === 0 ? 0 : signed24(payload, 2),
    data: payload.subarray(5),
  };
}

/** Packet types of Enhanced RTMP, for video and audio alike but for the one with a composition time. */
const PACKET = { config: 0, frame: 1, end: 2, frameAtOnce: 3, multitrack: 6 } as const;

function readEnhancedVideo(payload: Uint8Array, timestampMs: number): VideoTag | UnknownTag {
  const first = payload[0] ?? 0;
  const frameType = (first >> 4) & 7;
  if (frameType === 5) return SILENT;
  const packet = first & 15;
  const track = trackOf(payload, packet);
  if (track === undefined) return SILENT;
  const codec = VIDEO_FOURCC[track.fourCc];
  if (codec === undefined) return unknown(`video of ${track.fourCc}; send H.264, HEVC or AV1`);
  const { at } = track;
  const frame = { kind: 'video', codec, key: frameType === KEY, timestampMs } as const;
  if (track.packet === PACKET.config)
    return { ...frame, part: 'config', compositionMs: 0, data: payload.subarray(at) };
  if (track.packet === PACKET.frameAtOnce)
    return { ...frame, part: 'frame', compositionMs: 0, data: payload.subarray(at) };
  if (track.packet !== PACKET.frame) return SILENT;
  // AV1 has no composition time.
  return codec === 'av1'
    ? { ...frame, part: 'frame', compositionMs: 0, data: payload.subarray(at) }
    : { ...frame, part: 'frame', compositionMs: signed24(payload, at), data: payload.subarray(at + 3) };
}

function readEnhancedAudio(payload: Uint8Array, timestampMs: number): AudioTag | UnknownTag {
  const track = trackOf(payload, (payload[0] ?? 0) & 15, 5);
  if (track === undefined) return SILENT;
  const codec = AUDIO_FOURCC[track.fourCc];
  if (codec === undefined) return unknown(`audio of ${track.fourCc}; send AAC or Opus`);
  if (track.packet !== PACKET.config && track.packet !== PACKET.frame) return SILENT;
  const part = track.packet === PACKET.config ? 'config' : 'frame';
  return { kind: 'audio', codec, part, timestampMs, data: payload.subarray(track.at) };
}

/** What an audio message holds. */
export function readAudio(payload: Uint8Array, timestampMs: number): AudioTag | UnknownTag {
  const first = payload[0];
  if (first === undefined) return SILENT;
  const format = first >> 4;
  if (format === EXTENDED_AUDIO) return readEnhancedAudio(payload, timestampMs);
  if (format !== AAC) return unknown(`audio of format ${format}; send AAC`);
  if (payload.length < 2) return SILENT;
  const part = payload[1] === 0 ? 'config' : 'frame';
  return { kind: 'audio', codec: 'aac', part, timestampMs, data: payload.subarray(2) };
}

interface Track {
  readonly fourCc: string;
  readonly packet: number;
  /** Where its data begins. */
  readonly at: number;
}

/**
 * The track of an enhanced message; of one with several, track 0 where it is alone or of the same codec as the others.
 * Undefined for another track than the first, or one whose bytes are not all there.
 */
function trackOf(
  payload: Uint8Array,
  packet: number,
  multitrack: number = PACKET.multitrack,
): Track | undefined {
  if (packet !== multitrack) {
    return payload.length < 5 ? undefined : { fourCc: ascii(payload, 1), packet, at: 5 };
  }
  const kind = (payload[1] ?? 0) >> 4;
  // Several tracks of several codecs: each has its own four letters.
  if (kind > 1 || payload.length < 7) return undefined;
  if (payload[6] !== 0) return undefined;
  const own = { fourCc: ascii(payload, 2), packet: (payload[1] ?? 0) & 15 };
  // Of several tracks each says its length, and this one's is all that is read.
  return kind === 0 ? { ...own, at: 7 } : { ...own, at: 10 };
}
