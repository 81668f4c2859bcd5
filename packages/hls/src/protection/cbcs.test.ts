import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fragment, readFragment } from '../mp4/fragment.ts';
import { initSegment } from '../mp4/init-segment.ts';
import { AUDIO, VIDEO } from '../testing-units.ts';
import { cbcsFragment } from './cbcs.ts';

const KEY = {
  key: new Uint8Array(16).fill(7),
  iv: new Uint8Array(16).fill(9),
  id: new Uint8Array(16).fill(5),
};
const unit = (type: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(4 + length).fill(0xab);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = type;
  return bytes;
};
const sampleOf = (...parts: readonly Uint8Array[]) => ({
  duration: 3_600,
  compositionOffset: -90,
  key: true,
  data: Uint8Array.from(parts.flatMap((part) => [...part])),
});
/** The first block of each `period` bytes from `at` to `end`, decrypted. */
function decrypted(data: Uint8Array, at: number, end: number, period: number): Uint8Array {
  const decipher = createDecipheriv('aes-128-cbc', KEY.key, KEY.iv).setAutoPadding(false);
  const blocks: Uint8Array[] = [];
  for (let from = at; from + 16 <= end; from += period)
    blocks.push(decipher.update(data.subarray(from, from + 16)));
  return Uint8Array.from(blocks.flatMap((block) => [...block]));
}

describe('samples by the scheme cbcs (ISO/IEC 23001-7, 10.4)', () => {
  it('are what they were but for one block in ten of each slice', () => {
    const clear = sampleOf(unit(6, 300), unit(5, 1_000), unit(1, 60), unit(1, 500));
    const bytes = cbcsFragment(fragment(3, 90_000, [clear]), VIDEO, KEY);
    const whole = Buffer.from(bytes);
    // Subsamples: 304 + 68 bytes that stay, then 936; 64 + 68, then 436.
    const said = Buffer.from([0, 2, 372 >> 8, 372 & 255, 0, 0, 3, 168, 0, 132, 0, 0, 1, 180]);
    const at = whole.indexOf(said);
    expect(at).toBeGreaterThan(0);
    // The offset of `saio` counts from the moof, which comes first.
    expect(whole.readUInt32BE(whole.indexOf('saio') + 12)).toBe(at);
    expect(whole[whole.indexOf('saiz') + 13]).toBe(said.length);
    const { sequence, decodeTime, samples } = readFragment(bytes);
    expect([sequence, decodeTime]).toEqual([3, 90_000]);
    const data = Uint8Array.from(samples[0]?.data ?? []);
    expect(samples).toMatchObject([{ duration: 3_600, compositionOffset: -90, key: true }]);
    expect(data.length).toBe(clear.data.length);
    const slices = [
      { from: 372, to: 1_308 },
      { from: 1_440, to: 1_876 },
    ];
    for (let i = 0; i < data.length; i += 1) {
      const slice = slices.find(({ from, to }) => i >= from && i < to);
      const isHidden = slice !== undefined && (i - slice.from) % 160 < 16 && slice.to - i >= 16;
      if (!isHidden && slice === undefined) expect(data[i]).toBe(clear.data[i]);
    }
    for (const { from, to } of slices) {
      expect(data.subarray(from, from + 16)).not.toEqual(clear.data.subarray(from, from + 16));
      expect(data.subarray(from + 16, from + 160)).toEqual(clear.data.subarray(from + 16, from + 160));
      expect(decrypted(data, from, to, 160).every((byte) => byte === 0xab)).toBe(true);
    }
  });

  it('are encrypted in all whole blocks where they are sound', () => {
    const clear = { duration: 1_024, compositionOffset: 0, key: true, data: new Uint8Array(100).fill(1) };
    const { samples } = readFragment(cbcsFragment(fragment(1, 0, [clear]), AUDIO, KEY));
    const data = Uint8Array.from(samples[0]?.data ?? []);
    expect(decrypted(data, 0, 96, 16)).toEqual(clear.data.subarray(0, 96));
    expect(data.subarray(0, 96)).not.toEqual(clear.data.subarray(0, 96));
    expect(data.subarray(96)).toEqual(clear.data.subarray(96));
  });

  it('tell of a sample in few enough bytes, however many slices it has', () => {
    const clear = sampleOf(...Array.from({ length: 200 }, () => unit(1, 200)));
    const bytes = Buffer.from(cbcsFragment(fragment(1, 0, [clear]), VIDEO, KEY));
    const size = bytes[bytes.indexOf('saiz') + 13] ?? 0;
    expect(size).toBe(2 + 6 * 40);
    // All of it is told of.
    const at = bytes.readUInt32BE(bytes.indexOf('saio') + 12);
    let sum = 0;
    for (let i = 0; i < 40; i += 1)
      sum += bytes.readUInt16BE(at + 2 + 6 * i) + bytes.readUInt32BE(at + 4 + 6 * i);
    expect(sum).toBe(clear.data.length);
  });

  it('do not break on what is no access unit at all', () => {
    for (const data of [[], [0], [0, 0, 0, 200, 1], [255, 255, 255, 255, 5], Array(300).fill(255)]) {
      const clear = { duration: 1, compositionOffset: 0, key: false, data: Uint8Array.from(data) };
      const { samples } = readFragment(cbcsFragment(fragment(1, 0, [clear]), VIDEO, KEY));
      expect(samples[0]?.data.length).toBe(data.length);
    }
  });

  it('are announced by the initialisation segment, with what they are and the name of the key', () => {
    const video = Buffer.from(initSegment(VIDEO, KEY));
    for (const type of ['encv', 'avcC', 'sinf', 'schm', 'cbcs', 'tenc'])
      expect(video.includes(type)).toBe(true);
    expect(video.indexOf('avc1')).toBe(video.indexOf('frma') + 4);
    const tenc = video.subarray(video.indexOf('tenc') + 4);
    // Version 1; one block of ten; encrypted, no vector a sample; name; a vector for all.
    expect([...tenc.subarray(0, 8)]).toEqual([1, 0, 0, 0, 0, 0x19, 1, 0]);
    expect([...tenc.subarray(8, 24)]).toEqual([...KEY.id]);
    expect([...tenc.subarray(24, 41)]).toEqual([16, ...KEY.iv]);
    expect(video.includes(Buffer.from(KEY.key))).toBe(false);
    const audio = Buffer.from(initSegment(AUDIO, KEY));
    expect(audio.includes('enca')).toBe(true);
    expect(audio[audio.indexOf('tenc') + 9]).toBe(0);
  });
});
