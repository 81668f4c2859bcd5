import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Answer, AnswerBody, AnswerEnd, ParsedRequest } from '@media-network/http-front';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import { Frame, FrameReader, bodyFrameHead, frame, jsonFrame, jsonOf, leftFrame } from './frames.ts';
import type { AnswerHead, Failure, FrameTaker } from './frames.ts';

/** Who pays for the bytes of an answer that another process made: that process knows. */
export interface RemoteAccount {
  /** So many bytes have left to the viewer. */
  left(headBytes: number, bodyBytes: number): void;
}

/** Hands requests to the process that has the books, and takes its answers: a front's `answer`, wherever that runs. */
export interface ExchangeClient {
  answer(request: ParsedRequest, worker?: number, missed?: boolean): Promise<Answer<RemoteAccount>>;
  /** Bytes told of by `left`, over all answers. */
  readonly toldBytes: number;
  /** Closes connections that nothing is under way on. */
  close(): void;
}

/** Connections kept between requests. */
const MAX_IDLE = 64;
/** Of an answer's body that the viewer is slower than. */
const MAX_QUEUED_BYTES = 256 * 1024;
/** Pieces of it, however small: each costs some hundred bytes beside what is in it. */
const MAX_QUEUED_PIECES = 1_024;

/** `path`: of the local socket on which `startExchangeServer` listens. */
export function createExchangeClient(path: string): ExchangeClient {
  const idle: ExchangeConnection[] = [];
  let closed = false;
  const told = { bytes: 0 };
  const host: ConnectionHost = {
    told,
    free(connection) {
      if (closed || idle.length >= MAX_IDLE) connection.end();
      else idle.push(connection);
    },
    gone(connection) {
      const at = idle.indexOf(connection);
      if (at !== -1) idle.splice(at, 1);
    },
  };
  return {
    answer(request, worker, missed = false) {
      const connection = idle.pop() ?? new ExchangeConnection(connect(path), host);
      return connection.ask(request, worker, missed);
    },
    get toldBytes() {
      return told.bytes;
    },
    close() {
      closed = true;
      for (const connection of idle.splice(0)) connection.end();
    },
  };
}

interface ConnectionHost {
  readonly told: { bytes: number };
  free(connection: ExchangeConnection): void;
  gone(connection: ExchangeConnection): void;
}

/** One local connection: an exchange after the other. */
class ExchangeConnection implements FrameTaker {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #reader = new FrameReader();
  #exchange: RemoteExchange | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (chunk: Buffer) => this.#reader.feed(chunk, this));
    // 'close' follows, and says it to whoever waits.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      host.gone(this);
      this.#exchange?.lost();
      this.#exchange = undefined;
    });
  }

  ask(request: ParsedRequest, worker: number | undefined, missed: boolean): Promise<Answer<RemoteAccount>> {
    const exchange = new RemoteExchange(this.#socket, request, this.#host.told, (reusable) => {
      this.#exchange = undefined;
      if (reusable && !this.#socket.destroyed) this.#host.free(this);
      else this.end();
    });
    this.#exchange = exchange;
    if (this.#socket.destroyed) exchange.lost();
    else exchange.begin(worker, missed);
    return exchange.answered;
  }

  onBody(piece: Buffer): void {
    this.#exchange?.onBody(piece);
  }

  onFrame(type: number, payload: Buffer): void {
    this.#exchange?.onFrame(type, payload);
  }

  /** What was written still arrives. */
  end(): void {
    this.#socket.end();
  }
}

/** One request on its way to the other process, and the answer on its way back. */
class RemoteExchange implements RemoteAccount, FrameTaker {
  readonly answered: Promise<Answer<RemoteAccount>>;
  readonly #socket: Socket;
  readonly #request: ParsedRequest;
  readonly #told: { bytes: number };
  readonly #onOver: (reusable: boolean) => void;
  readonly #resolve: (answer: Answer<RemoteAccount>) => void;
  readonly #reject: (error: Error) => void;
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #head: AnswerHead | undefined;
  /** How the answer's body ended. */
  #bodyEnd: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;
  #unwanted = false;
  /** Bytes of the request's body that may be sent. */
  #wanted = 0;
  #onWanted: (() => void) | undefined;
  #uploading = false;
  /** The request's body is with the other side, or there is none. */
  #uploaded: boolean;
  #over = false;

  constructor(
    socket: Socket,
    request: ParsedRequest,
    told: { bytes: number },
    onOver: (reusable: boolean) => void,
  ) {
    this.#socket = socket;
    this.#request = request;
    this.#told = told;
    this.#onOver = onOver;
    this.#uploaded = !request.hasBody;
    const { promise, resolve, reject } = Promise.withResolvers<Answer<RemoteAccount>>();
    this.answered = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(worker: number | undefined, missed: boolean): void {
    const { scheme, method, httpVersion, host, port, target, pathEnd, rawHeaders, hasBody } = this.#request;
    const { upgrade, remoteAddress, remotePort, serverName, signal } = this.#request;
    this.#send(
      jsonFrame(Frame.request, {
        scheme,
        method,
        httpVersion,
        host,
        port,
        target,
        pathEnd,
        rawHeaders,
        hasBody,
        upgrade,
        remoteAddress,
        remotePort,
        serverName,
        worker,
        missed,
      }),
    );
    if (signal.aborted) this.#gone();
    else signal.addEventListener('abort', () => this.#gone(), { once: true });
  }

  #gone(): void {
    if (!this.#over && this.#head === undefined) this.#send(frame(Frame.gone));
  }

  #send(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  get #full(): boolean {
    return this.#queued > MAX_QUEUED_BYTES || this.#queue.length > MAX_QUEUED_PIECES;
  }

