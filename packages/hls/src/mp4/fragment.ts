import { ownBytes } from '@media-network/runtime/own-bytes';
import { box, fullBox, uint16, uint32, uint64, uint8 } from './box.ts';
import type { Bytes } from './box.ts';

/** One access unit, in ticks of its track. */
export interface Sample {
  readonly duration: number;
  /** How much later than decoded it is shown. */
  readonly compositionOffset: number;
  /** Whether decoding can begin here. */
  readonly key: boolean;
  readonly data: Bytes;
}

/** A stretch of a sample that is as it was, and one that is encrypted after it; bytes. */
export interface Subsample {
  readonly clear: number;
  readonly hidden: number;
}

const TRACK_ID = 1;
/** `sample_depends_on`: no other; or others, and it is no sync sample (14496-12, 8.8.3.1). */
const FLAGS = { key: 0x02_00_00_00, other: 0x01_01_00_00 } as const;

/** Bytes of the boxes before its first row, up to there, as `fragment` writes them. */
const AT = { sequence: 20, decodeTime: 60, count: 80, rows: 88, row: 16 } as const;
const BOX_HEAD = 8;

/**
 * One movie fragment with its data (14496-12, 8.8): a chunk of CMAF. `decodeTime` in ticks since the track began. `hidden`: of
 * each sample, what of it is encrypted (23001-7, 7.2); none of a sample that is encrypted as a whole.
 */
export function fragment(
  sequence: number,
  decodeTime: number,
  samples: readonly Sample[],
  hidden?: readonly (readonly Subsample[])[],
): Bytes {
  const rows = samples.map(({ duration, compositionOffset, key, data }) => {
    const row = uint32(duration, data.length, key ? FLAGS.key : FLAGS.other, 0);
    new DataView(row.buffer).setInt32(12, compositionOffset);
    return row;
  });
  const moof = (offset: number, saysAt: number): Bytes =>
    box(
      'moof',
      fullBox('mfhd', 0, 0, uint32(sequence)),
      box(
        'traf',
        // Offsets count from the moof.
        fullBox('tfhd', 0, 0x02_00_00, uint32(TRACK_ID)),
        fullBox('tfdt', 1, 0, uint64(decodeTime)),
        // Data offset; duration, size, flags and composition offset of each sample.
        fullBox('trun', 1, 0x0f_01, uint32(samples.length, offset), ...rows),
        ...(hidden === undefined ? [] : encryption(hidden, saysAt)),
      ),
    );
  const says = (hidden ?? []).reduce((sum, each) => sum + sizeOf(each), 0);
  const headBytes = moof(0, 0).length;
  return ownBytes(
    moof(headBytes + BOX_HEAD, headBytes - says),
    box('mdat', ...samples.map(({ data }) => data)),
  );
}

const sizeOf = (subsamples: readonly Subsample[]): number =>
  subsamples.length === 0 ? 0 : 2 + 6 * subsamples.length;

/** What is said of each sample comes last, `saysAt` bytes from the moof. IVs are those of the track (23001-7, 9.2). */
function encryption(hidden: readonly (readonly Subsample[])[], saysAt: number): readonly Bytes[] {
  const isWhole = hidden.every((each) => each.length === 0);
  const entries = hidden.map((each) =>
    each.length === 0
      ? uint8()
      : ownBytes(
          uint16(each.length),
          ...each.map(({ clear, hidden: bytes }) => ownBytes(uint16(clear), uint32(bytes))),
        ),
  );
  const senc = fullBox('senc', 0, isWhole ? 0 : 2, uint32(hidden.length), ...entries);
  if (isWhole) return [senc];
  const sizes = Uint8Array.from(hidden, (each) => sizeOf(each));
  return [
    fullBox('saiz', 0, 0, uint8(0), uint32(hidden.length), sizes),
    fullBox('saio', 0, 0, uint32(1, saysAt)),
    senc,
  ];
}

/** What `fragment` made, of samples that nobody has encrypted; data in the same memory. */
export function readFragment(bytes: Bytes): {
  readonly sequence: number;
  readonly decodeTime: number;
  readonly samples: readonly Sample[];
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples: Sample[] = [];
  let data = view.getUint32(0) + BOX_HEAD;
  for (let i = 0; i < view.getUint32(AT.count); i += 1) {
    const row = AT.rows + AT.row * i;
    const size = view.getUint32(row + 4);
    samples.push({
      duration: view.getUint32(row),
      compositionOffset: view.getInt32(row + 12),
      key: view.getUint32(row + 8) === FLAGS.key,
      data: bytes.subarray(data, data + size),
    });
    data += size;
  }
  const decodeTime = Number(view.getBigUint64(AT.decodeTime));
  return { sequence: view.getUint32(AT.sequence), decodeTime, samples };
}
