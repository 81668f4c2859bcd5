import { rtmpError } from './failure.ts';
import type { RtmpLimits } from './limits.ts';

/** A message of the chunk stream (RTMP 1.0, 5.3 and 5.4), whole. */
export interface RtmpMessage {
  readonly type: number;
  readonly streamId: number;
  /** Milliseconds, modulo 2³². */
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}

export interface ChunkReader {
  /** Takes bytes in any pieces, and gives each message that ends in them to `take`, in order. Throws `rtmp/malformed`, `rtmp/too-much`. */
  push(bytes: Uint8Array, take: (message: RtmpMessage) => void): void;
  /** From now on these limits hold. */
  limit(limits: RtmpLimits): void;
  /** Bytes announced by messages that have not ended. */
  readonly heldBytes: number;
}

/** What a chunk stream remembers between chunks. */
interface ChunkStream {
  timestampMs: number;
  deltaMs: number;
  length: number;
  type: number;
  streamId: number;
  /** The extended timestamp of its last head that had one. */
  extended: number | undefined;
  /** The message that has begun. */
  message: Uint8Array | undefined;
  filled: number;
}

/** Bytes of a message head by the chunk's format. */
const HEAD_BYTES = [11, 7, 3, 0] as const;
const EXTENDED = 0xff_ff_ff;
const DEFAULT_CHUNK_BYTES = 128;
/** A basic head of three bytes, a message head of eleven, an extended timestamp. */
const MOST_HEAD_BYTES = 18;

const SET_CHUNK_SIZE = 1;
const ABORT = 2;

const uint = (bytes: Uint8Array, at: number, length: number): number => {
  let value = 0;
  for (let i = 0; i < length; i += 1) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
};

