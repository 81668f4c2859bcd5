import { crc32 } from 'node:zlib';

/** `length u32 ‖ crc32 u32 ‖ payload`, little-endian: the unit that is either in the journal whole or not at all. */
const HEAD = 8;
/** A length above this is taken for a torn or foreign head. */
const MAX_FRAME = 16 * 2 ** 20;

export function encodeFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  frame.set(payload, HEAD);
  return frame;
}

export interface Frames {
  readonly payloads: readonly Buffer[];
  /** Length of the intact beginning; what lies behind it is a torn tail. */
  readonly intact: number;
}

/** Reads frames up to the first one that is cut short or whose checksum is off. */
export function readFrames(file: Buffer): Frames {
  const payloads: Buffer[] = [];
  let offset = 0;
  while (offset + HEAD <= file.length) {
    const length = file.readUInt32LE(offset);
    const end = offset + HEAD + length;
    if (length === 0 || length > MAX_FRAME || end > file.length) break;
    const payload = file.subarray(offset + HEAD, end);
    if (crc32(payload) !== file.readUInt32LE(offset + 4)) break;
    payloads.push(payload);
    offset = end;
  }
  return { payloads, intact: offset };
}
