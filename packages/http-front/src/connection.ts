import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Bridge } from './bridge.ts';
import { Exchange, createBodyFraming, keepReading } from './exchange.ts';
import type { FastHit } from './fast-hit.ts';
import { FastWriter } from './fast-writer.ts';
import type { FrontState, OpenConnection } from './front-state.ts';
import type { HeadParser } from './head-parser.ts';
import { Output } from './output.ts';
import { refusalResponse } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { strictRequest } from './strict-request.ts';

/**
 * `reading`: between or inside request heads. `writing`: a fast response waits for the socket.
 * `slow`: the platform's server has the request. `ending`: nothing more will be answered.
 */
type Phase = 'reading' | 'writing' | 'slow' | 'ending' | 'closed';

/** One viewer connection: both lanes, in request order, with every byte accounted. */
export class Connection<Token> implements OpenConnection {
  readonly #front: FrontState<Token>;
  readonly #socket: Socket;
  readonly #parser: HeadParser;
  readonly #output: Output<Token>;
  readonly #scheme: 'http' | 'https';
  #phase: Phase = 'reading';
  /** Input not yet consumed. */
  #pending: Buffer | undefined;
  #requests = 0;
  #bridge: Bridge | undefined;
  #bridgeFull = false;
  #exchange: Exchange<Token> | undefined;
  #paused = false;
  #halfClosed = false;
  /** The connection ends after the response under way. */
  #lastRequest = false;
  /** Since when the awaited input (a head, a next request, body bytes) or the end is awaited. */
  #sinceMs: number;
  readonly #writer: FastWriter<Token>;

  constructor(front: FrontState<Token>, socket: Socket, parser: HeadParser, scheme: 'http' | 'https') {
    this.#front = front;
    this.#socket = socket;
    this.#parser = parser;
    this.#scheme = scheme;
    this.#sinceMs = front.clock.nowMs();
    this.#output = new Output(
      socket,
      scheme === 'https',
      { onWritten: front.handlers.onWritten?.bind(front.handlers), nowMs: () => front.clock.nowMs() },
      this.#onOutputProgress,
    );
    this.#writer = new FastWriter(front, this.#output);
    socket.setNoDelay(true);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    // 'close' follows an error; a viewer that resets its connection is worth no log line.
    socket.on('error', () => undefined);
    socket.on('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    const phase = this.#phase;
    if (phase === 'ending' || phase === 'closed') return;
    const before = this.#pending;
    if (phase === 'reading') {
      if (before === undefined) {
        this.#sinceMs = this.#front.clock.nowMs();
        this.#run(chunk);
        return;
      }
      // A head that trickles in is read again only when a line has ended: linear work for slow senders.
      const joined = Buffer.concat([before, chunk]);
      this.#pending = joined;
      if (chunk.includes(0x0a) || joined.length >= this.#front.limits.maxRequestLineBytes) this.#run(joined);
      return;
    }
    this.#pending = before === undefined ? chunk : Buffer.concat([before, chunk]);
    if (phase === 'slow') this.#feed();
    this.#balanceInput();
  };

  readonly #onEnd = (): void => {
    this.#halfClosed = true;
    if (this.#phase === 'reading') {
      if (this.#pending === undefined) this.#end();
      else this.#refuse({ status: 400, reason: 'truncated' });
    } else if (
      this.#exchange !== undefined &&
      !this.#exchange.framing.complete &&
      this.#pending === undefined
    ) {
      this.#socket.destroy();
    }
  };

  readonly #onClose = (): void => {
    this.#phase = 'closed';
    this.#front.connections.delete(this);
    this.#pending = undefined;
    this.#writer.drop();
    this.#exchange?.finish();
    this.#exchange = undefined;
    this.#bridge?.destroy();
  };

