import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { headerIn } from '@media-network/http-front';
import type { Answer, AnswerEnd, FrontHandlers, ParsedRequest } from '@media-network/http-front';
import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { LateMessage } from '../succession/late-messages.ts';
import { errorOf, failureOf } from './exchange-client.ts';
import { Frame, FrameReader, bodyFrameHead, frame, jsonFrame, jsonOf, numberFrame } from './frames.ts';
import type { Failure, FrameTaker, RequestHead } from './frames.ts';

export interface ExchangeServerDeps<Token> {
  readonly handlers: Pick<FrontHandlers<Token>, 'answer' | 'onWritten'>;
  /** Called with a request that a worker could have answered by itself, before it is answered here. */
  readonly onMissed?: (worker: number, request: ParsedRequest) => void;
  /**
   * What has to be waited for before anything more is said: that no worker serves any more what was forgotten.
   * Undefined where there is nothing.
   */
  readonly barrier?: () => Promise<void> | undefined;
  /** A connection on which an earlier generation says what it still has to say; returns what takes it. */
  readonly onLate?: (socket: Socket) => (message: LateMessage) => void;
  readonly log: Log;
}

export interface ExchangeServer {
  /** Resolves when so many bytes were told of by a worker, over all its answers, or it is gone. */
  whenTold(worker: number, bytes: number): Promise<void>;
  /** The worker is gone; what it has told is taken in. */
  forget(worker: number): void;
  /** Exchanges under way. */
  readonly size: number;
  /** Ends what is under way: its viewers are gone with the processes that had them. */
  close(): Promise<void>;
}

