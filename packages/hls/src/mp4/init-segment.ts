import { ownBytes } from '@media-network/runtime/own-bytes';
import { ascii, box, fullBox, uint8, uint16, uint32 } from './box.ts';
import type { Bytes } from './box.ts';
import type { AudioTrack, Track, VideoTrack } from './track.ts';

const TRACK_ID = 1;
const CONFIG_BOX = { avc1: 'avcC', hvc1: 'hvcC', av01: 'av1C' } as const;
/** Fixed-point 1.0 on the diagonal: the picture as it is. */
const MATRIX = uint32(0x1_00_00, 0, 0, 0, 0x1_00_00, 0, 0, 0, 0x40_00_00_00);
const zeros = (count: number): Bytes => new Uint8Array(count);

/** Samples are encrypted by the scheme `cbcs` with the key of this name, each beginning with this vector (ISO/IEC 23001-7, 8.2). */
export interface Protection {
  readonly id: Bytes;
  readonly iv: Bytes;
}

/** The initialisation segment of a CMAF track (ISO/IEC 23000-19, 7.3.1): one track, no samples. */
export function initSegment(track: Track, protection?: Protection): Bytes {
  return ownBytes(
    box('ftyp', ascii('iso6'), uint32(1), ascii('iso6cmfcmp41')),
    box(
      'moov',
      fullBox(
        'mvhd',
        0,
        0,
        uint32(0, 0, 1_000, 0, 0x1_00_00),
        uint16(0x01_00),
        zeros(10),
        MATRIX,
        zeros(24),
        uint32(TRACK_ID + 1),
      ),
      box('trak', trackHeader(track), media(track, protection)),
      box('mvex', fullBox('trex', 0, 0, uint32(TRACK_ID, 1, 0, 0, 0))),
    ),
  );
}

function trackHeader(track: Track): Bytes {
  const video = track.kind === 'video';
  return fullBox(
    'tkhd',
    0,
    // Enabled, in the movie.
    3,
    uint32(0, 0, TRACK_ID, 0, 0),
    zeros(8),
    uint16(0, 0, video ? 0 : 0x01_00, 0),
    MATRIX,
    uint32(video ? track.width * 0x1_00_00 : 0, video ? track.height * 0x1_00_00 : 0),
  );
}

function media(track: Track, protection: Protection | undefined): Bytes {
  const video = track.kind === 'video';
  const handler = fullBox(
    'hdlr',
    0,
    0,
    uint32(0),
    ascii(video ? 'vide' : 'soun'),
    zeros(12),
    ascii(video ? 'Video\0' : 'Audio\0'),
  );
  const header = video ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4));
  const here = box('dinf', fullBox('dref', 0, 0, uint32(1), fullBox('url ', 0, 1)));
  const entry = video ? videoEntry(track, protection) : audioEntry(track, protection);
  const empty = ['stts', 'stsc', 'stco'].map((type) => fullBox(type, 0, 0, uint32(0)));
  const table = box(
    'stbl',
    fullBox('stsd', 0, 0, uint32(1), entry),
    ...empty,
    fullBox('stsz', 0, 0, uint32(0, 0)),
  );
  // The language is undetermined.
  const about = fullBox('mdhd', 0, 0, uint32(0, 0, track.timescale, 0), uint16(0x55_c4, 0));
  return box('mdia', about, handler, box('minf', header, here, table));
}

function videoEntry(track: VideoTrack, protection: Protection | undefined): Bytes {
  return box(
    protection === undefined ? track.format : 'encv',
    zeros(6),
    uint16(1),
    zeros(16),
    uint16(track.width, track.height),
    // 72 dots an inch, one frame a sample, no name, 24 bits.
    uint32(0x48_00_00, 0x48_00_00, 0),
    uint16(1),
    zeros(32),
    uint16(0x00_18, 0xff_ff),
    box(CONFIG_BOX[track.format], track.config),
    // One block in ten.
    ...(protection === undefined ? [] : [schemeInfo(track.format, 0x19, protection)]),
  );
}

function audioEntry(track: AudioTrack, protection: Protection | undefined): Bytes {
  return box(
    protection === undefined ? 'mp4a' : 'enca',
    zeros(6),
    uint16(1),
    zeros(8),
    uint16(track.channels, 16, 0, 0),
    // Rates above 16 bits are said by the configuration alone.
    uint32(track.timescale < 0x1_00_00 ? track.timescale * 0x1_00_00 : 0),
    elementaryStream(track.config),
    // All blocks.
    ...(protection === undefined ? [] : [schemeInfo(track.format, 0, protection)]),
  );
}

/** What the samples are and how they are encrypted; `pattern`: blocks that are, and blocks that are not, four bits each. */
function schemeInfo(format: Track['format'], pattern: number, { id, iv }: Protection): Bytes {
  const track = fullBox('tenc', 1, 0, uint8(0, pattern, 1, 0), id, uint8(iv.length), iv);
  return box(
    'sinf',
    box('frma', ascii(format)),
    fullBox('schm', 0, 0, ascii('cbcs'), uint32(0x1_00_00)),
    box('schi', track),
  );
}

/** Its tag, its length, what is in it; below 128 bytes here. */
const descriptor = (tag: number, ...parts: readonly Bytes[]): Bytes => {
  const body = ownBytes(...parts);
  return ownBytes(uint8(tag, body.length), body);
};

/** ISO/IEC 14496-1, 7.2.6.5: MPEG-4 audio and its configuration. */
function elementaryStream(config: Bytes): Bytes {
  const decoder = descriptor(4, uint8(0x40, 0x15, 0, 0, 0), uint32(0, 0), descriptor(5, config));
  return fullBox('esds', 0, 0, descriptor(3, uint16(TRACK_ID), uint8(0), decoder, descriptor(6, uint8(2))));
}
