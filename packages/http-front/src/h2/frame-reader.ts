import { FRAME_HEADER_BYTES, read31 } from './frames.ts';

/** Takes whole frames: `buffer[start..end)` is the payload, valid during the call only. */
export interface FrameTaker {
  /** False when nothing more is to be read from this connection. */
  onFrame(type: number, flags: number, streamId: number, buffer: Buffer, start: number, end: number): boolean;
  /** A frame announced more than `maxFrameBytes`; nothing of it is kept. */
  onOversized(type: number, streamId: number): void;
}

const EMPTY = Buffer.alloc(0);

/**
 * Cuts a byte stream into frames (RFC 9113 §4.1). Whole frames are read where they lie; one that comes in
 * pieces is gathered in a buffer of its own size, so that a sender of single bytes costs linear work.
 */
export class FrameReader {
  readonly #maxFrameBytes: number;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  /** Of the frame that comes in pieces: header bytes, then payload bytes so far. */
  #headerHave = 0;
  #payload: Buffer | undefined;
  #payloadHave = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Whether a frame has begun and not ended. */
  get partial(): boolean {
    return this.#headerHave > 0;
  }

  feed(chunk: Buffer, from: number, taker: FrameTaker): void {
    const end = chunk.length;
    let at = from;
    if (this.#headerHave > 0) {
      at = this.#continue(chunk, at, taker);
      if (at === -1) return;
    }
    while (end - at >= FRAME_HEADER_BYTES) {
      const length = ((chunk[at] ?? 0) << 16) | ((chunk[at + 1] ?? 0) << 8) | (chunk[at + 2] ?? 0);
      const type = chunk[at + 3] ?? 0;
      if (length > this.#maxFrameBytes) {
        taker.onOversized(type, read31(chunk, at + 5));
        return;
      }
      const start = at + FRAME_HEADER_BYTES;
      if (end - start < length) break;
      at = start + length;
      if (!taker.onFrame(type, chunk[start - 5] ?? 0, read31(chunk, start - 4), chunk, start, at)) return;
    }
    if (at < end) this.#continue(chunk, at, taker);
  }

  /** Gathers; returns where the frame ended in `chunk`, its length when it did not end, -1 to stop. */
  #continue(chunk: Buffer, from: number, taker: FrameTaker): number {
    const header = this.#header;
    let at = from;
    while (this.#headerHave < FRAME_HEADER_BYTES) {
      if (at >= chunk.length) return at;
      header[this.#headerHave] = chunk[at] ?? 0;
      this.#headerHave += 1;
      at += 1;
    }
    const length = ((header[0] ?? 0) << 16) | ((header[1] ?? 0) << 8) | (header[2] ?? 0);
    const type = header[3] ?? 0;
    const streamId = read31(header, 5);
    if (this.#payload === undefined) {
      if (length > this.#maxFrameBytes) {
        taker.onOversized(type, streamId);
        return -1;
      }
      this.#payload = length === 0 ? EMPTY : Buffer.allocUnsafe(length);
      this.#payloadHave = 0;
    }
    const payload = this.#payload;
    const take = Math.min(length - this.#payloadHave, chunk.length - at);
    chunk.copy(payload, this.#payloadHave, at, at + take);
    this.#payloadHave += take;
    at += take;
    if (this.#payloadHave < length) return at;
    this.#payload = undefined;
    this.#headerHave = 0;
    return taker.onFrame(type, header[4] ?? 0, streamId, payload, 0, length) ? at : -1;
  }
}