  /** Reads and answers as many requests as the bytes hold and the socket takes. */
  #run(bytes: Buffer): void {
    const parser = this.#parser;
    const front = this.#front;
    const output = this.#output;
    const end = bytes.length;
    let at = 0;
    while (this.#phase === 'reading' && at < end && !this.#lastRequest) {
      const outcome = parser.parse(bytes, at, end);
      if (outcome === 'incomplete') {
        if (this.#halfClosed) this.#refuse({ status: 400, reason: 'truncated' });
        break;
      }
      if (outcome === 'refused') {
        this.#refuse(parser.refusal);
        break;
      }
      this.#requests += 1;
      if (!parser.keepAlive || this.#requests >= front.limits.maxRequestsPerConnection || front.draining) {
        this.#lastRequest = true;
      }
      const hit = outcome === 'plain' ? this.#askFast() : undefined;
      if (hit === undefined) {
        output.uncork();
        if (this.#phase === 'reading') this.#startSlow(bytes, parser.headStart, parser.headEnd);
        return;
      }
      at = parser.headEnd;
      if (at < end) output.cork();
      front.stats.fast += 1;
      if (!this.#writer.answer(hit, parser.method === 'HEAD', this.#lastRequest)) this.#phase = 'writing';
    }
    output.uncork();
    const phase = this.#phase;
    if (phase === 'ending' || phase === 'closed') return;
    const partialBefore = this.#pending !== undefined && at === 0;
    this.#pending = at < end ? (at === 0 ? bytes : bytes.subarray(at)) : undefined;
    if (!partialBefore) this.#sinceMs = front.clock.nowMs();
    if (phase === 'reading' && this.#lastRequest) this.#end();
    else if (phase === 'writing') this.#balanceInput();
  }

  #askFast(): FastHit<Token> | undefined {
    try {
      return this.#front.handlers.fast?.(this.#parser);
    } catch (error) {
      this.#front.log.error({ err: error }, 'the fast handler threw');
      this.#refuse({ status: 500, reason: 'handler-failed' });
      return undefined;
    }
  }

  readonly #onOutputProgress = (): void => {
    if (this.#phase === 'writing' && this.#writer.drained()) this.#resume();
  };

  /** Back to reading after output drained or the platform's server is done. */
  #resume(): void {
    this.#phase = 'reading';
    this.#sinceMs = this.#front.clock.nowMs();
    const pending = this.#pending;
    this.#pending = undefined;
    if (this.#lastRequest) this.#end();
    else if (pending !== undefined) this.#run(pending);
    else if (this.#halfClosed) this.#end();
    this.#balanceInput();
  }

  /** Stops reading from the socket while too much input waits, and starts again. */
  #balanceInput(): void {
    const full = (this.#pending?.length ?? 0) > this.#front.limits.maxQueuedInputBytes;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#socket.pause();
    else this.#socket.resume();
  }

  #startSlow(bytes: Buffer, headStart: number, headEnd: number): void {
    const front = this.#front;
    const framing = createBodyFraming(this.#parser.contentLength, this.#parser.chunked);
    let bodyEnd = headEnd;
    if (!framing.complete && headEnd < bytes.length) {
      const used = framing.take(bytes.subarray(headEnd));
      if (used === -1) {
        this.#refuse({ status: 400, reason: 'chunk-malformed' });
        return;
      }
      bodyEnd = headEnd + used;
    }
    front.stats.slow += 1;
    this.#phase = 'slow';
    this.#sinceMs = front.clock.nowMs();
    this.#exchange = new Exchange(
      keepReading(this.#parser, this.#scheme),
      framing,
      front.handlers.onWritten?.bind(front.handlers),
    );
    this.#pending = bodyEnd < bytes.length ? bytes.subarray(bodyEnd) : undefined;
    if (this.#bridge === undefined) {
      this.#bridge = new Bridge(this, {
        wantInput: () => {
          // What the handler held up, the client is not late with.
          if (this.#bridgeFull) this.#sinceMs = front.clock.nowMs();
          this.#bridgeFull = false;
          if (this.#phase === 'slow') this.#feed();
        },
        writeOutput: (chunk, done) => this.#writeSlow(chunk, done),
        endOutput: () => {
          this.#lastRequest = true;
          if (this.#exchange === undefined && this.#phase === 'reading') this.#end();
        },
        cut: () => {
          if (this.#phase !== 'ending' && this.#phase !== 'closed') this.#socket.destroy();
        },
      });
      this.#bridge.on('error', () => undefined);
      front.http.emit('connection', this.#bridge);
    }
    this.#bridgeFull = !this.#bridge.push(bytes.subarray(headStart, bodyEnd));
    this.#balanceInput();
  }

  /** Body bytes to the platform's server, or to the drain once the response is out. */
  #feed(): void {
    const exchange = this.#exchange;
    const pending = this.#pending;
    if (exchange === undefined || pending === undefined || exchange.framing.complete || this.#bridgeFull)
      return;
    this.#sinceMs = this.#front.clock.nowMs();
    const used = exchange.framing.take(pending);
    if (used === -1) {
      this.#abandon({ status: 400, reason: 'chunk-malformed' });
      return;
    }
    this.#pending = used < pending.length ? pending.subarray(used) : undefined;
    if (exchange.responded) {
      exchange.drainedBytes += used;
      if (exchange.drainedBytes > this.#front.limits.maxDrainBytes) {
        this.#end();
        return;
      }
    }
    if (this.#bridge?.push(pending.subarray(0, used)) === false) this.#bridgeFull = true;
    this.#balanceInput();
    if (exchange.framing.complete && exchange.responded) this.#finishSlow();
    else if (this.#halfClosed && !exchange.framing.complete && this.#pending === undefined)
      this.#socket.destroy();
  }

  #writeSlow(chunk: Buffer, done: (error?: Error | null) => void): void {
    const exchange = this.#exchange;
    if (exchange === undefined || this.#phase !== 'slow') {
      done(new Error('the connection takes no more output'));
      return;
    }
    const head = exchange.measure(chunk);
    if (this.#output.waitingSinceMs === 0) this.#output.waitingSinceMs = this.#front.clock.nowMs();
    this.#socket.write(chunk, (error) => {
      if (error) {
        done(error);
        return;
      }
      this.#output.waitingSinceMs = this.#socket.writableLength === 0 ? 0 : this.#front.clock.nowMs();
      exchange.flushed(head, chunk.length - head);
      done();
    });
  }

  /** The platform's server has parsed the request; `false` when it read something else than we did. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#exchange;
    const reading = exchange?.reading;
    if (
      exchange === undefined ||
      reading === undefined ||
      exchange.response !== undefined ||
      request.url !== reading.rawTarget ||
      request.method !== reading.method
    ) {
      this.onParserError();
      return;
    }
    exchange.response = response;
    // A handler that writes on after its viewer left must not take the process down.
    response.on('error', () => undefined);
    if (this.#lastRequest) response.shouldKeepAlive = false;
    response.once('finish', () => {
      exchange.responded = true;
      if (this.#exchange === exchange && exchange.framing.complete) this.#finishSlow();
      else if (this.#exchange === exchange) this.#bridgeFull = false;
      if (this.#exchange === exchange) this.#feed();
    });
    const socket = this.#socket as Socket & Partial<Pick<TLSSocket, 'servername'>>; // TLS sockets add it
    const strict = strictRequest(exchange, request, {
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
      serverName: typeof socket.servername === 'string' ? socket.servername.toLowerCase() : undefined,
    });
    const failed = (error: unknown): void => {
      this.#front.log.error({ err: error }, 'the slow handler failed');
      if (response.headersSent) {
        response.destroy();
        return;
      }
      response.shouldKeepAlive = false;
      try {
        // The phrase by name: a handler that failed in writeHead has left its own behind.
        response
          .writeHead(500, 'Internal Server Error', { 'Content-Length': '0', 'Cache-Control': 'no-store' })
          .end();
      } catch (again) {
        // Nobody is left to catch it: a response that cannot be begun must not end the process.
        this.#front.log.error({ err: again }, 'a failed response could not be answered');
        response.destroy();
      }
    };
    try {
      const result = this.#front.handlers.slow(strict, response);
      if (result !== undefined) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The platform's parser refused, or disagreed on, what ours accepted. */
  onParserError(): void {
    this.#abandon({ status: 400, reason: 'parsers-disagree' });
  }

  /** RFC 9110 §10.1.1: anything but 100-continue. */
  onUnknownExpectation(): void {
    this.#abandon({ status: 417, reason: 'expectation' });
  }

  #finishSlow(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#exchange = undefined;
    exchange.finish();
    if (exchange.response?.shouldKeepAlive === false || this.#bridge?.writableEnded === true)
      this.#lastRequest = true;
    if (this.#phase === 'slow') this.#resume();
  }

  /** Gives up a slow exchange: an answer if none has begun, else a cut that nobody takes for an end. */
  #abandon(refusal: Refusal): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.finish();
    if (exchange === undefined || exchange.bytesStarted > 0) {
      this.#socket.destroy();
      return;
    }
    this.#refuse(refusal);
    this.#bridge?.destroy();
  }

  #refuse(refusal: Refusal): void {
    this.#front.stats.refused += 1;
    this.#front.handlers.onRefused?.(refusal.reason, refusal.status);
    const response = refusalResponse(refusal);
    this.#output.uncork();
    this.#output.send(
      Buffer.from(response.head + response.body, 'latin1'),
      undefined,
      undefined,
      response.head.length,
      response.body.length,
    );
    this.#end();
  }

  /** Ends in order: what is queued still goes out, what still comes in is thrown away for a while. */
  #end(): void {
    if (this.#phase === 'ending' || this.#phase === 'closed') return;
    this.#phase = 'ending';
    this.#sinceMs = this.#front.clock.nowMs();
    this.#pending = undefined;
    this.#exchange?.finish();
    this.#exchange = undefined;
    if (this.#paused) {
      this.#paused = false;
      this.#socket.resume();
    }
    this.#socket.end();
  }

  /** Applies the time limits; called every second or so. */
  sweep(nowMs: number): void {
    const { limits } = this.#front;
    const waited = nowMs - this.#sinceMs;
    const { waitingSinceMs } = this.#output;
    if (waitingSinceMs !== 0 && nowMs - waitingSinceMs > limits.writeTimeoutMs) {
      this.#socket.destroy();
      return;
    }
    if (this.#phase === 'reading') {
      if (this.#pending !== undefined || this.#requests === 0) {
        if (waited <= limits.headTimeoutMs) return;
        if (this.#pending === undefined) this.#end();
        else this.#refuse({ status: 408, reason: 'head-timeout' });
      } else if (waited > limits.idleTimeoutMs) this.#end();
    } else if (this.#phase === 'slow') {
      if (this.#exchange?.framing.complete === false && !this.#bridgeFull && waited > limits.bodyTimeoutMs) {
        this.#abandon({ status: 408, reason: 'body-timeout' });
      }
    } else if (this.#phase === 'ending' && waitingSinceMs === 0 && waited > limits.lingerMs) {
      this.#socket.destroy();
    }
  }

  /** No further request: idle connections end now, others after the response under way. */
  drain(): void {
    if (this.#phase === 'reading' && this.#pending === undefined) {
      this.#end();
      return;
    }
    this.#lastRequest = true;
    const response = this.#exchange?.response;
    if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Resolves when the connection is gone and its accounts are settled. */
  closed(): Promise<void> {
    if (this.#phase === 'closed') return Promise.resolve();
    return new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }
}
