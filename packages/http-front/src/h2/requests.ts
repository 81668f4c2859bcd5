import type { FastHit } from '../fast-hit.ts';
import type { FrontLimits } from '../limits.ts';
import type { Refusal, RefusalReason } from '../refusal.ts';
import type { FastRequest } from '../seam.ts';
import { ErrorCode } from './frames.ts';
import { FloodCost } from './h2-limits.ts';
import type { Http2Limits } from './h2-limits.ts';
import { Http2Stream } from './h2-stream.ts';
import type { StreamEvents } from './h2-stream.ts';
import { hitBlockOf } from './hit-block.ts';
import type { HitBlock } from './hit-block.ts';
import { FieldList, HpackDecoder } from './hpack-decoder.ts';
import { encodeBlock } from './hpack-encoder.ts';
import type { BlockReader } from './block-reader.ts';
import type { PathMemo } from './path-memo.ts';
import { readPriority } from './priority.ts';
import { RequestHead } from './request-head.ts';
import type { Sender } from './sender.ts';
import type { PeerErrors, Streams } from './streams.ts';
import { Upload } from './upload.ts';
import type { Uploads } from './uploads.ts';

/** What becomes of a request; the connection's part of it. */
export interface RequestTaker<Token> {
  /** What may be answered there and then. */
  fast(request: FastRequest, kind: 'plain' | 'selective'): FastHit<Token> | undefined | 'failed';
  /** A request for the slow lane; `head` is valid during the call only. */
  onRequest(stream: Http2Stream<Token>, head: RequestHead): void;
  onFastHit(): void;
  onRefused(reason: RefusalReason, status: number): void;
  /** A hit that cannot be sent. */
  onFailed(error: unknown): void;
  /** Requests handed over whose answers are still worked on, also of streams that are gone. */
  handedOver(): number;
}

export interface RequestsDeps<Token> {
  readonly limits: FrontLimits;
  readonly http2: Http2Limits;
  readonly scheme: 'http' | 'https';
  readonly taker: RequestTaker<Token>;
  readonly streams: Streams<Token>;
  readonly sender: Sender<Token>;
  readonly uploads: Uploads<Token>;
  readonly errors: PeerErrors;
  readonly events: StreamEvents<Token>;
  readonly paths: PathMemo;
  nowMs(): number;
  nowSecond(): number;
  kick(): void;
}

const EMPTY = Buffer.alloc(0);
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** From a header block to a hit, a handler, a refusal or an error. */
export class Requests<Token> {
  readonly #deps: RequestsDeps<Token>;
  readonly #decoder: HpackDecoder;
  readonly #list: FieldList;
  readonly #head: RequestHead;
  /** Requests of this connection so far. */
  count = 0;
  /** New requests are not answered any more: a last GOAWAY was sent. */
  stopped = false;

  constructor(deps: RequestsDeps<Token>) {
    const { limits } = deps;
    this.#deps = deps;
    this.#decoder = new HpackDecoder(deps.http2.headerTableBytes, deps.paths);
    // HTTP/1.1's bounds on a head, with what HTTP/2 counts beside names and values, and its pseudo-fields.
    this.#list = new FieldList(limits.maxHeadBytes + limits.maxHeaders * 32, limits.maxHeaders + 4);
    this.#head = new RequestHead(limits, deps.scheme);
  }

