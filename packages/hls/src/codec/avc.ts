import { MediaError } from '@media-network/runtime';
import type { VideoTrack } from '../mp4/track.ts';
import { createBitReader, withoutEmulation } from './bit-reader.ts';
import type { BitReader } from './bit-reader.ts';

/** Ticks a second of video: what HLS and transport streams count in. */
export const VIDEO_TIMESCALE = 90_000;

const WITH_CHROMA: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

const hex = (value: number | undefined): string => (value ?? 0).toString(16).padStart(2, '0');

/** The track that an avcC record describes (ISO/IEC 14496-15, 5.3.3.1). Throws `hls/bad-config`. */
export function avcTrack(config: Uint8Array): VideoTrack {
  const length = ((config[6] ?? 0) << 8) | (config[7] ?? 0);
  const sps = config.subarray(8, 8 + length);
  const isWhole = config[0] === 1 && ((config[5] ?? 0) & 31) >= 1 && length >= 4 && sps.length === length;
  if (!isWhole) throw badConfig('H.264');
  // Four-byte lengths before NAL units are all that encoders send, and all that players must take.
  if (((config[4] ?? 0) & 3) !== 3) throw badConfig('H.264');
  const { width, height } = sizeOf(sps);
  if (width < 1 || height < 1 || width > 16_384 || height > 16_384) throw badConfig('H.264');
  return {
    kind: 'video',
    codecs: `avc1.${hex(config[1])}${hex(config[2])}${hex(config[3])}`,
    format: 'avc1',
    timescale: VIDEO_TIMESCALE,
    width,
    height,
    config,
  };
}

export function badConfig(codec: string): MediaError {
  return new MediaError({
    code: 'hls/bad-config',
    message: `The encoder's configuration of ${codec} cannot be read.`,
    hint: 'Choose another encoder or profile at the streaming software.',
    source: 'client',
  });
}

/** The picture's size from a sequence parameter set (ISO/IEC 14496-10, 7.3.2.1.1). */
function sizeOf(sps: Uint8Array): { readonly width: number; readonly height: number } {
  const reader = createBitReader(withoutEmulation(sps.subarray(1)));
  const profile = reader.bits(8);
  reader.bits(16);
  reader.unsigned();
  let chroma = 1;
  let separate = false;
  if (WITH_CHROMA.has(profile)) {
    chroma = reader.unsigned();
    if (chroma === 3) separate = reader.bits(1) === 1;
    reader.unsigned();
    reader.unsigned();
    reader.bits(1);
    if (reader.bits(1) === 1)
      for (let i = 0; i < (chroma === 3 ? 12 : 8); i += 1)
        if (reader.bits(1) === 1) skipScalingList(reader, i < 6 ? 16 : 64);
  }
  reader.unsigned();
  const order = reader.unsigned();
  if (order === 0) reader.unsigned();
  else if (order === 1) {
    reader.bits(1);
    reader.signed();
    reader.signed();
    // At most 255 by the standard.
    const count = Math.min(255, reader.unsigned());
    for (let i = 0; i < count; i += 1) reader.signed();
  }
  reader.unsigned();
  reader.bits(1);
  const widthBlocks = reader.unsigned() + 1;
  const heightUnits = reader.unsigned() + 1;
  const framesOnly = reader.bits(1);
  if (framesOnly === 0) reader.bits(1);
  reader.bits(1);
  const [left, right, top, bottom] =
    reader.bits(1) === 1
      ? [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()]
      : [0, 0, 0, 0];
  const unitX = separate || chroma === 0 || chroma === 3 ? 1 : 2;
  const unitY = (chroma === 1 && !separate ? 2 : 1) * (2 - framesOnly);
  return {
    width: widthBlocks * 16 - unitX * ((left ?? 0) + (right ?? 0)),
    height: (2 - framesOnly) * heightUnits * 16 - unitY * ((top ?? 0) + (bottom ?? 0)),
  };
}

function skipScalingList(reader: BitReader, size: number): void {
  let [last, next] = [8, 8];
  for (let i = 0; i < size; i += 1) {
    if (next !== 0) next = (last + reader.signed() + 256) % 256;
    last = next === 0 ? last : next;
  }
}
