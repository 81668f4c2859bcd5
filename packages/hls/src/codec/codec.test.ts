import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aacTrack } from './aac.ts';
import { av1Sample, av1Track } from './av1.ts';
import { avcTrack } from './avc.ts';
import { hevcTrack } from './hevc.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** avcC records as x264 writes them, of sizes that are not whole blocks. */
const AVC = {
  '1920x1080 high':
    '01640028ffe1001c 67640028acd940780227e5c04400000300040000030078 3c60c658 01000468ebe3cb22c0',
} as const;

describe('a configuration of H.264', () => {
  it('says size and codec, cropping included', () => {
    const track = avcTrack(hex(AVC['1920x1080 high']));
    expect(track).toMatchObject({ codecs: 'avc1.640028', width: 1_920, height: 1_080, timescale: 90_000 });
  });

  it.each([
    ['nothing', ''],
    ['another version', '02640028ffe1000467640028'],
    ['a parameter set that is cut off', '01640028ffe1001c67640028acd9'],
    ['lengths of two bytes', '01640028fde1000467640028'],
    ['no parameter set', '01640028ffe0'],
  ])('of %s is refused', (_, text) => {
    expect(() => avcTrack(hex(text))).toThrow(expect.objectContaining({ code: 'hls/bad-config' }));
  });

  it('of any bytes is read or refused, and never of a size that no player takes', () => {
    const head = hex('01640028ffe10014');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (sps) => {
        try {
          const { width, height } = avcTrack(Uint8Array.from([...head, ...sps]));
          expect(width > 0 && width <= 16_384 && height > 0 && height <= 16_384).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'hls/bad-config' });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a configuration of AAC', () => {
  it.each([
    ['1210', 'mp4a.40.2', 44_100, 2],
    ['1190', 'mp4a.40.2', 48_000, 2],
    ['1388', 'mp4a.40.2', 22_050, 1],
    ['1 1b8'.replace(' ', ''), 'mp4a.40.2', 48_000, 8],
    ['2b8a08', 'mp4a.40.5', 22_050, 1],
  ])('%s says codec, rate and channels', (text, codecs, timescale, channels) => {
    expect(aacTrack(hex(text))).toMatchObject({ codecs, timescale, channels });
  });

  it('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        try {
          const { timescale, channels } = aacTrack(bytes);
          expect(timescale >= 7_350 && timescale <= 192_000 && channels > 0).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'hls/bad-config' });
        }
      }),
    );
  });
});

describe('a configuration of HEVC', () => {
  it('of any bytes is read or refused', () => {
    const head = hex('0101600000009000000000003cf000fcfdf8f800000f012100010018');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 24 }), (sps) => {
        try {
          const { width, height } = hevcTrack(Uint8Array.from([...head, ...sps]));
          expect(width > 0 && width <= 16_384 && height > 0 && height <= 16_384).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'hls/bad-config' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '',
    '01',
    '0101600000009000000000003cf000fcfdf8f800000f01',
    '0101600000009000000000003cf000fcfdf8f800000f012100010018',
  ])('that is cut off is refused: %s', (text) => {
    expect(() => hevcTrack(hex(text))).toThrow(expect.objectContaining({ code: 'hls/bad-config' }));
  });
});

describe('a configuration of AV1', () => {
  it.each([
    // libaom, and SVT-AV1 with ten bits.
    ['81000c00 0a0a00000003b61ed36be401', 'av01.0.00M.08', 196, 110],
    ['81084c00 0a0b00000042abbfc3700be101', 'av01.0.08M.10', 1_920, 1_080],
  ] as const)('of %s is %s', (config, codecs, width, height) => {
    expect(av1Track(hex(config))).toMatchObject({ codecs, width, height, format: 'av01' });
  });

  it.each([
    '',
    '81',
    '81000c00',
    '01000c00 0a0a00000003b61ed36be401',
    '81000c00 0a0b00000003b61ed36be401',
    '81000c00 1200',
  ])('is refused where it is "%s"', (config) => {
    expect(() => av1Track(hex(config))).toThrow(expect.objectContaining({ code: 'hls/bad-config' }));
  });

  it('of any bytes is read or refused', () => {
    const head = hex('81000c00');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, isHeader) => {
        const obu = isHeader ? Uint8Array.from([0x0a, bytes.length, ...bytes]) : bytes;
        try {
          const { width, height } = av1Track(Uint8Array.from([...head, ...obu]));
          expect(width > 0 && width <= 16_384 && height > 0 && height <= 16_384).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'hls/bad-config' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('has samples without what begins a temporal unit', () => {
    expect([...av1Sample(hex('12000a01'))]).toEqual([0x0a, 1]);
    expect([...av1Sample(hex('0a01'))]).toEqual([0x0a, 1]);
  });
});
