import {
  ACK,
  CONTINUATION,
  DATA,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  END_HEADERS,
  END_STREAM,
  FRAME_HEADER_BYTES,
  GOAWAY,
  HEADERS,
  LARGEST_31_BITS,
  PING,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  writeFrameHeader,
  writeUint32,
} from './frames.ts';
import type { BytesOwner, FrameOutput } from './frame-output.ts';
import { FLOOD_EARNED_PER_DATA_FRAME, FLOOD_EARNING_FRAME_BYTES } from './h2-limits.ts';
import type { FloodGuard } from './flood-guard.ts';
import type { Http2Stream } from './h2-stream.ts';
import { NO_TABLE } from './hpack-encoder.ts';

/** A DATA frame smaller than what is asked for is worth it only when it fills up a batch by this much. */
const SMALLEST_FILL_BYTES = 1_024;
/** Streams that wait for the connection's window before those that are gone are sorted out. */
const MIN_STARVED = 256;
const EMPTY = Buffer.alloc(0);

export interface SenderDeps<Token> {
  readonly output: FrameOutput;
  readonly guard: FloodGuard;
  nowMs(): number;
  /** END_STREAM was framed. */
  onLocalClosed(stream: Http2Stream<Token>): void;
}

/**
 * The way out: frames what streams have to send, a DATA frame a turn, as far as the peer's windows
 * (RFC 9113 §6.9) and the socket's room go.
 */
export class Sender<Token> {
  readonly #deps: SenderDeps<Token>;
  readonly #output: FrameOutput;
  /** Streams with something to send, in turn. */
  #ready: Http2Stream<Token>[] = [];
  /** Those that only the connection's window holds back. */
  #starved: Http2Stream<Token>[] = [];
  #starvedLimit = MIN_STARVED;
  #maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;
  #firstBlock = true;
  connectionWindow: number = DEFAULT_WINDOW_BYTES;
  initialWindow: number = DEFAULT_WINDOW_BYTES;

  constructor(deps: SenderDeps<Token>) {
    this.#deps = deps;
    this.#output = deps.output;
  }

  /** Whether answers wait for the socket, so that no further request should be read. */
  get backlogged(): boolean {
    return this.#ready.length > 0 && !this.#output.hasRoom;
  }

  /** The peer takes frames of this size; larger ones than the default would only make streams take longer turns. */
  setMaxFrameBytes(bytes: number): void {
    this.#maxFrameBytes = Math.min(bytes, DEFAULT_MAX_FRAME_BYTES);
  }

  /**
   * A hit in whole, at once. False when windows or room do not allow that: then the caller makes a stream
   * of it.
   */
  hit(streamId: number, block: Buffer, body: Buffer, owner: BytesOwner): boolean {
    const bodyBytes = body.length;
    const maxFrame = this.#maxFrameBytes;
    const frames = Math.ceil(bodyBytes / maxFrame);
    const framed = bodyBytes + frames * FRAME_HEADER_BYTES;
    if (
      bodyBytes > this.connectionWindow ||
      bodyBytes > this.initialWindow ||
      block.length >= maxFrame ||
      !this.#output.takes(FRAME_HEADER_BYTES + 1 + block.length + framed)
    )
      return false;
    const extra = this.#firstBlock ? 1 : 0;
    const headBytes = FRAME_HEADER_BYTES + extra + block.length;
    const buffer = this.#output.reserve(headBytes + framed);
    let at = this.#output.position;
    const flags = bodyBytes === 0 ? END_HEADERS | END_STREAM : END_HEADERS;
    writeFrameHeader(buffer, at, extra + block.length, HEADERS, flags, streamId);
    at += FRAME_HEADER_BYTES;
    if (extra === 1) {
      buffer[at] = NO_TABLE;
      at += 1;
      this.#firstBlock = false;
    }
    buffer.set(block, at);
    at += block.length;
    for (let from = 0; from < bodyBytes; from += maxFrame) {
      const take = Math.min(maxFrame, bodyBytes - from);
      const last = from + take === bodyBytes;
      writeFrameHeader(buffer, at, take, DATA, last ? END_STREAM : 0, streamId);
      at += FRAME_HEADER_BYTES;
      if (take === bodyBytes) buffer.set(body, at);
      else body.copy(buffer, at, from, from + take);
      at += take;
      if (take >= FLOOD_EARNING_FRAME_BYTES) this.#deps.guard.earn(FLOOD_EARNED_PER_DATA_FRAME);
    }
    this.connectionWindow -= bodyBytes;
    this.#output.commit(headBytes + frames * FRAME_HEADER_BYTES, bodyBytes, owner);
    return true;
  }

  /** Something is there to send: the stream takes its turn. Frames leave with the next `pump`. */
  enqueue(stream: Http2Stream<Token>): void {
    if (stream.queued || stream.dead || !stream.hasOutput) return;
    if (stream.starved) {
      stream.sinceMs = this.#deps.nowMs();
      return;
    }
    stream.queued = true;
    this.#ready.push(stream);
  }

  /** The connection's window has opened. */
  feedStarved(): void {
    const starved = this.#starved;
    this.#starved = [];
    for (const stream of starved) {
      stream.queued = false;
      this.enqueue(stream);
    }
  }

  /** Frames as much as may go now. */
  pump(): void {
    while (this.#ready.length > 0 && this.#output.hasRoom) {
      const stream = this.#next();
      if (stream === undefined) break;
      stream.queued = false;
      if (stream.dead) continue;
      this.#turn(stream);
      if (this.connectionWindow <= 0 && stream.chunk !== undefined && !stream.starved) this.#starve(stream);
      else this.enqueue(stream);
    }
  }

