import type { FrontLimits } from '../limits.ts';
import { END_STREAM, ErrorCode, PADDED } from './frames.ts';
import { FloodCost } from './h2-limits.ts';
import type { Http2Limits } from './h2-limits.ts';
import type { Http2Stream } from './h2-stream.ts';
import type { FieldList } from './hpack-decoder.ts';
import { trailersAreValid } from './request-head.ts';
import type { Sender } from './sender.ts';
import type { PeerErrors, Streams } from './streams.ts';

export interface UploadsDeps<Token> {
  readonly limits: FrontLimits;
  readonly http2: Http2Limits;
  readonly streams: Streams<Token>;
  readonly sender: Sender<Token>;
  readonly errors: PeerErrors;
  nowMs(): number;
  /** Frames wait to be flushed. */
  kick(): void;
}

/**
 * The connection's window is given back in parts of this size: what bodies that nobody reads hold of it must
 * not keep the rest from the others.
 */
const CONNECTION_CREDIT_BYTES = 65_536;

/** The way in of request bodies (RFC 9113 §6.1, §8.1): DATA and trailers, within the windows that we opened. */
export class Uploads<Token> {
  readonly #deps: UploadsDeps<Token>;
  /** What the peer may still send on all streams together. */
  #window: number;
  /** Consumed and not yet announced. */
  #uncredited = 0;

  constructor(deps: UploadsDeps<Token>) {
    this.#deps = deps;
    this.#window = deps.http2.connectionWindowBytes;
  }

  data(flags: number, id: number, buffer: Buffer, from: number, to: number): boolean {
    const { errors, streams } = this.#deps;
    if (id === 0) return errors.fail(ErrorCode.protocol);
    let start = from;
    let end = to;
    if ((flags & PADDED) !== 0) {
      if (start === end) return errors.fail(ErrorCode.frameSize);
      end -= buffer[start] ?? 0;
      start += 1;
      if (end < start) return errors.fail(ErrorCode.protocol);
    }
    // Padding counts (§6.9.1), and so does what comes for streams that are gone.
    const windowBytes = to - from;
    if (windowBytes > this.#window) return errors.fail(ErrorCode.flowControl);
    this.#window -= windowBytes;
    const endStream = (flags & END_STREAM) !== 0;
    if (start === end && !endStream && !errors.spend(FloodCost.emptyData)) return false;
    const stream = streams.get(id);
    if (stream === undefined) {
      this.#credit(windowBytes);
      const meaning = streams.meaning(id);
      if (meaning === 'reset-by-us') return true;
      return errors.fail(meaning === 'idle' ? ErrorCode.protocol : ErrorCode.streamClosed);
    }
    const code = this.#problem(stream, windowBytes, end - start);
    if (code !== undefined) {
      this.#credit(windowBytes);
      return errors.streamError(id, code);
    }
    stream.receiveWindow -= windowBytes;
    stream.receivedBytes += end - start;
    stream.sinceMs = this.#deps.nowMs();
    if (stream.localClosed) {
      stream.drainedBytes += end - start;
      if (stream.drainedBytes > this.#deps.limits.maxDrainBytes) {
        this.#credit(windowBytes);
        this.stop(stream);
        return true;
      }
    }
    stream.upload?.receive(buffer.subarray(start, end), windowBytes);
    return endStream ? this.#ended(stream) : true;
  }

  #problem(stream: Http2Stream<Token>, windowBytes: number, bodyBytes: number): ErrorCode | undefined {
    if (stream.remoteClosed) return ErrorCode.streamClosed;
    if (windowBytes > stream.receiveWindow) return ErrorCode.flowControl;
    const longer = stream.expectedBytes !== -1 && stream.receivedBytes + bodyBytes > stream.expectedBytes;
    return longer ? ErrorCode.protocol : undefined;
  }

  /** Fields after a body; they are checked and dropped (RFC 9110 §6.5.1). */
  trailers(stream: Http2Stream<Token>, list: FieldList, endStream: boolean): boolean {
    const { errors } = this.#deps;
    if (stream.remoteClosed) return errors.streamError(stream.id, ErrorCode.streamClosed);
    if (!endStream || !trailersAreValid(list)) return errors.streamError(stream.id, ErrorCode.protocol);
    return this.#ended(stream);
  }

  #ended(stream: Http2Stream<Token>): boolean {
    if (stream.expectedBytes !== -1 && stream.receivedBytes !== stream.expectedBytes)
      return this.#deps.errors.streamError(stream.id, ErrorCode.protocol);
    stream.remoteClosed = true;
    stream.upload?.end();
    if (stream.localClosed) this.#deps.streams.forget(stream);
    return true;
  }

  /** Answered, and the rest of the body is not worth reading (§8.1). */
  stop(stream: Http2Stream<Token>): void {
    this.#deps.streams.reset(stream.id, ErrorCode.noError);
    this.#deps.kick();
  }

  /** The reader of a body has room for more. */
  consumed(stream: Http2Stream<Token>, bytes: number): void {
    this.#credit(bytes);
    if (stream.remoteClosed || stream.dead) return;
    stream.uncredited += bytes;
    if (stream.uncredited < this.#deps.http2.streamWindowBytes >>> 1) return;
    this.#deps.sender.windowUpdate(stream.id, stream.uncredited);
    stream.receiveWindow += stream.uncredited;
    stream.uncredited = 0;
    stream.sinceMs = this.#deps.nowMs();
    this.#deps.kick();
  }

  #credit(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited < Math.min(CONNECTION_CREDIT_BYTES, this.#deps.http2.connectionWindowBytes >>> 1))
      return;
    this.#deps.sender.windowUpdate(0, this.#uncredited);
    this.#window += this.#uncredited;
    this.#uncredited = 0;
    this.#deps.kick();
  }
}
