import { readAudio, readVideo } from './media-tag.ts';
import type { MediaTag, UnknownTag } from './media-tag.ts';

/** Reads a stream of FLV (Adobe Flash Video 10.1, annex E) as it comes, cut anywhere. */
export interface FlvReader {
  /** Throws a RangeError for what is no FLV, or a tag that is longer than may be. */
  push(bytes: Uint8Array, onTag: (tag: MediaTag | UnknownTag) => void): void;
}

const HEADER_BYTES = 9;
/** The length of the tag before, which nobody needs. */
const BETWEEN_BYTES = 4;
const TAG_BYTES = 11;
const [AUDIO, VIDEO] = [8, 9];
const MOST_TAG_BYTES = 8 * 2 ** 20;

export function createFlvReader(): FlvReader {
  let held: Buffer = Buffer.alloc(0);
  let isOpen = false;
  return {
    push(bytes, onTag) {
      held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes]);
      let at = 0;
      if (!isOpen) {
        if (held.length < HEADER_BYTES) return;
        if (held.toString('latin1', 0, 3) !== 'FLV') throw new RangeError('not FLV');
        at = held.readUInt32BE(5);
        if (at < HEADER_BYTES || at > 1_024) throw new RangeError('not FLV');
        if (held.length < at) return;
        isOpen = true;
      }
      for (;;) {
        const from = at + BETWEEN_BYTES;
        if (held.length < from + TAG_BYTES) break;
        const length = held.readUIntBE(from + 1, 3);
        if (length > MOST_TAG_BYTES) throw new RangeError('an FLV tag is too long');
        const end = from + TAG_BYTES + length;
        if (held.length < end) break;
        const ms = (held.readUIntBE(from + 4, 3) | ((held[from + 7] ?? 0) << 24)) >>> 0;
        const payload = held.subarray(from + TAG_BYTES, end);
        const type = (held[from] ?? 0) & 31;
        if (type === VIDEO) onTag(readVideo(payload, ms));
        else if (type === AUDIO) onTag(readAudio(payload, ms));
        at = end;
      }
      held = held.subarray(at);
    },
  };
}
