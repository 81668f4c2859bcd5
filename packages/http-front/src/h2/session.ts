import type { FrontLimits } from '../limits.ts';
import type { Refusal } from '../refusal.ts';
import { BlockReader } from './block-reader.ts';
import type { BlockStep } from './block-reader.ts';
import { ControlFrames } from './control-frames.ts';
import { FloodGuard } from './flood-guard.ts';
import { FrameOutput } from './frame-output.ts';
import type { BatchPool, ByteSink } from './frame-output.ts';
import { FrameReader } from './frame-reader.ts';
import type { FrameTaker } from './frame-reader.ts';
import {
  ACK,
  CLIENT_PREFACE,
  CONTINUATION,
  DATA,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  GOAWAY,
  HEADERS,
  LARGEST_31_BITS,
  PING,
  PRIORITY,
  PRIORITY_UPDATE,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  SETTING_ENABLE_CONNECT_PROTOCOL,
  SETTING_HEADER_TABLE_SIZE,
  SETTING_INITIAL_WINDOW_SIZE,
  SETTING_MAX_CONCURRENT_STREAMS,
  SETTING_MAX_HEADER_LIST_SIZE,
  SETTING_NO_RFC7540_PRIORITIES,
  WINDOW_UPDATE,
} from './frames.ts';
import { FLOOD_EARNED_PER_REQUEST, FloodCost } from './h2-limits.ts';
import type { Http2Limits } from './h2-limits.ts';
import type { Http2Stream, StreamEvents } from './h2-stream.ts';
import { overdueOf } from './overdue.ts';
import type { PathMemo } from './path-memo.ts';
import { Requests } from './requests.ts';
import type { RequestTaker } from './requests.ts';
import { Sender } from './sender.ts';
import { Streams } from './streams.ts';
import type { PeerErrors } from './streams.ts';
import { Uploads } from './uploads.ts';

export interface SessionDeps<Token> {
  readonly limits: FrontLimits;
  readonly http2: Http2Limits;
  readonly sink: ByteSink;
  readonly pool: BatchPool;
  readonly paths: PathMemo;
  readonly scheme: 'http' | 'https';
  readonly taker: RequestTaker<Token>;
  /** The same object for all connections of a front: what is prebuilt of a hit is kept for it. */
  readonly events: StreamEvents<Token>;
  nowMs(): number;
  /** The second that a moment just read from the clock belongs to. */
  second(nowMs: number): number;
  /** Nothing more will be read; what was framed is on its way. */
  onEnd(): void;
  /** The peer leaves no room for even that. */
  onCut(): void;
  /** Whether reading may go on: no answer waits for the socket. */
  onBacklog(backlogged: boolean): void;
}

/** Marks the PING that measures when a first GOAWAY has arrived (RFC 9113 §6.8). */
const DRAIN_PING = Buffer.from('mn-drain', 'latin1');

/**
 * `preface`: the client's first bytes are awaited. `settings`: its SETTINGS frame, which comes first.
 * `open`. `ended`: GOAWAY with an error was sent, or all is answered: nothing is read any more.
 */
type Phase = 'preface' | 'settings' | 'open' | 'ended';

/**
 * A server's side of one HTTP/2 connection (RFC 9113), apart from socket and clock: bytes go in by
 * `receive`, frames come out at a sink. Here: the connection's own frames, its beginning and its end.
 */
export class Http2Session<Token> implements FrameTaker, PeerErrors {
  readonly #deps: SessionDeps<Token>;
  readonly #reader = new FrameReader(DEFAULT_MAX_FRAME_BYTES);
  readonly #blocks: BlockReader;
  readonly #guard: FloodGuard;
  readonly #output: FrameOutput;
  readonly #sender: Sender<Token>;
  readonly #streams: Streams<Token>;
  readonly #uploads: Uploads<Token>;
  readonly #requests: Requests<Token>;
  readonly #control: ControlFrames<Token>;
  #phase: Phase = 'preface';
  #prefaceHave = 0;
  /** A first GOAWAY was sent, which refuses nothing yet. */
  #draining = false;
  #drainSinceMs = 0;
  #drainWithRequest = false;
  #peerLeaves = false;
  #receiving = false;
  #kicked = false;
  #backlogged = false;
  /** Since when bytes are awaited: of a preface, a frame, a block, or a next request. */
  #sinceMs: number;
  /** When the bytes came that are being read. */
  #nowMs = 0;
  #second = 0;

