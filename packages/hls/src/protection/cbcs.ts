import { createCipheriv } from 'node:crypto';
import { ownBytes } from '@media-network/runtime/own-bytes';
import type { Bytes } from '../mp4/box.ts';
import { fragment, readFragment } from '../mp4/fragment.ts';
import type { Sample, Subsample } from '../mp4/fragment.ts';
import type { Track } from '../mp4/track.ts';

/** What samples are encrypted with for a while; 16 bytes each. */
export interface SampleKey {
  readonly key: Bytes;
  readonly iv: Bytes;
  /** Its name in the file (KID). */
  readonly id: Bytes;
}

const BLOCK = 16;
/** Of the picture's data one block in ten is encrypted (ISO/IEC 23001-7, 10.4.2). */
const PATTERN = { crypt: BLOCK, whole: 10 * BLOCK } as const;
/** The length before a NAL unit. */
const LENGTH = 4;
/** What stays readable at the beginning of a slice: more than its header takes, which decoders read before they decrypt. */
const CLEAR_LEAD = 64;
/** The most that a sample can tell of in eight bits of size; what is beyond goes with the last one. */
const MOST_SUBSAMPLES = 40;
const MOST_CLEAR = 0xff_ff;

/**
 * A chunk of CMAF as `fragment` made it, its samples encrypted by the scheme `cbcs` (ISO/IEC 23001-7, 10.4): of pictures one
 * block in ten of each slice, of sound all whole blocks. Sizes of samples stay what they are.
 */
export function cbcsFragment(bytes: Bytes, track: Pick<Track, 'format'>, { key, iv }: SampleKey): Bytes {
  const { sequence, decodeTime, samples } = readFragment(bytes);
  const isSound = track.format === 'mp4a';
  if (track.format === 'av01') throw new TypeError('samples of AV1 have no NAL units');
  const encrypted = samples.map((sample) => {
    const data = ownBytes(sample.data);
    const subsamples = isSound ? [] : slicesOf(data, track.format);
    if (isSound) encrypt(data, key, iv, data.length);
    let at = 0;
    for (const { clear, hidden } of subsamples) {
      at += clear;
      encrypt(data.subarray(at, at + hidden), key, iv, PATTERN.whole);
      at += hidden;
    }
    return { ...sample, data, subsamples } satisfies Sample & { subsamples: readonly Subsample[] };
  });
  return fragment(
    sequence,
    decodeTime,
    encrypted,
    encrypted.map(({ subsamples }) => subsamples),
  );
}

/** In place: the first block of each `period` bytes, chained; what is no whole block stays. */
function encrypt(data: Bytes, key: Bytes, iv: Bytes, period: number): void {
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  const length = period === data.length ? data.length - (data.length % BLOCK) : BLOCK;
  if (length === 0) return;
  for (let at = 0; at + length <= data.length; at += period)
    data.set(cipher.update(data.subarray(at, at + length)), at);
}

/** What is readable and what is not, by turns; all of the sample in the end. */
function slicesOf(data: Bytes, format: Track['format']): readonly Subsample[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const found: Subsample[] = [];
  let clear = 0;
  for (let at = 0; at < data.length;) {
    const length = at + LENGTH <= data.length ? LENGTH + view.getUint32(at) : data.length - at;
    const size = Math.min(length, data.length - at);
    const lead = LENGTH + CLEAR_LEAD;
    const isLast = found.length === MOST_SUBSAMPLES - 1;
    if (isSlice(data[at + LENGTH] ?? 0, format) && size >= lead + BLOCK) {
      clear += lead;
      const rest = isLast ? data.length - at - lead : size - lead;
      push(found, clear, rest);
      clear = 0;
      at += lead + rest;
    } else {
      clear += size;
      at += size;
    }
  }
  if (clear > 0) push(found, clear, 0);
  return found;
}

/** Its first number has sixteen bits. */
function push(found: Subsample[], clear: number, hidden: number): void {
  let left = clear;
  for (; left > MOST_CLEAR; left -= MOST_CLEAR) found.push({ clear: MOST_CLEAR, hidden: 0 });
  found.push({ clear: left, hidden });
}

/** Of a NAL unit, by its first byte: the picture itself, or what is said about it. */
function isSlice(first: number, format: Track['format']): boolean {
  if (format === 'hvc1') return ((first >> 1) & 63) < 32;
  const type = first & 31;
  return type >= 1 && type <= 5;
}
