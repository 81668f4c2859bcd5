import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock, Log } from '@media-network/runtime';
import type { FastHit } from '../fast-hit.ts';
import type { FrontStats, OpenConnection } from '../front-state.ts';
import type { FrontLimits } from '../limits.ts';
import type { FastRequest, FrontHandlers } from '../seam.ts';
import { answer } from './answering.ts';
import type { AnsweringDeps, Remote } from './answering.ts';
import type { BatchPool } from './frame-output.ts';
import type { Http2Limits } from './h2-limits.ts';
import type { PathMemo } from './path-memo.ts';
import { Http2Session } from './session.ts';

/** What the HTTP/2 connections of a front share. */
export interface Http2Front<Token> {
  readonly handlers: FrontHandlers<Token>;
  readonly limits: FrontLimits;
  readonly http2: Http2Limits;
  readonly pool: BatchPool;
  readonly paths: PathMemo;
  readonly clock: Clock;
  readonly log: Log;
  readonly connections: Set<OpenConnection>;
  readonly stats: FrontStats;
  second(nowMs: number): number;
}

/** One viewer connection that speaks HTTP/2: a session, bound to its socket. */
export class Http2Connection<Token> implements OpenConnection {
  readonly #front: Http2Front<Token>;
  readonly #socket: Socket;
  readonly #session: Http2Session<Token>;
  #handedOver = 0;
  #paused = false;
  #closed = false;
  /** Since when the connection is being ended; 0 while it is not. */
  #endingSinceMs = 0;
  /** The peer has ended its side. */
  #halfClosed = false;
  /** When something was last given to the socket, or the peer ended its side. */
  #activeMs = 0;

  constructor(front: Http2Front<Token>, socket: Socket, scheme: 'http' | 'https') {
    const { handlers, stats } = front;
    this.#front = front;
    this.#socket = socket;
    const nowMs = (): number => front.clock.nowMs();
    this.#session = new Http2Session<Token>({
      limits: front.limits,
      http2: front.http2,
      pool: front.pool,
      paths: front.paths,
      scheme,
      sink: {
        write: (bytes, done) => {
          this.#activeMs = nowMs();
          socket.write(bytes, done);
        },
      },
      nowMs,
      second: (atMs) => front.second(atMs),
      events: handlers,
      taker: {
        fast: (request, kind) => this.#fast(request, kind === 'plain'),
        onRequest: (stream, head) => {
          stats.slow += 1;
          this.#handedOver += 1;
          void answer(stream, head, deps).finally(() => {
            this.#handedOver -= 1;
          });
        },
        onFastHit: () => {
          stats.fast += 1;
        },
        onRefused: (reason, status) => {
          stats.refused += 1;
          handlers.onRefused?.(reason, status);
        },
        onFailed: (error) => front.log.error({ err: error }, 'a hit cannot be sent'),
        handedOver: () => this.#handedOver,
      },
      onEnd: () => this.#end(),
      onCut: () => socket.destroy(),
      onBacklog: (backlogged) => this.#pause(backlogged),
    });
    const deps: AnsweringDeps<Token> = {
      handlers,
      session: this.#session,
      remote: remoteOf(socket),
      log: front.log,
      nowMs,
    };
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#session.receive(chunk));
    socket.on('end', () => {
      this.#halfClosed = true;
      this.#activeMs = nowMs();
      this.#session.receiveEnd();
      if (this.#session.ended) this.#socket.end();
    });
    // 'close' follows an error; a viewer that resets its connection is worth no log line.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      front.connections.delete(this);
      this.#session.close();
    });
  }

  #fast(request: FastRequest, plain: boolean): FastHit<Token> | undefined | 'failed' {
    const { handlers } = this.#front;
    try {
      return plain ? handlers.fast?.(request) : handlers.selective?.(request);
    } catch (error) {
      this.#front.log.error({ err: error }, 'the fast handler threw');
      return 'failed';
    }
  }

  #pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  /** What is queued still goes out, what still comes in is thrown away for a while. */
  #end(): void {
    if (this.#endingSinceMs !== 0) return;
    this.#endingSinceMs = this.#front.clock.nowMs();
    this.#pause(false);
    this.#socket.end();
  }

  sweep(nowMs: number): void {
    const { limits } = this.#front;
    const { waitingSinceMs } = this.#session;
    if (waitingSinceMs !== 0 && nowMs - waitingSinceMs > limits.writeTimeoutMs) {
      this.#socket.destroy();
      return;
    }
    if (this.#endingSinceMs === 0) {
      if (this.#halfClosed && nowMs - this.#activeMs > limits.halfClosedTimeoutMs) this.#socket.destroy();
      else this.#session.sweep(nowMs);
    } else if (waitingSinceMs === 0 && nowMs - this.#endingSinceMs > limits.lingerMs) this.#socket.destroy();
  }

  drain(): void {
    this.#session.drain();
  }

  /** GOAWAY is a way to say it at any time, and refuses nothing that is on its way. */
  drainGently(): void {
    this.#session.drainGently();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  closed(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }
}

function remoteOf(socket: Socket & Partial<Pick<TLSSocket, 'servername'>>): Remote {
  return {
    remoteAddress: socket.remoteAddress,
    remotePort: socket.remotePort,
    serverName: typeof socket.servername === 'string' ? socket.servername.toLowerCase() : undefined,
  };
}
