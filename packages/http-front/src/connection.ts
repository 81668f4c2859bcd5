import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Exchange } from './exchange.ts';
import type { ExchangeHost } from './exchange.ts';
import type { FastHit } from './fast-hit.ts';
import { FastWriter } from './fast-writer.ts';
import type { FrontState, OpenConnection } from './front-state.ts';
import type { HeadParser } from './head-parser.ts';
import { Output } from './output.ts';
import { refusalResponse } from './refusal.ts';
import { readInto } from './read-into.ts';
import type { Refusal } from './refusal.ts';

/**
 * `reading`: between or inside request heads. `writing`: a fast response waits for the socket.
 * `handed-over`: a handler has the request. `ending`: nothing more will be answered.
 */
type Phase = 'reading' | 'writing' | 'handed-over' | 'ending' | 'closed';

/** One viewer connection of HTTP/1: both lanes, in request order, with every byte accounted. */
export class Connection<Token> implements OpenConnection {
  readonly #front: FrontState<Token>;
  readonly #socket: Socket;
  readonly #parser: HeadParser;
  readonly #output: Output<Token>;
  #phase: Phase = 'reading';
  /** Input not yet consumed. */
  #pending: Buffer | undefined;
  #requests = 0;
  #exchange: Exchange<Token> | undefined;
  #paused = false;
  #halfClosed = false;
  /** The connection ends after the response under way. */
  #lastRequest = false;
  /** Since when the awaited input (a head, a next request, body bytes) or the end is awaited. */
  #sinceMs: number;
  readonly #writer: FastWriter<Token>;
  readonly #exchangeHost: ExchangeHost<Token>;

