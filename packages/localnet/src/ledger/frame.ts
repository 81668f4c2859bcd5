import { crc32 } from 'node:zlib';
import { MAX_FRAME_BYTES } from '../limits.ts';

/**
 * One frame of a log or snapshot, little-endian:
 *
 *     magic u32 | number u64 | payload length u32 | CRC-32 of the payload u32 | CRC-32 of the 20 bytes before u32 | payload
 *
 * A frame of the log is one group commit: it is synced before the next is written, so a crash can only tear
 * the last one. Numbers count up by one, so a frame out of place is noticed.
 */
export const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x4c4e4631; // "LNF1"

export function encodeFrame(number: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeBigUInt64LE(BigInt(number), 4);
  frame.writeUInt32LE(payload.length, 12);
  frame.writeUInt32LE(crc32(payload), 16);
  frame.writeUInt32LE(crc32(frame.subarray(0, 20)), 20);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

export type FrameRead =
  | { readonly kind: 'frame'; readonly number: number; readonly payload: Buffer; readonly end: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'bad' };

export function readFrame(bytes: Buffer, at: number): FrameRead {
  if (at === bytes.length) return { kind: 'end' };
  if (at + FRAME_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return { kind: 'bad' };
  if (crc32(bytes.subarray(at, at + 20)) !== bytes.readUInt32LE(at + 20)) return { kind: 'bad' };
  const length = bytes.readUInt32LE(at + 12);
  const end = at + FRAME_HEADER_BYTES + length;
  if (length > MAX_FRAME_BYTES || end > bytes.length) return { kind: 'bad' };
  const payload = bytes.subarray(at + FRAME_HEADER_BYTES, end);
  if (crc32(payload) !== bytes.readUInt32LE(at + 16)) return { kind: 'bad' };
  return { kind: 'frame', number: Number(bytes.readBigUInt64LE(at + 4)), payload, end };
}

export interface Scan {
  readonly frames: readonly { readonly number: number; readonly payload: Buffer }[];
  /** Bytes up to the end of the last good frame. */
  readonly goodBytes: number;
  /** `torn`: bytes after that are no frame, and none follows. `corrupt`: good frames follow damaged bytes. */
  readonly end: 'clean' | 'torn' | 'corrupt';
}

/** Reads frames until the end or the first damage, and then tells a torn tail from damage in the middle. */
export function scanFrames(bytes: Buffer, firstNumber: number): Scan {
  const frames: { number: number; payload: Buffer }[] = [];
  let at = 0;
  for (;;) {
    const read = readFrame(bytes, at);
    if (read.kind === 'end') return { frames, goodBytes: at, end: 'clean' };
    if (read.kind === 'frame' && read.number !== firstNumber + frames.length) {
      return { frames, goodBytes: at, end: 'corrupt' };
    }
    if (read.kind === 'bad') break;
    frames.push({ number: read.number, payload: read.payload });
    at = read.end;
  }
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  for (let next = bytes.indexOf(magic, at + 1); next !== -1; next = bytes.indexOf(magic, next + 1)) {
    const read = readFrame(bytes, next);
    // A frame with a later number was written after this one was synced. An earlier number is stored data.
    if (read.kind === 'frame' && read.number > firstNumber + frames.length) {
      return { frames, goodBytes: at, end: 'corrupt' };
    }
  }
  return { frames, goodBytes: at, end: 'torn' };
}
