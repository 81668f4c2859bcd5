import type { VideoTrack } from '../mp4/track.ts';
import { VIDEO_TIMESCALE, badConfig } from './avc.ts';
import { createBitReader, withoutEmulation } from './bit-reader.ts';
import type { BitReader } from './bit-reader.ts';

/** Type of a NAL unit that is a sequence parameter set (ISO/IEC 23008-2, table 7-1). */
const SEQUENCE_SET = 33;
/** Where a record's lists of parameter sets begin. */
const LISTS_AT = 22;

/** The track that an hvcC record describes (ISO/IEC 14496-15, 8.3.3.1). Throws `hls/bad-config`. */
export function hevcTrack(config: Uint8Array): VideoTrack {
  const set = sequenceSet(config);
  // Lengths of four bytes, as with H.264.
  if (config[0] !== 1 || ((config[21] ?? 0) & 3) !== 3 || set === undefined) throw badConfig('HEVC');
  const { width, height } = sizeOf(set);
  if (width < 1 || height < 1 || width > 16_384 || height > 16_384) throw badConfig('HEVC');
  return {
    kind: 'video',
    codecs: codecsOf(config),
    format: 'hvc1',
    timescale: VIDEO_TIMESCALE,
    width,
    height,
    config,
  };
}

/** ISO/IEC 14496-15, E.3. */
function codecsOf(config: Uint8Array): string {
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength);
  const first = view.getUint8(1);
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? '';
  // The first flag is the lowest bit of what is written.
  let flags = 0;
  for (let bit = 0; bit < 32; bit += 1) if (((view.getUint32(2) >>> bit) & 1) === 1) flags += 2 ** (31 - bit);
  const tier = (first & 0x20) === 0 ? 'L' : 'H';
  const constraints = [...config.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const parts = ['hvc1', `${space}${first & 31}`, flags.toString(16), `${tier}${view.getUint8(12)}`];
  return [...parts, ...constraints.map((byte) => byte.toString(16))].join('.');
}

/** The first sequence parameter set of a record; undefined where its lists are not whole. */
function sequenceSet(config: Uint8Array): Uint8Array | undefined {
  const uint16 = (at: number): number => ((config[at] ?? 0) << 8) | (config[at + 1] ?? 0);
  let at = LISTS_AT + 1;
  for (let lists = config[LISTS_AT] ?? 0; lists > 0 && at < config.length; lists -= 1) {
    const type = (config[at] ?? 0) & 63;
    const count = uint16(at + 1);
    at += 3;
    for (let i = 0; i < count && at < config.length; i += 1) {
      const length = uint16(at);
      const unit = config.subarray(at + 2, at + 2 + length);
      if (type === SEQUENCE_SET) return unit.length === length && length > 2 ? unit : undefined;
      at += 2 + length;
    }
  }
  return undefined;
}

/** The picture's size from a sequence parameter set (ISO/IEC 23008-2, 7.3.2.2.1). */
function sizeOf(set: Uint8Array): { readonly width: number; readonly height: number } {
  const reader = createBitReader(withoutEmulation(set.subarray(2)));
  reader.bits(4);
  const subLayers = reader.bits(3);
  reader.bits(1);
  skipProfile(reader, subLayers);
  reader.unsigned();
  const chroma = reader.unsigned();
  const separate = chroma === 3 && reader.bits(1) === 1;
  const [width, height] = [reader.unsigned(), reader.unsigned()];
  if (reader.bits(1) === 0) return { width, height };
  const unitX = chroma === 0 || chroma === 3 || separate ? 1 : 2;
  const unitY = chroma === 1 && !separate ? 2 : 1;
  const [left, right, top, bottom] = [
    reader.unsigned(),
    reader.unsigned(),
    reader.unsigned(),
    reader.unsigned(),
  ];
  return { width: width - unitX * (left + right), height: height - unitY * (top + bottom) };
}

/** profile_tier_level (7.3.3): 96 bits of the whole, then what there is of each sub-layer. */
function skipProfile(reader: BitReader, subLayers: number): void {
  reader.bits(96);
  const present: boolean[] = [];
  for (let i = 0; i < subLayers; i += 1) present.push(reader.bits(1) === 1, reader.bits(1) === 1);
  if (subLayers > 0) for (let i = subLayers; i < 8; i += 1) reader.bits(2);
  for (const [i, isThere] of present.entries()) if (isThere) reader.bits(i % 2 === 0 ? 88 : 8);
}
