import {
  END_HEADERS,
  END_STREAM,
  ErrorCode,
  HAS_PRIORITY,
  PADDED,
  PRIORITY_BYTES,
  read31,
} from './frames.ts';
import type { Http2Limits } from './h2-limits.ts';

/** What a HEADERS or CONTINUATION frame amounts to. */
export type BlockStep = 'more' | 'whole' | { readonly code: ErrorCode };

/**
 * Puts header blocks together (RFC 9113 §4.3, §6.2, §6.10): padding and priority off, continuations on.
 * While one is under way no other frame may come; whoever calls sees to that by `streamId`.
 */
export class BlockReader {
  readonly #limits: Http2Limits;
  #parts: Buffer[] = [];
  #bytes = 0;
  #continuations = 0;
  /** Stream of the block under way; 0 when none is. */
  streamId = 0;
  /** END_STREAM of its HEADERS frame. */
  endStream = false;
  /** Its stream was said to depend on itself (RFC 7540 §5.3.1). */
  selfDependent = false;
  /** The whole block, valid until the next call. */
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;

  constructor(limits: Http2Limits) {
    this.#limits = limits;
  }

  headers(flags: number, id: number, buffer: Buffer, from: number, to: number): BlockStep {
    if (id % 2 === 0) return { code: ErrorCode.protocol };
    let start = from;
    let end = to;
    if ((flags & PADDED) !== 0) {
      if (start === end) return { code: ErrorCode.frameSize };
      end -= buffer[start] ?? 0;
      start += 1;
    }
    this.selfDependent = false;
    if ((flags & HAS_PRIORITY) !== 0) {
      if (to - start < PRIORITY_BYTES) return { code: ErrorCode.frameSize };
      this.selfDependent = read31(buffer, start) === id;
      start += PRIORITY_BYTES;
    }
    // Padding beyond what is left.
    if (end < start) return { code: ErrorCode.protocol };
    this.endStream = (flags & END_STREAM) !== 0;
    if ((flags & END_HEADERS) !== 0) {
      this.buffer = buffer;
      this.start = start;
      this.end = end;
      return 'whole';
    }
    this.streamId = id;
    this.#continuations = 0;
    this.#bytes = end - start;
    // A copy: the bytes belong to the socket.
    this.#parts = [Buffer.from(buffer.subarray(start, end))];
    return 'more';
  }

  continuation(flags: number, buffer: Buffer, start: number, end: number): BlockStep {
    if (this.streamId === 0) return { code: ErrorCode.protocol };
    this.#continuations += 1;
    this.#bytes += end - start;
    const { maxBlockBytes, maxContinuations } = this.#limits;
    if (this.#continuations > maxContinuations || this.#bytes > maxBlockBytes)
      return { code: ErrorCode.enhanceYourCalm };
    this.#parts.push(Buffer.from(buffer.subarray(start, end)));
    if ((flags & END_HEADERS) === 0) return 'more';
    this.buffer = Buffer.concat(this.#parts);
    this.start = 0;
    this.end = this.buffer.length;
    this.#parts = [];
    this.streamId = 0;
    return 'whole';
  }
}