  constructor(deps: SessionDeps<Token>) {
    const { events, limits, http2 } = deps;
    const nowMs = (): number => deps.nowMs();
    const kick = (): void => this.#kick();
    this.#deps = deps;
    this.#sinceMs = nowMs();
    this.#blocks = new BlockReader(http2);
    const guard = new FloodGuard(http2, this.#sinceMs);
    this.#guard = guard;
    const output = new FrameOutput({
      sink: deps.sink,
      pool: deps.pool,
      maxBatchesInFlight: http2.maxBatchesInFlight,
      nowMs,
      onProgress: () => {
        this.#pump();
        this.#checkIdle();
      },
      onOverflow: () => deps.onCut(),
      onUnowned: (bytes) => events.onWritten?.(undefined, bytes, 0),
    });
    this.#output = output;
    const sender = new Sender<Token>({
      output,
      guard,
      nowMs,
      onLocalClosed: (stream) => this.#onLocalClosed(stream),
    });
    this.#sender = sender;
    const streams = new Streams(sender);
    this.#streams = streams;
    const uploads = new Uploads<Token>({ limits, http2, streams, sender, errors: this, nowMs, kick });
    this.#uploads = uploads;
    this.#requests = new Requests<Token>({
      limits,
      http2,
      scheme: deps.scheme,
      taker: deps.taker,
      streams,
      sender,
      uploads,
      errors: this,
      events,
      paths: deps.paths,
      nowMs,
      nowSecond: () => this.#second,
      kick,
    });
    this.#control = new ControlFrames<Token>({
      streams,
      sender,
      errors: this,
      nowMs,
      onPong: (opaque) => {
        if (this.#draining && DRAIN_PING.equals(opaque)) this.#stopAnswering();
      },
    });
    sender.settings([
      [SETTING_MAX_CONCURRENT_STREAMS, http2.maxConcurrentStreams],
      [SETTING_INITIAL_WINDOW_SIZE, http2.streamWindowBytes],
      [SETTING_HEADER_TABLE_SIZE, http2.headerTableBytes],
      [SETTING_MAX_HEADER_LIST_SIZE, limits.maxHeadBytes],
      [SETTING_NO_RFC7540_PRIORITIES, 1],
      [SETTING_ENABLE_CONNECT_PROTOCOL, 1],
    ]);
    if (http2.connectionWindowBytes > DEFAULT_WINDOW_BYTES)
      sender.windowUpdate(0, http2.connectionWindowBytes - DEFAULT_WINDOW_BYTES);
    output.flush();
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  get ended(): boolean {
    return this.#phase === 'ended';
  }

  /** Since when output waits that the kernel does not take; 0 when none does. */
  get waitingSinceMs(): number {
    return this.#output.waitingSinceMs;
  }

  /** Inside a frame or a header block. */
  get #midway(): boolean {
    return this.#reader.partial || this.#blocks.streamId !== 0;
  }

  receive(chunk: Buffer): void {
    if (this.#phase === 'ended') return;
    const nowMs = this.#deps.nowMs();
    this.#guard.refill(nowMs);
    this.#nowMs = nowMs;
    this.#second = this.#deps.second(nowMs);
    if (!this.#midway) this.#sinceMs = nowMs;
    this.#receiving = true;
    let at = 0;
    if (this.#phase === 'preface') {
      while (at < chunk.length && this.#prefaceHave < CLIENT_PREFACE.length) {
        if (chunk[at] !== CLIENT_PREFACE[this.#prefaceHave]) {
          this.#receiving = false;
          this.fail(ErrorCode.protocol);
          return;
        }
        at += 1;
        this.#prefaceHave += 1;
      }
      if (this.#prefaceHave === CLIENT_PREFACE.length) this.#phase = 'settings';
    }
    if (at < chunk.length) this.#reader.feed(chunk, at, this);
    this.#receiving = false;
    if (this.ended) return;
    this.#pump();
    this.#checkIdle();
  }

  /** The peer has ended its side of the connection: what is under way is still answered, nothing new comes. */
  receiveEnd(): void {
    this.#peerLeaves = true;
    for (const stream of this.#streams.all()) {
      if (!stream.remoteClosed) this.#streams.close(stream);
    }
    this.#checkIdle();
  }

  onOversized(): void {
    this.fail(ErrorCode.frameSize);
  }

  onFrame(type: number, flags: number, id: number, buffer: Buffer, start: number, end: number): boolean {
    if (this.#blocks.streamId === 0) this.#sinceMs = this.#nowMs;
    if (this.#phase === 'settings') {
      if (type !== SETTINGS || (flags & ACK) !== 0) return this.fail(ErrorCode.protocol);
      this.#phase = 'open';
    }
    if (this.#blocks.streamId !== 0 && (type !== CONTINUATION || id !== this.#blocks.streamId))
      return this.fail(ErrorCode.protocol);
    switch (type) {
      case HEADERS:
        return this.#onBlock(this.#blocks.headers(flags, id, buffer, start, end), id);
      case DATA:
        return this.#uploads.data(flags, id, buffer, start, end);
      case WINDOW_UPDATE:
        return this.#control.windowUpdate(id, buffer, start, end);
      case RST_STREAM:
        return this.#control.reset(id, end - start);
      case CONTINUATION:
        return this.#onBlock(this.#blocks.continuation(flags, buffer, start, end), id);
      case SETTINGS:
        return this.#control.settings(flags, id, buffer, start, end);
      case PING:
        return this.#control.ping(flags, id, buffer, start, end);
      case PRIORITY:
        return this.#control.priority(id, buffer, start, end);
      case PRIORITY_UPDATE:
        return this.#control.priorityUpdate(id, buffer, start, end);
      case GOAWAY:
        if (id !== 0) return this.fail(ErrorCode.protocol);
        if (end - start < 8) return this.fail(ErrorCode.frameSize);
        this.#peerLeaves = true;
        return true;
      case PUSH_PROMISE:
        return this.fail(ErrorCode.protocol);
      default:
        return this.spend(FloodCost.noise);
    }
  }

  #onBlock(step: BlockStep, id: number): boolean {
    if (step === 'more') return true;
    if (step !== 'whole') return this.fail(step.code);
    if (!this.#requests.block(id, this.#blocks)) return false;
    this.#guard.earn(FLOOD_EARNED_PER_REQUEST);
    if (this.#drainWithRequest || this.#requests.count >= this.#deps.http2.maxRequests) this.drain();
    return true;
  }

  /** A head that waits its turn; interim ones first. */
  sendHead(stream: Http2Stream<Token>, block: Buffer, end: boolean): void {
    if (stream.dead) return;
    stream.blocks.push(block);
    if (end) stream.ending = true;
    this.#offer(stream);
  }

  /** Body bytes; the next ones once `onTaken` was called. They are not touched until then. */
  sendBody(stream: Http2Stream<Token>, chunk: Buffer, end: boolean, onTaken?: () => void): void {
    if (stream.dead) {
      onTaken?.();
      return;
    }
    if (chunk.length > 0) stream.chunk = chunk;
    stream.onTaken = onTaken;
    if (end) stream.ending = true;
    this.#offer(stream);
  }

  /** The answer is over: END_STREAM in an empty frame, unless the last bytes have carried it. */
  sendEnd(stream: Http2Stream<Token>): void {
    if (stream.dead) return;
    stream.ending = true;
    this.#offer(stream);
  }

  /** The answer is cut, so that nobody takes a part for the whole. */
  cut(stream: Http2Stream<Token>, code: ErrorCode): void {
    if (stream.dead || stream.localClosed || this.ended) return;
    this.#streams.reset(stream.id, code);
    this.#kick();
  }

  /** The front's own answer in place of a handler's. */
  refuse(stream: Http2Stream<Token>, refusal: Refusal): void {
    this.#requests.refuse(stream, refusal);
  }

  #offer(stream: Http2Stream<Token>): void {
    this.#sender.enqueue(stream);
    this.#kick();
  }

  /** Frames leave at the end of the turn: a head goes out with the body behind it. */
  #kick(): void {
    if (this.#receiving || this.#kicked) return;
    this.#kicked = true;
    queueMicrotask(() => {
      this.#kicked = false;
      this.#pump();
      this.#checkIdle();
    });
  }

  #pump(): void {
    if (this.ended) return;
    this.#sender.pump();
    this.#output.flush();
    const { backlogged } = this.#sender;
    if (backlogged === this.#backlogged) return;
    this.#backlogged = backlogged;
    this.#deps.onBacklog(backlogged);
  }

  #onLocalClosed(stream: Http2Stream<Token>): void {
    stream.sinceMs = this.#deps.nowMs();
    // Answered: what of the body was not read is not going to be.
    stream.upload?.discard();
    if (stream.remoteClosed) this.#streams.forget(stream);
  }

  /** No further connection-wide work: what is under way is answered, the rest is refused (§6.8). */
  drain(): void {
    if (this.#draining || this.ended) return;
    this.#draining = true;
    this.#drainSinceMs = this.#deps.nowMs();
    // First a GOAWAY that refuses nothing, so that no request that is already on its way is lost.
    this.#sender.goAway(LARGEST_31_BITS, ErrorCode.noError);
    this.#sender.ping(DRAIN_PING, false);
    if (this.#phase === 'preface') this.#stopAnswering();
    this.#kick();
  }

  /** The same, but for a peer that has just connected: it is told with its first request, which it would not send any more. */
  drainGently(): void {
    if (this.#requests.count === 0) this.#drainWithRequest = true;
    else this.drain();
  }

  #stopAnswering(): void {
    if (this.#requests.stopped || this.ended) return;
    this.#requests.stopped = true;
    this.#sender.goAway(this.#streams.lastTaken, ErrorCode.noError);
    this.#kick();
  }

  /** Whether the connection has nothing left to do that it may still do. */
  #checkIdle(): void {
    if (this.ended || this.#streams.size > 0) return;
    const leaving = this.#requests.stopped || this.#peerLeaves;
    if (!leaving) return;
    if (!this.#requests.stopped) this.#sender.goAway(this.#streams.lastTaken, ErrorCode.noError);
    this.#finish();
  }

  #finish(): void {
    this.#output.flushAll();
    this.#phase = 'ended';
    this.#deps.onEnd();
  }

  /** A connection error (§5.4.1). Returns false, for the reader to stop. */
  fail(code: ErrorCode): false {
    if (this.ended) return false;
    this.#sender.goAway(this.#streams.lastTaken, code);
    this.#output.flushAll();
    this.#phase = 'ended';
    this.#streams.closeAll();
    this.#deps.onEnd();
    return false;
  }

  /** A stream error (§5.4.2). True, for the reader to go on, unless the peer makes too many. */
  streamError(id: number, code: ErrorCode): boolean {
    this.#streams.reset(id, code);
    return this.spend(FloodCost.streamError);
  }

  spend(points: number): boolean {
    return this.#guard.spend(points) ? true : this.fail(ErrorCode.enhanceYourCalm);
  }

  /** The socket is gone. */
  close(): void {
    this.#phase = 'ended';
    this.#streams.settleAll();
  }

  /** Applies the time limits; called twice a second. */
  sweep(nowMs: number): void {
    if (this.ended) return;
    const { limits } = this.#deps;
    const waited = nowMs - this.#sinceMs;
    if (this.#phase !== 'open' || this.#midway) {
      // Between requests a frame is part of a head; among them it may be a body that trickles in.
      const patienceMs = this.#streams.size === 0 ? limits.headTimeoutMs : limits.bodyTimeoutMs;
      // A backlogged connection is not read: what is late is not the peer's fault.
      if (waited > patienceMs && !this.#backlogged) {
        this.fail(this.#phase === 'open' ? ErrorCode.enhanceYourCalm : ErrorCode.protocol);
        return;
      }
    } else if (this.#streams.size > 0) this.#sinceMs = nowMs;
    else if (waited > limits.idleTimeoutMs) this.drain();
    if (this.#draining && !this.#requests.stopped && nowMs - this.#drainSinceMs > limits.lingerMs)
      this.#stopAnswering();
    for (const stream of this.#streams.all()) this.#sweepStream(stream, nowMs);
    this.#pump();
    this.#checkIdle();
  }

  #sweepStream(stream: Http2Stream<Token>, nowMs: number): void {
    const windowShut = this.#sender.connectionWindow <= 0;
    const overdue = overdueOf(stream, nowMs - stream.sinceMs, this.#deps.limits, windowShut);
    if (overdue === 'stop-upload') this.#uploads.stop(stream);
    else if (overdue === 'cut') this.cut(stream, ErrorCode.cancel);
    else if (overdue === 'refuse') this.refuse(stream, { status: 408, reason: 'body-timeout' });
  }
}