  /** A whole header block. It is decoded whatever becomes of it: the tables of both sides stay in step. */
  block(id: number, block: BlockReader): boolean {
    const { errors, streams, uploads } = this.#deps;
    const list = this.#list;
    list.clear();
    if (!this.#decoder.decode(block.buffer, block.start, block.end, list))
      return errors.fail(ErrorCode.compression);
    if (id > streams.lastId) return this.#request(id, block);
    const stream = streams.get(id);
    if (stream !== undefined)
      return block.selfDependent
        ? errors.streamError(id, ErrorCode.protocol)
        : uploads.trailers(stream, list, block.endStream);
    const meaning = streams.meaning(id);
    if (meaning === 'reset-by-us') return errors.spend(FloodCost.noise);
    return errors.fail(meaning === 'closed' ? ErrorCode.streamClosed : ErrorCode.protocol);
  }

  #request(id: number, { endStream, selfDependent }: BlockReader): boolean {
    const { errors, http2, streams, taker } = this.#deps;
    if (this.stopped) {
      // The client tries again on another connection (§6.8).
      streams.ignored(id);
      return errors.spend(FloodCost.noise);
    }
    streams.used(id);
    if (selfDependent) return errors.streamError(id, ErrorCode.protocol);
    if (streams.size >= http2.maxConcurrentStreams || taker.handedOver() >= http2.maxHandedOver)
      return errors.streamError(id, ErrorCode.refusedStream);
    this.count += 1;
    const head = this.#head;
    const outcome = head.read(this.#list, endStream);
    head.nowMs = this.#deps.nowMs();
    if (outcome === 'malformed') {
      taker.onRefused('malformed-header', 400);
      return errors.streamError(id, ErrorCode.protocol);
    }
    const headOnly = head.method === 'HEAD';
    if (outcome === 'plain' || outcome === 'selective') {
      const hit = taker.fast(head, outcome);
      if (hit === 'failed') {
        this.refuse(this.#open(id, true, headOnly), { status: 500, reason: 'handler-failed' });
        return true;
      }
      if (hit !== undefined) {
        this.#hit(id, hit, headOnly);
        return true;
      }
    }
    const stream = this.#open(id, endStream, headOnly);
    stream.upgrades = head.upgrade !== undefined;
    if (!endStream) {
      stream.expectedBytes = head.contentLength;
      stream.upload = new Upload((bytes) => this.#deps.uploads.consumed(stream, bytes));
    }
    if (outcome === 'refused') this.refuse(stream, head.refusal);
    else if (!expectationKnown(head)) this.refuse(stream, { status: 417, reason: 'expectation' });
    else taker.onRequest(stream, head);
    return true;
  }

  #open(id: number, remoteClosed: boolean, headOnly: boolean): Http2Stream<Token> {
    const { events, http2, sender, streams } = this.#deps;
    const windows = { send: sender.initialWindow, receive: http2.streamWindowBytes };
    const stream = new Http2Stream<Token>(id, remoteClosed, windows, this.#deps.nowMs(), events);
    stream.headOnly = headOnly;
    stream.priority = readPriority(this.#head.header('priority'));
    streams.add(stream);
    return stream;
  }

  #hit(id: number, hit: FastHit<Token>, headOnly: boolean): void {
    const { events, sender, taker } = this.#deps;
    let head: HitBlock<Token>;
    let block: Buffer;
    try {
      head = hitBlockOf(hit, events);
      block = head.block(this.#deps.nowSecond());
    } catch (error) {
      // A field that HTTP/2 cannot carry, whatever HTTP/1.1 makes of it.
      taker.onFailed(error);
      this.refuse(this.#open(id, true, headOnly), { status: 500, reason: 'handler-failed' });
      return;
    }
    taker.onFastHit();
    const body = headOnly ? EMPTY : hit.body;
    if (sender.hit(id, block, body, head)) return;
    // Windows or room do not let it out at once.
    const stream = this.#open(id, true, headOnly);
    stream.account(hit.token);
    stream.answered = true;
    stream.blocks.push(block);
    if (body.length > 0) stream.chunk = body;
    stream.ending = true;
    sender.enqueue(stream);
  }

  /** The front's own answer, to what no handler sees or has answered. */
  refuse(stream: Http2Stream<Token>, refusal: Refusal): void {
    this.#deps.taker.onRefused(refusal.reason, refusal.status);
    if (stream.dead || stream.answered) return;
    stream.answered = true;
    stream.abandon();
    stream.account(undefined);
    stream.upload?.discard();
    const body = Buffer.from(`${refusal.reason}\n`, 'latin1');
    stream.blocks.push(
      encodeBlock(refusal.status, [
        'content-type',
        'text/plain',
        'content-length',
        String(body.length),
        'cache-control',
        'no-store',
        ...(refusal.status === 405 ? ['allow', ALLOWED_METHODS] : []),
      ]),
    );
    if (!stream.headOnly) stream.chunk = body;
    stream.ending = true;
    this.#deps.sender.enqueue(stream);
    this.#deps.kick();
  }
}

/** RFC 9110 §10.1.1: anything but 100-continue is refused. */
function expectationKnown(head: RequestHead): boolean {
  const expect = head.header('expect');
  return expect === undefined || expect.toLowerCase() === '100-continue';
}