  constructor(front: FrontState<Token>, socket: Socket, parser: HeadParser) {
    this.#front = front;
    this.#socket = socket;
    this.#parser = parser;
    this.#sinceMs = front.clock.nowMs();
    this.#output = new Output(
      socket,
      parser.scheme === 'https',
      front.handlers,
      front.clock,
      this.#onOutputProgress,
    );
    this.#writer = new FastWriter(front, this.#output);
    this.#exchangeHost = this.#hostOfExchanges();
    socket.setNoDelay(true);
    if (!readInto(socket, front.input, this.#onBytes)) socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    // 'close' follows an error; a viewer that resets its connection is worth no log line.
    socket.on('error', () => undefined);
    socket.on('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => this.#take(chunk, chunk.length, false);
  readonly #onBytes = (bytes: number): void => this.#take(this.#front.input, bytes, true);

  /** `shared`: the bytes are ours until we return. */
  #take(input: Buffer, end: number, shared: boolean): void {
    const phase = this.#phase;
    if (phase === 'ending' || phase === 'closed') return;
    const before = this.#pending;
    if (phase === 'reading' && before === undefined) {
      this.#run(input, end, shared);
      return;
    }
    const chunk = shared ? Buffer.from(input.subarray(0, end)) : input;
    if (phase === 'reading' && before !== undefined) {
      // A head that trickles in is read again only when a line has ended: linear work for slow senders.
      const joined = Buffer.concat([before, chunk]);
      this.#pending = joined;
      if (chunk.includes(0x0a) || joined.length >= this.#front.limits.maxRequestLineBytes)
        this.#run(joined, joined.length, false);
      return;
    }
    this.#pending = before === undefined ? chunk : Buffer.concat([before, chunk]);
    if (phase === 'handed-over') this.#feed();
    this.#balanceInput();
  }

  readonly #onEnd = (): void => {
    this.#halfClosed = true;
    if (this.#phase === 'reading') {
      if (this.#pending === undefined) this.#end();
      else this.#refuse({ status: 400, reason: 'truncated' });
    } else if (this.#exchange?.bodyComplete === false && this.#pending === undefined) this.#bodyEnded();
  };

  /** The viewer has sent its last byte: the end of what was switched to, too little of a body. */
  #bodyEnded(): void {
    if (this.#exchange?.switched === true) this.#exchange.endBody();
    else this.#socket.destroy();
  }

  readonly #onClose = (): void => {
    this.#phase = 'closed';
    this.#front.connections.delete(this);
    this.#pending = undefined;
    this.#writer.drop();
    this.#exchange?.finish();
    this.#exchange = undefined;
  };

  /** Reads and answers as many requests as the bytes hold and the socket takes. */
  #run(bytes: Buffer, end: number, shared: boolean): void {
    const parser = this.#parser;
    const front = this.#front;
    const output = this.#output;
    const nowMs = front.clock.nowMs();
    const nowSecond = front.second(nowMs);
    parser.nowMs = nowMs;
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
      if (
        !parser.keepAlive ||
        this.#requests >= front.limits.maxRequestsPerConnection ||
        front.draining !== false
      ) {
        this.#lastRequest = true;
      }
      const hit = outcome === 'plain' || parser.selective ? this.#askFast(outcome === 'plain') : undefined;
      if (hit === undefined) {
        output.uncork();
        if (this.#phase === 'reading')
          this.#handOver(shared ? Buffer.from(bytes.subarray(0, end)) : bytes, parser.headEnd);
        return;
      }
      at = parser.headEnd;
      if (at < end) output.cork();
      front.stats.fast += 1;
      if (!this.#writer.answer(hit, nowMs, nowSecond, parser.method === 'HEAD', this.#lastRequest))
        this.#phase = 'writing';
    }
    output.uncork();
    const phase = this.#phase;
    if (phase === 'ending' || phase === 'closed') return;
    const partialBefore = this.#pending !== undefined && at === 0;
    const rest = at < end ? bytes.subarray(at, end) : undefined;
    this.#pending = rest !== undefined && shared ? Buffer.from(rest) : rest;
    if (!partialBefore) this.#sinceMs = nowMs;
    if (phase === 'reading' && this.#lastRequest) this.#end();
    else if (phase === 'writing') this.#balanceInput();
  }

  #askFast(plain: boolean): FastHit<Token> | undefined {
    const { handlers } = this.#front;
    try {
      return plain ? handlers.fast?.(this.#parser) : handlers.selective?.(this.#parser);
    } catch (error) {
      this.#front.log.error({ err: error }, 'the fast handler threw');
      this.#refuse({ status: 500, reason: 'handler-failed' });
      return undefined;
    }
  }

  readonly #onOutputProgress = (): void => {
    if (this.#phase === 'writing') {
      if (this.#writer.drained(this.#front.clock.nowMs())) this.#resume();
    } else this.#exchange?.progress();
  };

  /** Back to reading after output drained or an answer is complete. */
  #resume(): void {
    this.#phase = 'reading';
    this.#sinceMs = this.#front.clock.nowMs();
    const pending = this.#pending;
    this.#pending = undefined;
    if (this.#lastRequest) this.#end();
    else if (pending !== undefined) this.#run(pending, pending.length, false);
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

  #hostOfExchanges(): ExchangeHost<Token> {
    const front = this.#front;
    return {
      handlers: front.handlers,
      limits: front.limits,
      output: this.#output,
      nowMs: () => front.clock.nowMs(),
      isLast: () => {
        if (front.draining !== false) this.#lastRequest = true;
        return this.#lastRequest;
      },
      wantInput: () => {
        // What the handler held up, the client is not late with.
        this.#sinceMs = front.clock.nowMs();
        if (this.#phase === 'handed-over') this.#feed();
      },
      answered: () => {
        const exchange = this.#exchange;
        if (exchange?.switched === true) this.#lastRequest = true;
        if (exchange?.bodyComplete !== false || exchange.switched) this.#finishExchange();
        else {
          exchange.discardBody();
          this.#feed();
        }
      },
      failed: (error) => {
        front.log.error({ err: error }, 'the handler of a request failed');
        this.#abandon({ status: 500, reason: 'handler-failed' });
      },
      cut: () => this.#socket.destroy(),
    };
  }

  #handOver(bytes: Buffer, headEnd: number): void {
    const front = this.#front;
    const parser = this.#parser;
    // RFC 9110 §10.1.1: anything but 100-continue.
    const expectation = parser.minorVersion === 1 ? parser.header('expect') : undefined;
    if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') {
      this.#refuse({ status: 417, reason: 'expectation' });
      return;
    }
    const socket = this.#socket as Socket & Partial<Pick<TLSSocket, 'servername'>>; // TLS sockets add it
    const exchange = new Exchange<Token>(this.#exchangeHost, parser, {
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
      serverName: typeof socket.servername === 'string' ? socket.servername.toLowerCase() : undefined,
    });
    let bodyEnd = headEnd;
    if (!exchange.bodyComplete && headEnd < bytes.length) {
      const used = exchange.feed(bytes.subarray(headEnd));
      if (used === -1) {
        exchange.finish();
        this.#refuse({ status: 400, reason: 'chunk-malformed' });
        return;
      }
      bodyEnd = headEnd + used;
    }
    front.stats.slow += 1;
    this.#phase = 'handed-over';
    this.#sinceMs = front.clock.nowMs();
    this.#exchange = exchange;
    this.#pending = bodyEnd < bytes.length ? bytes.subarray(bodyEnd) : undefined;
    this.#balanceInput();
    void exchange.run();
  }

  /** Body bytes to the handler, or to nobody once the answer is out. */
  #feed(): void {
    const exchange = this.#exchange;
    const pending = this.#pending;
    if (exchange === undefined || exchange.bodyComplete || exchange.bodyFull) return;
    if (pending === undefined) {
      // It had sent its last byte before the switch.
      if (this.#halfClosed && exchange.switched) this.#bodyEnded();
      return;
    }
    this.#sinceMs = this.#front.clock.nowMs();
    const used = exchange.feed(pending);
    if (used === -1) {
      this.#abandon({ status: 400, reason: 'chunk-malformed' });
      return;
    }
    this.#pending = used < pending.length ? pending.subarray(used) : undefined;
    if (exchange.answered) {
      exchange.drainedBytes += used;
      if (exchange.drainedBytes > this.#front.limits.maxDrainBytes) {
        this.#end();
        return;
      }
    }
    this.#balanceInput();
    if (exchange.bodyComplete && exchange.answered) this.#finishExchange();
    else if (this.#halfClosed && !exchange.bodyComplete && this.#pending === undefined) this.#bodyEnded();
  }

  #finishExchange(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#exchange = undefined;
    exchange.finish();
    if (this.#phase === 'handed-over') this.#resume();
  }

  /** Gives a request up: an answer if none has begun, else a cut that nobody takes for an end. */
  #abandon(refusal: Refusal): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.finish();
    if (exchange === undefined || exchange.begun) this.#socket.destroy();
    else this.#refuse(refusal);
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
      this.#front.clock.nowMs(),
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
    this.#output.uncork();
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
    } else if (this.#phase === 'handed-over') {
      const exchange = this.#exchange;
      // What was switched to may be silent for as long as its own limits say.
      if (exchange?.switched === true) return;
      if (exchange?.bodyComplete === false && !exchange.bodyFull && waited > limits.bodyTimeoutMs) {
        this.#abandon({ status: 408, reason: 'body-timeout' });
      } else if (
        this.#halfClosed &&
        nowMs - Math.max(this.#sinceMs, this.#output.sentMs) > limits.halfClosedTimeoutMs
      )
        this.#socket.destroy();
    } else if (this.#phase === 'ending' && waitingSinceMs === 0 && waited > limits.lingerMs) {
      this.#socket.destroy();
    }
  }

  /** No further request: idle connections end now, others after the response under way, or the one to a request half here. */
  drain(): void {
    if (this.#phase !== 'reading') this.#lastRequest = true;
    else if (this.#pending === undefined) this.#end();
  }

  /** Nothing to do: whatever is answered from now on says `Connection: close`. */
  drainGently(): void {}

  destroy(): void {
    this.#socket.destroy();
  }

  /** Resolves when the connection is gone and its accounts are settled. */
  closed(): Promise<void> {
    if (this.#phase === 'closed') return Promise.resolve();
    return new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }
}
