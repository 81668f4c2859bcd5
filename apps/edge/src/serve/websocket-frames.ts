import { createHash } from 'node:crypto';

/** RFC 6455 §1.3: what a server that understood the question makes of its key. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'latin1').digest('base64');
}

/** RFC 6455 §4.1: sixteen bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

export function isKey(key: string | undefined): boolean {
  return key !== undefined && KEY.test(key);
}

/** Why a WebSocket ends, in its own numbers (RFC 6455 §7.4.1, and the registry that it opens). */
export const CloseStatus = { goingAway: 1001, tryAgainLater: 1013 } as const;

/** A Close frame of a server: unmasked, at most 125 bytes of payload. */
export function closeFrame(status: number, reason: string): Buffer {
  const words = Buffer.from(reason, 'latin1').subarray(0, 123);
  const frame = Buffer.allocUnsafe(4 + words.length);
  frame[0] = 0x88;
  frame[1] = 2 + words.length;
  frame.writeUInt16BE(status, 2);
  frame.set(words, 4);
  return frame;
}

const CLOSE = 0x8;
/** Flags and opcode, length up to eight bytes more, four of the mask. */
const LONGEST_HEAD = 14;

/**
 * Where frames of one direction begin and end (RFC 6455 §5.2): between two of them a Close may be said, inside one it
 * would be payload. Nothing of the payload is looked at, whatever extensions make of it.
 */
export class FrameTracker {
  readonly #head = Buffer.alloc(LONGEST_HEAD);
  #have = 0;
  /** Of the payload of the frame under way. */
  #left = 0;
  #opcode = 0;
  /** A Close has gone through: nothing may follow it. */
  closed = false;

  get atBoundary(): boolean {
    return this.#have === 0;
  }

  /** Takes bytes of the stream, with `toBoundary` no further than to the next end of a frame. Returns how many. */
  take(bytes: Uint8Array, toBoundary = false): number {
    let at = 0;
    while (at < bytes.length) {
      if (toBoundary && this.atBoundary) return at;
      at = this.#left > 0 ? this.#payload(bytes, at) : this.#headByte(bytes[at] ?? 0, at);
    }
    return at;
  }

  #payload(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#left, bytes.length - at);
    this.#left -= taken;
    if (this.#left === 0) this.#frameEnds();
    return at + taken;
  }

  #headByte(byte: number, at: number): number {
    this.#head[this.#have] = byte;
    this.#have += 1;
    if (this.#have < 2) return at + 1;
    const second = this.#head[1] ?? 0;
    const short = second & 0x7f;
    const more = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (this.#have < 2 + more + ((second & 0x80) === 0 ? 0 : 4)) return at + 1;
    this.#opcode = (this.#head[0] ?? 0) & 0x0f;
    this.#left =
      more === 8 ? Number(this.#head.readBigUInt64BE(2)) : more === 2 ? this.#head.readUInt16BE(2) : short;
    if (this.#left === 0) this.#frameEnds();
    return at + 1;
  }

  #frameEnds(): void {
    this.#have = 0;
    if (this.#opcode === CLOSE) this.closed = true;
  }
}
