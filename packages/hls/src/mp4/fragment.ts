import { ownBytes } from '@media-network/runtime/own-bytes';
import { box, fullBox, uint32, uint64 } from './box.ts';
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

const TRACK_ID = 1;
/** `sample_depends_on`: no other; or others, and it is no sync sample (14496-12, 8.8.3.1). */
const FLAGS = { key: 0x02_00_00_00, other: 0x01_01_00_00 } as const;

/** One movie fragment with its data (14496-12, 8.8): a chunk of CMAF. `decodeTime` in ticks since the track began. */
export function fragment(sequence: number, decodeTime: number, samples: readonly Sample[]): Bytes {
  const rows = samples.map(({ duration, compositionOffset, key, data }) => {
    const row = uint32(duration, data.length, key ? FLAGS.key : FLAGS.other, 0);
    new DataView(row.buffer).setInt32(12, compositionOffset);
    return row;
  });
  const moof = (offset: number): Bytes =>
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
      ),
    );
  const headBytes = moof(0).length;
  return ownBytes(moof(headBytes + 8), box('mdat', ...samples.map(({ data }) => data)));
}