  onBody(piece: Buffer): void {
    if (this.#unwanted || this.#over) return;
    this.#queue.push(piece);
    this.#queued += piece.length;
    if (this.#full) this.#socket.pause();
    this.#woken();
  }

  onFrame(type: number, payload: Buffer): void {
    switch (type) {
      case Frame.answer:
        this.#onAnswer(jsonOf(payload) as AnswerHead);
        break;
      case Frame.interim: {
        const { status, headers } = jsonOf(payload) as { status: number; headers: string[] };
        this.#request.interim(status, headers);
        break;
      }
      case Frame.bodyEnd:
        this.#bodyEnd = { error: undefined };
        this.#woken();
        break;
      case Frame.bodyFailed:
        this.#bodyEnd = { error: errorOf(jsonOf(payload) as Failure) };
        this.#woken();
        break;
      case Frame.wantBody:
        this.#want(payload.readUInt32LE(0));
        break;
      default:
        throw new Error(`the edge says ${type}`);
    }
  }

  #onAnswer(head: AnswerHead): void {
    this.#head = head;
    if (!head.hasBody) this.#bodyEnd = { error: undefined };
    const { status, statusText, headers, contentLength, hasBody } = head;
    // What came with the head is looked at once all that came is read.
    queueMicrotask(() =>
      this.#resolve({
        status,
        statusText,
        headers,
        contentLength,
        body: hasBody ? this.#body() : undefined,
        token: this,
        ended: (end) => this.#ended(end),
      }),
    );
  }

  /** In one piece if it is all here. */
  #body(): AnswerBody {
    if (this.#bodyEnd?.error === undefined && this.#bodyEnd !== undefined && this.#queue.length === 1) {
      const [whole] = this.#queue.splice(0);
      if (whole !== undefined) return whole;
    }
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const piece = this.#queue.shift();
        if (piece !== undefined) {
          this.#queued -= piece.length;
          if (!this.#full) this.#socket.resume();
          yield piece;
          continue;
        }
        if (this.#bodyEnd?.error !== undefined) throw this.#bodyEnd.error;
        if (this.#bodyEnd !== undefined) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#drop();
    }
  }

  #woken(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The rest of the body is nobody's any more. */
  #drop(): void {
    if (this.#unwanted) return;
    this.#unwanted = true;
    this.#queue.length = 0;
    this.#socket.resume();
    if (this.#bodyEnd === undefined) this.#send(frame(Frame.unwanted));
  }

  left(headBytes: number, bodyBytes: number): void {
    this.#told.bytes += headBytes + bodyBytes;
    this.#send(leftFrame(headBytes, bodyBytes));
  }

  #ended({ complete, bytes, error }: AnswerEnd): void {
    this.#over = true;
    this.#send(
      jsonFrame(Frame.ended, { complete, bytes, error: error === undefined ? undefined : failureOf(error) }),
    );
    this.#woken();
    this.#onWanted?.();
    this.#drop();
    this.#onOver(complete && this.#bodyEnd !== undefined && this.#uploaded);
  }

  #want(bytes: number): void {
    this.#wanted += bytes;
    const more = this.#onWanted;
    this.#onWanted = undefined;
    more?.();
    if (this.#uploading) return;
    this.#uploading = true;
    void this.#upload();
  }

  /** The request's body, as far as the other side wants it. Never rejects. */
  async #upload(): Promise<void> {
    try {
      for await (const chunk of this.#request.body as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length;) {
          if (this.#over) return;
          if (this.#wanted <= 0) {
            await new Promise<void>((resolve) => {
              this.#onWanted = resolve;
            });
            continue;
          }
          const piece = chunk.subarray(at, at + this.#wanted);
          at += piece.length;
          this.#wanted -= piece.length;
          this.#send(bodyFrameHead(piece.length));
          this.#send(piece);
        }
      }
      if (this.#over) return;
      this.#uploaded = true;
      this.#send(frame(Frame.bodyEnd));
    } catch (error) {
      if (!this.#over) this.#send(jsonFrame(Frame.bodyFailed, failureOf(error)));
    }
  }

  /** The other process is gone. */
  lost(): void {
    if (this.#over) return;
    const error = new MediaError({
      code: 'edge/keeper-lost',
      message: 'The process that keeps the books of this edge has gone.',
      source: 'internal',
    });
    if (this.#bodyEnd === undefined) this.#bodyEnd = { error };
    this.#woken();
    this.#onWanted?.();
    if (this.#head === undefined) this.#reject(error);
  }
}

export function failureOf(error: unknown): Failure {
  return { code: errorCode(error), message: errorMessage(error) };
}

export function errorOf({ code, message }: Failure): MediaError {
  return new MediaError({ code, message, source: 'internal' });
}