  /**
   * The stream whose turn it is (RFC 9218 §10): the most urgent; of those one whose parts are of use only
   * together, from its first byte to its last; else each in turn.
   */
  #next(): Http2Stream<Token> | undefined {
    const ready = this.#ready;
    let best = 0;
    for (let i = 1; i < ready.length; i += 1) {
      const [one, other] = [ready[i]?.priority, ready[best]?.priority];
      if (one === undefined || other === undefined || one.urgency > other.urgency) continue;
      const sooner = one.urgency < other.urgency || (other.incremental && !one.incremental);
      if (sooner || (!one.incremental && (ready[i]?.id ?? 0) < (ready[best]?.id ?? 0))) best = i;
    }
    return ready.splice(best, 1)[0];
  }

  #starve(stream: Http2Stream<Token>): void {
    stream.queued = true;
    stream.sinceMs = this.#deps.nowMs();
    this.#starved.push(stream);
    // Those that were reset since wait for nothing. Bounds memory where the window never opens.
    if (this.#starved.length >= this.#starvedLimit) {
      this.#starved = this.#starved.filter(({ dead }) => !dead);
      this.#starvedLimit = 2 * this.#starved.length + MIN_STARVED;
    }
  }

  #turn(stream: Http2Stream<Token>): void {
    while (stream.blocks.length > 0) {
      // Many interim heads are more than may be under way: the rest is for another turn.
      if (!this.#output.hasRoom) return;
      const block = stream.blocks.shift();
      const last = stream.blocks.length === 0 && stream.ending && stream.chunk === undefined;
      if (block !== undefined) this.#headers(stream, block, last);
      if (last) this.#closed(stream);
    }
    const { chunk } = stream;
    if (chunk === undefined) {
      if (stream.ending && !stream.localClosed) {
        writeFrameHeader(
          this.#output.reserve(FRAME_HEADER_BYTES),
          this.#output.position,
          0,
          DATA,
          END_STREAM,
          stream.id,
        );
        stream.committed(FRAME_HEADER_BYTES);
        this.#output.commit(FRAME_HEADER_BYTES, 0, stream);
        this.#closed(stream);
      }
      return;
    }
    const left = chunk.length - stream.at;
    const allowed = Math.min(left, stream.sendWindow, this.connectionWindow, this.#maxFrameBytes);
    if (allowed <= 0) return;
    const room = this.#output.batchRoom - FRAME_HEADER_BYTES;
    const take = room >= allowed || room < SMALLEST_FILL_BYTES ? allowed : room;
    const buffer = this.#output.reserve(FRAME_HEADER_BYTES + take);
    const at = this.#output.position;
    const last = take === left && stream.ending;
    writeFrameHeader(buffer, at, take, DATA, last ? END_STREAM : 0, stream.id);
    chunk.copy(buffer, at + FRAME_HEADER_BYTES, stream.at, stream.at + take);
    stream.committed(FRAME_HEADER_BYTES + take);
    this.#output.commit(FRAME_HEADER_BYTES, take, stream);
    stream.at += take;
    stream.sendWindow -= take;
    this.connectionWindow -= take;
    if (take >= FLOOD_EARNING_FRAME_BYTES) this.#deps.guard.earn(FLOOD_EARNED_PER_DATA_FRAME);
    if (take < left) return;
    stream.chunk = undefined;
    stream.at = 0;
    const taken = stream.onTaken;
    stream.onTaken = undefined;
    if (last) this.#closed(stream);
    taken?.();
  }

  #closed(stream: Http2Stream<Token>): void {
    stream.localClosed = true;
    this.#deps.onLocalClosed(stream);
  }

  /** A header block in as many frames as the peer's frame size asks for (§4.3). */
  #headers(stream: Http2Stream<Token>, block: Buffer, endStream: boolean): void {
    let rest = block;
    if (this.#firstBlock) {
      this.#firstBlock = false;
      rest = Buffer.concat([Buffer.of(NO_TABLE), block]);
    }
    let type = HEADERS;
    do {
      const part = rest.subarray(0, this.#maxFrameBytes);
      rest = rest.subarray(part.length);
      const flags = (rest.length === 0 ? END_HEADERS : 0) | (type === HEADERS && endStream ? END_STREAM : 0);
      stream.committed(FRAME_HEADER_BYTES + part.length);
      this.#output.frame(type, flags, stream.id, part, stream);
      type = CONTINUATION;
    } while (rest.length > 0);
    stream.headSent = true;
  }

  settings(entries: readonly (readonly [number, number])[]): void {
    const payload = Buffer.alloc(entries.length * 6);
    entries.forEach(([id, value], i) => {
      payload.writeUInt16BE(id, i * 6);
      payload.writeUInt32BE(value, i * 6 + 2);
    });
    this.#output.frame(SETTINGS, 0, 0, payload);
  }

  settingsAck(): void {
    this.#output.frame(SETTINGS, ACK, 0, EMPTY);
  }

  ping(opaque: Buffer, ack: boolean): void {
    this.#output.frame(PING, ack ? ACK : 0, 0, opaque);
  }

  reset(streamId: number, code: number): void {
    this.#output.frame(RST_STREAM, 0, streamId, uint32(code));
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.#output.frame(WINDOW_UPDATE, 0, streamId, uint32(bytes));
  }

  goAway(lastStreamId: number, code: number): void {
    const payload = Buffer.alloc(8);
    writeUint32(payload, 0, lastStreamId & LARGEST_31_BITS);
    writeUint32(payload, 4, code);
    this.#output.frame(GOAWAY, 0, 0, payload);
  }
}

function uint32(value: number): Buffer {
  const payload = Buffer.alloc(4);
  writeUint32(payload, 0, value);
  return payload;
}
