import type { VideoTrack } from '../mp4/track.ts';
import { VIDEO_TIMESCALE, badConfig } from './avc.ts';
import { createBitReader } from './bit-reader.ts';
import type { BitReader } from './bit-reader.ts';

/** Where a record's OBUs begin (AV1 in ISOBMFF, 2.3.3). */
const OBUS_AT = 4;
const SEQUENCE_HEADER = 1;
/** A temporal delimiter, with its size: nothing (AV1, 5.6). */
const DELIMITER = [0x12, 0] as const;

const two = (value: number): string => String(value).padStart(2, '0');

/** The track that an av1C record describes (AV1 in ISOBMFF, 2.3.3). Throws `hls/bad-config`. */
export function av1Track(config: Uint8Array): VideoTrack {
  const header = sequenceHeader(config);
  if (config[0] !== 0x81 || header === undefined) throw badConfig('AV1');
  const { width, height } = sizeOf(header);
  // Fields of a track's header have sixteen bits for each.
  if (width > 16_384 || height > 16_384) throw badConfig('AV1');
  const [second = 0, third = 0] = config.subarray(1, 3);
  const depth = (third & 0x40) === 0 ? 8 : (third & 0x20) === 0 ? 10 : 12;
  return {
    kind: 'video',
    // Profile, level, tier, bits (5).
    codecs: `av01.${second >> 5}.${two(second & 31)}${(third & 0x80) === 0 ? 'M' : 'H'}.${two(depth)}`,
    format: 'av01',
    timescale: VIDEO_TIMESCALE,
    width,
    height,
    config,
  };
}

/** A temporal unit as files hold it: without what begins it (2.4). */
export const av1Sample = (data: Uint8Array): Uint8Array =>
  data[0] === DELIMITER[0] && data[1] === DELIMITER[1] ? data.subarray(2) : data;

/** What is in the first OBU, which must be a sequence header that says its size (AV1, 5.3). */
function sequenceHeader(config: Uint8Array): Uint8Array | undefined {
  const head = config[OBUS_AT];
  if (head === undefined || ((head >> 3) & 15) !== SEQUENCE_HEADER || (head & 2) === 0) return undefined;
  // With or without an extension.
  let at = OBUS_AT + 1 + ((head >> 2) & 1);
  let size = 0;
  for (let i = 0; i < 8; i += 1) {
    const byte = config[at] ?? 0;
    at += 1;
    size += (byte & 127) * 2 ** (7 * i);
    if ((byte & 128) === 0) break;
  }
  const body = config.subarray(at, at + size);
  return body.length === size && size > 0 ? body : undefined;
}

/** AV1, 5.5.1. Both are at most 65,536. */
function sizeOf(header: Uint8Array): { readonly width: number; readonly height: number } {
  const reader = createBitReader(header);
  const flag = (): boolean => reader.bits(1) === 1;
  // Profile, whether it is one picture.
  reader.bits(4);
  if (flag()) reader.bits(5);
  else skipOperatingPoints(reader, flag);
  const [widthBits, heightBits] = [reader.bits(4) + 1, reader.bits(4) + 1];
  return { width: reader.bits(widthBits) + 1, height: reader.bits(heightBits) + 1 };
}

function skipOperatingPoints(reader: BitReader, flag: () => boolean): void {
  let delayBits: number | undefined;
  // Timing, and then the decoder's model.
  if (flag()) {
    reader.bits(64);
    if (flag()) reader.unsigned();
    if (flag()) {
      delayBits = reader.bits(5) + 1;
      reader.bits(42);
    }
  }
  const saysDelay = flag();
  for (let points = reader.bits(5) + 1; points > 0; points -= 1) {
    reader.bits(12);
    if (reader.bits(5) > 7) reader.bits(1);
    if (delayBits !== undefined && flag()) reader.bits(2 * delayBits + 1);
    if (saysDelay && flag()) reader.bits(4);
  }
}
