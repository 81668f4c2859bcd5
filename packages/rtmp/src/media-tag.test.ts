import { describe, expect, it } from 'vitest';
import { readAudio, readVideo } from './media-tag.ts';

const of = (...bytes: readonly (number | string)[]): Uint8Array =>
  Uint8Array.from(
    bytes.flatMap((byte) => (typeof byte === 'string' ? [...new TextEncoder().encode(byte)] : [byte])),
  );

describe('a video message', () => {
  it.each([
    [
      'H.264 of old, its configuration',
      of(0x17, 0, 0, 0, 0, 1, 2),
      { codec: 'avc', part: 'config', key: true, data: of(1, 2) },
    ],
    [
      'H.264 of old, shown earlier than decoded',
      of(0x27, 1, 255, 255, 254, 5),
      { codec: 'avc', part: 'frame', key: false, compositionMs: -2, data: of(5) },
    ],
    ['enhanced HEVC, configuration', of(0x90, 'hvc1', 3), { codec: 'hevc', part: 'config', data: of(3) }],
    [
      'enhanced HEVC with a composition time',
      of(0x91, 'hvc1', 0, 0, 40, 3),
      { codec: 'hevc', part: 'frame', key: true, compositionMs: 40, data: of(3) },
    ],
    [
      'enhanced HEVC shown at once',
      of(0xa3, 'hvc1', 3),
      { codec: 'hevc', part: 'frame', key: false, compositionMs: 0 },
    ],
    ['enhanced AV1', of(0x91, 'av01', 3), { codec: 'av1', part: 'frame', compositionMs: 0, data: of(3) }],
    [
      'the first of several tracks',
      of(0x96, 0x01, 'hvc1', 0, 0, 0, 7, 3),
      { codec: 'hevc', part: 'frame', compositionMs: 7 },
    ],
  ])('can be %s', (_, payload, tag) => {
    expect(readVideo(payload, 9)).toMatchObject({ kind: 'video', timestampMs: 9, ...tag });
  });

  it.each([
    ['nothing', of(), undefined],
    ['a command frame', of(0x57, 0), undefined],
    ['an end of sequence', of(0x17, 2, 0, 0, 0), undefined],
    ['a second track', of(0x96, 0x01, 'hvc1', 1, 0, 0, 7, 3), undefined],
    ['VP6', of(0x14, 1), 'video of VP6; send H.264'],
    ['enhanced VP9', of(0x91, 'vp09', 1), 'video of vp09; send H.264, HEVC or AV1'],
  ])('can be %s, which is left out', (_, payload, what) => {
    expect(readVideo(payload, 0)).toEqual({ kind: 'unknown', what });
  });
});

describe('an audio message', () => {
  it.each([
    [
      'AAC, its configuration',
      of(0xaf, 0, 0x12, 0x10),
      { codec: 'aac', part: 'config', data: of(0x12, 0x10) },
    ],
    ['AAC', of(0xaf, 1, 5), { codec: 'aac', part: 'frame', data: of(5) }],
    ['enhanced Opus', of(0x91, 'Opus', 5), { codec: 'opus', part: 'frame', data: of(5) }],
    ['enhanced AAC in a track', of(0x95, 0x00, 'mp4a', 0, 1), { codec: 'aac', part: 'config', data: of(1) }],
  ])('can be %s', (_, payload, tag) => {
    expect(readAudio(payload, 9)).toMatchObject({ kind: 'audio', timestampMs: 9, ...tag });
  });

  it('of another format is left out, and it is said', () => {
    expect(readAudio(of(0x2f, 1), 0)).toEqual({ kind: 'unknown', what: 'audio of format 2; send AAC' });
    expect(readAudio(of(0xaf), 0)).toEqual({ kind: 'unknown', what: undefined });
  });
});