/** Reads the chunk stream of one connection, from the byte after the handshake on (RTMP 1.0, 5.3). */
export function createChunkReader(first: RtmpLimits): ChunkReader {
  let limits = first;
  let chunkBytes = DEFAULT_CHUNK_BYTES;
  let heldBytes = 0;
  const streams = new Map<number, ChunkStream>();
  const head = new Uint8Array(MOST_HEAD_BYTES);
  let headLength = 0;
  /** The chunk whose payload comes now. */
  let current: ChunkStream | undefined;
  let left = 0;

  /** Length of the basic head and of the chunk's number, once its bytes are there. */
  function basicHead(): { readonly bytes: number; readonly id: number } | undefined {
    const low = (head[0] ?? 0) & 63;
    if (low >= 2) return { bytes: 1, id: low };
    const bytes = low === 0 ? 2 : 3;
    if (headLength < bytes) return undefined;
    return { bytes, id: 64 + (head[1] ?? 0) + (low === 1 ? 256 * (head[2] ?? 0) : 0) };
  }

  /** Begins the chunk whose head is there in whole; false while bytes of it are missing. */
  function begin(): boolean {
    const basic = basicHead();
    if (basic === undefined) return false;
    const format = (head[0] ?? 0) >> 6;
    const messageHead = HEAD_BYTES[format] ?? 0;
    let needed = basic.bytes + messageHead;
    if (headLength < needed) return false;
    const known = streams.get(basic.id);
    if (known === undefined && format !== 0 && format !== 1)
      throw rtmpError('rtmp/malformed', 'A chunk continues a message that never began.');
    const at = basic.bytes;
    const stamp = format < 3 ? uint(head, at, 3) : 0;
    const isExtended = format < 3 ? stamp === EXTENDED : known?.extended !== undefined;
    if (isExtended) needed += 4;
    if (headLength < needed) return false;
    const extended = isExtended ? uint(head, needed - 4, 4) : undefined;
    const stream = known ?? open(basic.id);

    if (stream.message === undefined) {
      if (format < 2) {
        stream.length = uint(head, at + 3, 3);
        stream.type = head[at + 6] ?? 0;
      }
      // The one number of RTMP that is little-endian.
      if (format === 0)
        stream.streamId = new DataView(head.buffer, head.byteOffset + at + 7, 4).getUint32(0, true);
      if (format < 3) stream.extended = extended;
      const value = extended ?? stamp;
      if (format === 0) {
        stream.timestampMs = value;
        // What encoders do, whatever 5.3.1.2.4 says: a message of format 3 after one of format 0 has its time.
        stream.deltaMs = 0;
      } else {
        if (format < 3) stream.deltaMs = value;
        stream.timestampMs = (stream.timestampMs + stream.deltaMs) >>> 0;
      }
      start(stream);
    } else if (format !== 3) {
      throw rtmpError(
        'rtmp/malformed',
        'A message begins before the one before it on its chunk stream has ended.',
      );
    }
    left = Math.min(chunkBytes, stream.length - stream.filled);
    current = stream;
    // Some encoders leave the extended timestamp out of what continues a message: then these are its bytes.
    if (format === 3 && isExtended && stream.filled > 0 && extended !== stream.extended)
      fill(head.subarray(needed - 4, needed));
    headLength = 0;
    return true;
  }

  function open(id: number): ChunkStream {
    if (streams.size >= limits.chunkStreams)
      throw rtmpError('rtmp/too-much', `More than ${limits.chunkStreams} chunk streams on one connection.`);
    const stream: ChunkStream = {
      timestampMs: 0,
      deltaMs: 0,
      length: 0,
      type: 0,
      streamId: 0,
      extended: undefined,
      message: undefined,
      filled: 0,
    };
    streams.set(id, stream);
    return stream;
  }

  function start(stream: ChunkStream): void {
    if (stream.length > limits.messageBytes)
      throw rtmpError(
        'rtmp/too-much',
        `A message of ${stream.length} bytes; at most ${limits.messageBytes} are taken.`,
      );
    if (heldBytes + stream.length > limits.heldBytes)
      throw rtmpError(
        'rtmp/too-much',
        `More than ${limits.heldBytes} bytes of messages that have not ended.`,
      );
    heldBytes += stream.length;
    stream.message = new Uint8Array(stream.length);
    stream.filled = 0;
  }

  /** As many of these bytes as the chunk still takes; gives how many those are. */
  function fill(bytes: Uint8Array): number {
    if (current?.message === undefined) return 0;
    const count = Math.min(left, bytes.length);
    current.message.set(bytes.subarray(0, count), current.filled);
    current.filled += count;
    left -= count;
    return count;
  }

  function drop(stream: ChunkStream): void {
    if (stream.message !== undefined) heldBytes -= stream.length;
    stream.message = undefined;
    stream.filled = 0;
  }

  /** Whether the message is for the reader itself. */
  function obey({ type, payload }: RtmpMessage): boolean {
    if (type !== SET_CHUNK_SIZE && type !== ABORT) return false;
    if (payload.length < 4) throw rtmpError('rtmp/malformed', 'A control message is too short.');
    const value = uint(payload, 0, 4);
    if (type === SET_CHUNK_SIZE) {
      if (value === 0 || value > 0x7f_ff_ff_ff)
        throw rtmpError('rtmp/malformed', `A chunk size of ${value}.`);
      chunkBytes = value;
    } else {
      const stream = streams.get(value);
      if (stream !== undefined) drop(stream);
    }
    return true;
  }

  function finish(stream: ChunkStream, take: (message: RtmpMessage) => void): void {
    const { type, streamId, timestampMs, message } = stream;
    drop(stream);
    const whole = { type, streamId, timestampMs, payload: message ?? new Uint8Array() };
    if (!obey(whole)) take(whole);
  }

  return {
    push(bytes, take) {
      let at = 0;
      while (at < bytes.length) {
        if (current === undefined) {
          head[headLength] = bytes[at] ?? 0;
          headLength += 1;
          at += 1;
          if (!begin()) continue;
        } else at += fill(bytes.subarray(at));
        if (current === undefined || left > 0) continue;
        const stream = current;
        current = undefined;
        if (stream.filled === stream.length) finish(stream, take);
      }
    },
    limit(next) {
      limits = next;
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}