/** The receiving end of `createExchangeClient`: what fronts in other processes hand over is answered by the same handlers. */
export async function startExchangeServer<Token>(
  path: string,
  deps: ExchangeServerDeps<Token>,
): Promise<ExchangeServer> {
  const sockets = new Set<Socket>();
  const told: Told = { byWorker: new Map(), exchanges: 0, waiting: new Set() };
  const server = createServer({ allowHalfOpen: false, noDelay: true }, (socket) => {
    sockets.add(socket);
    serveConnection(socket, deps, told);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  return {
    async whenTold(worker, bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        const known = told.byWorker.get(worker);
        if (known === undefined || known >= bytes) resolve();
      };
      told.byWorker.set(worker, told.byWorker.get(worker) ?? 0);
      told.waiting.add(look);
      look();
      await promise;
      told.waiting.delete(look);
    },
    forget(worker) {
      told.byWorker.delete(worker);
      for (const look of told.waiting) look();
    },
    get size() {
      return told.exchanges;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

interface Told {
  readonly byWorker: Map<number, number>;
  exchanges: number;
  readonly waiting: Set<() => void>;
}

function serveConnection<Token>(socket: Socket, deps: ExchangeServerDeps<Token>, told: Told): void {
  const reader = new FrameReader();
  let served: ServedExchange<Token> | undefined;
  let late: ((message: LateMessage) => void) | undefined;
  const taker: FrameTaker = {
    onBody: (piece) => served?.upload.feed(piece),
    onFrame(type, payload) {
      if (type === Frame.lateBegins) late = deps.onLate?.(socket);
      else if (type === Frame.late) late?.(jsonOf(payload) as LateMessage);
      else if (type === Frame.request) {
        served?.lost();
        served = new ServedExchange(socket, jsonOf(payload) as RequestHead, deps, told);
        void served.run();
      } else served?.onFrame(type, payload);
    },
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.feed(chunk, taker);
    } catch (error) {
      deps.log.error({ err: errorMessage(error) }, 'a worker said what cannot be read');
      socket.destroy();
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    served?.lost();
    served = undefined;
  });
}

/** How much of a request's body is asked for ahead of its reader. */
const UPLOAD_WINDOW_BYTES = 128 * 1024;

/** The body of a request that another process reads from its viewer; asked for as it is read. */
class Upload extends Readable {
  readonly #want: (bytes: number) => void;
  #asked = 0;

  constructor(want: (bytes: number) => void) {
    super({ highWaterMark: UPLOAD_WINDOW_BYTES });
    this.#want = want;
  }

  override _read(): void {
    if (this.#asked > 0) return;
    this.#asked = UPLOAD_WINDOW_BYTES;
    this.#want(UPLOAD_WINDOW_BYTES);
  }

  feed(piece: Buffer): void {
    this.#asked -= piece.length;
    if (!this.destroyed) this.push(piece);
  }

  complete(): void {
    if (!this.destroyed) this.push(null);
  }
}

class ServedExchange<Token> {
  readonly upload: Upload;
  readonly #socket: Socket;
  readonly #head: RequestHead;
  readonly #deps: ExchangeServerDeps<Token>;
  readonly #told: Told;
  readonly #gone = new AbortController();
  #answer: Answer<Token> | undefined;
  #left = 0;
  /** Of interim answers, before it is known who pays. */
  #heldHead = 0;
  #unwanted = false;
  #over = false;
  #wake: (() => void) | undefined;
  readonly #woken = (): void => {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  };

  constructor(socket: Socket, head: RequestHead, deps: ExchangeServerDeps<Token>, told: Told) {
    this.#socket = socket;
    this.#head = head;
    this.#deps = deps;
    this.#told = told;
    told.exchanges += 1;
    this.upload = new Upload((bytes) => {
      if ((head.hasBody || head.upgrade !== undefined) && !this.#over)
        this.#send(numberFrame(Frame.wantBody, bytes));
    });
    // Whoever reads it hears of it; where nobody does there is nobody to tell.
    this.upload.on('error', () => undefined);
    if (!head.hasBody && head.upgrade === undefined) this.upload.complete();
  }

  #send(bytes: Buffer): boolean {
    return this.#socket.destroyed || this.#socket.write(bytes);
  }

  onFrame(type: number, payload: Buffer): void {
    switch (type) {
      case Frame.left:
        this.#onLeft(payload.readUInt32LE(0), payload.readUInt32LE(4));
        break;
      case Frame.ended:
        this.#ended(jsonOf(payload) as EndOnTheWire);
        break;
      case Frame.bodyEnd:
        this.upload.complete();
        break;
      case Frame.bodyFailed:
        this.upload.destroy(errorOf(jsonOf(payload) as Failure));
        break;
      case Frame.gone:
        this.#gone.abort();
        break;
      case Frame.unwanted:
        this.#unwanted = true;
        this.#woken();
        break;
      default:
        throw new Error(`a frame of type ${type}`);
    }
  }

  #onLeft(head: number, body: number): void {
    const { worker } = this.#head;
    if (worker !== undefined)
      this.#told.byWorker.set(worker, (this.#told.byWorker.get(worker) ?? 0) + head + body);
    for (const look of this.#told.waiting) look();
    this.#left += head + body;
    if (this.#answer === undefined) this.#heldHead += head;
    else this.#deps.handlers.onWritten?.(this.#answer.token, head, body);
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { handlers, onMissed, barrier } = this.#deps;
    const request = parsedRequest(this.#head, this.upload, this.#gone.signal, (status, headers) => {
      if (!this.#over && this.#answer === undefined)
        this.#send(jsonFrame(Frame.interim, { status, headers }));
    });
    if (this.#head.missed && this.#head.worker !== undefined) onMissed?.(this.#head.worker, request);
    let answer: Answer<Token>;
    try {
      answer = await handlers.answer(request);
    } catch (error) {
      this.#deps.log.error({ err: errorMessage(error) }, 'the handler of a request failed');
      this.#socket.destroy();
      return;
    }
    if (!this.#over) await barrier?.();
    this.#answer = answer;
    if (this.#heldHead > 0) handlers.onWritten?.(answer.token, this.#heldHead, 0);
    if (this.#over) {
      answer.ended?.({ complete: false, bytes: this.#left });
      await leave(answer);
      return;
    }
    await this.#deliver(answer);
  }

  async #deliver(answer: Answer<Token>): Promise<void> {
    const { status, statusText, headers, contentLength } = answer;
    const bodyless = this.#head.method === 'HEAD' || status === 204 || status === 304;
    if (bodyless) await leave(answer);
    const body = bodyless ? undefined : answer.body;
    const head = { status, statusText, headers, contentLength, hasBody: body !== undefined };
    this.#socket.cork();
    this.#send(jsonFrame(Frame.answer, head));
    if (body === undefined) {
      this.#socket.uncork();
      return;
    }
    // A head and what of the body is there already go out together.
    const uncorking = setImmediate(() => this.#socket.uncork());
    const onDrain = this.#woken;
    this.#socket.on('drain', onDrain);
    try {
      for await (const piece of Buffer.isBuffer(body) ? [body] : body) {
        if (this.#over || this.#unwanted) break;
        if (piece.length === 0) continue;
        this.#send(bodyFrameHead(piece.length));
        const room = this.#send(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
        if (!room) await this.#room();
      }
      if (this.#over || this.#unwanted) return;
      this.#send(frame(Frame.bodyEnd));
    } catch (error) {
      this.#send(jsonFrame(Frame.bodyFailed, failureOf(error)));
    } finally {
      clearImmediate(uncorking);
      this.#socket.off('drain', onDrain);
      this.#socket.uncork();
    }
  }

  #room(): Promise<void> {
    this.#socket.uncork();
    if (this.#over || this.#unwanted || this.#socket.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #ended({ complete, bytes, error }: EndOnTheWire): void {
    this.#finish({ complete, bytes, ...(error === undefined ? {} : { error: errorOf(error) }) });
  }

  /** The process that had the viewer is gone, or has given the request up: what it did not tell of did not happen. */
  lost(): void {
    this.#finish({ complete: false, bytes: this.#left });
  }

  #finish(end: AnswerEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#told.exchanges -= 1;
    if (!this.upload.readableEnded) this.upload.destroy();
    if (!end.complete) this.#gone.abort();
    this.#answer?.ended?.(end);
    this.#woken();
  }
}

interface EndOnTheWire {
  readonly complete: boolean;
  readonly bytes: number;
  readonly error?: Failure;
}

async function leave({ body }: Answer<unknown>): Promise<void> {
  if (body === undefined || Buffer.isBuffer(body)) return;
  await body[Symbol.asyncIterator]()
    .return?.()
    .then(undefined, () => undefined);
}

function parsedRequest(
  head: RequestHead,
  body: Readable,
  signal: AbortSignal,
  interim: (status: number, headers: readonly string[]) => void,
): ParsedRequest {
  const { rawHeaders } = head;
  return {
    scheme: head.scheme,
    method: head.method,
    httpVersion: head.httpVersion,
    host: head.host,
    port: head.port,
    target: head.target,
    pathEnd: head.pathEnd,
    rawHeaders,
    hasBody: head.hasBody,
    upgrade: head.upgrade,
    body,
    remoteAddress: head.remoteAddress,
    remotePort: head.remotePort,
    serverName: head.serverName,
    signal,
    interim,
    header: (lowerName) => headerIn(rawHeaders, lowerName),
  };
}
