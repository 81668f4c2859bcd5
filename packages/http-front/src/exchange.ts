import { Readable } from 'node:stream';
import { leave, wrongLength } from './answer-body.ts';
import type { HeadParser } from './head-parser.ts';
import { headerIn } from './header-in.ts';
import type { FrontLimits } from './limits.ts';
import type { Output } from './output.ts';
import { RequestBody } from './request-body.ts';
import { interimHead, responseHead } from './response-head.ts';
import type { Framing } from './response-head.ts';
import type { Answer, FrontHandlers, ParsedRequest } from './seam.ts';
import { upgradeOf } from './upgrade.ts';
import type { UpgradeProtocol } from './upgrade.ts';

/** What an exchange needs of its connection. */
export interface ExchangeHost<Token> {
  readonly handlers: FrontHandlers<Token>;
  readonly limits: FrontLimits;
  readonly output: Output<Token>;
  nowMs(): number;
  /** Whether the connection ends with this answer; asked when its head is written. */
  isLast(): boolean;
  /** The handler wants more of the body. */
  wantInput(): void;
  /** All of the answer has left. */
  answered(): void;
  /** There is no answer to give, and none has begun. */
  failed(error: unknown): void;
  /** The answer has begun and cannot be completed. */
  cut(): void;
}

export interface Remote {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly serverName: string | undefined;
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');
const CRLF = Buffer.from('\r\n', 'latin1');
const nothing = (): void => undefined;

/** One request that was handed over, and its answer on the way back, over HTTP/1. */
export class Exchange<Token> {
  readonly #host: ExchangeHost<Token>;
  readonly #request: ParsedRequest;
  readonly #body: RequestBody | undefined;
  readonly #upgrade: UpgradeProtocol | undefined;
  #controller: AbortController | undefined;
  #answer: Answer<Token> | undefined;
  /** Nothing more can be sent. */
  #over = false;
  /** All has been given to the socket. */
  #finished = false;
  #handed = 0;
  #left = 0;
  #heldHead = 0;
  #wake: (() => void) | undefined;
  #error: unknown;
  /** Set once the answer is complete and has left. */
  answered = false;
  /** The connection has switched protocols: whatever comes is for `body`, and it ends with its answer. */
  switched = false;
  drainedBytes = 0;

  constructor(host: ExchangeHost<Token>, parser: HeadParser, remote: Remote) {
    this.#host = host;
    const present = parser.chunked || parser.contentLength > 0;
    const expects = present && parser.minorVersion === 1 && parser.header('expect') !== undefined;
    this.#upgrade = upgradeOf(parser, present);
    if (this.#upgrade !== undefined)
      this.#body = new RequestBody(Number.POSITIVE_INFINITY, false, () => host.wantInput(), nothing);
    else
      this.#body = present
        ? new RequestBody(
            parser.contentLength,
            parser.chunked,
            () => host.wantInput(),
            // RFC 9110 §10.1.1: whoever reads the body wants it sent.
            () => {
              if (expects) this.#interim(100, []);
            },
          )
        : undefined;
    this.#request = handedOver(this, parser, remote, this.#body, this.#upgrade);
  }

  /** Made when first asked for: most handlers of small answers never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over && !this.answered) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Whether the answer, interim ones apart, was begun. */
  get begun(): boolean {
    return this.#answer !== undefined;
  }

  /** Before a switch nothing that comes is for the request. */
  get bodyComplete(): boolean {
    if (this.#upgrade !== undefined && !this.switched) return true;
    return this.#body?.complete ?? true;
  }

  get bodyFull(): boolean {
    return this.#body?.full ?? false;
  }

  /** See `RequestBody.feed`. */
  feed(bytes: Buffer): number {
    return this.#body?.feed(bytes) ?? 0;
  }

  discardBody(): void {
    this.#body?.discard();
  }

  /** After a switch: the viewer sends nothing more. */
  endBody(): void {
    this.#body?.end();
  }

  interim(status: number, headers: readonly string[]): void {
    if (this.#request.httpVersion === '1.1' && status >= 102 && status <= 199) this.#interim(status, headers);
  }

  #interim(status: number, headers: readonly string[]): void {
    if (this.#over || this.#answer !== undefined) return;
    const head = interimHead(status, headers);
    this.#send(head, undefined, head.length, 0);
  }

  /** Asks the handler and writes what it answers. Never rejects. */
  async run(): Promise<void> {
    const host = this.#host;
    let answer: Answer<Token>;
    try {
      answer = await host.handlers.answer(this.#request);
    } catch (error) {
      if (!this.#over) host.failed(error);
      return;
    }
    if (this.#over) {
      await leave(answer.body);
      answer.ended?.({ complete: false, bytes: 0 });
      return;
    }
    const { method, httpVersion } = this.#request;
    const bodyless =
      answer.body === undefined || method === 'HEAD' || answer.status === 204 || answer.status === 304;
    const switches = answer.status === 101;
    const framing = switches ? 'none' : framingOf(answer, bodyless, method, httpVersion);
    let head: Buffer;
    try {
      if (switches && this.#upgrade === undefined)
        throw new TypeError('a switch of protocols that the viewer did not ask for');
      head = responseHead(answer.status, answer.statusText, answer.headers, framing, {
        close: host.isLast() || framing === 'close',
        nowMs: host.nowMs(),
        upgrade: switches ? this.#upgrade : undefined,
      });
    } catch (error) {
      await leave(answer.body);
      answer.ended?.({ complete: false, bytes: 0, error });
      if (!this.#over) host.failed(error);
      return;
    }
    this.#answer = answer;
    this.#releaseHeld();
    this.switched = switches;
    try {
      if (switches) host.wantInput();
      if (bodyless) {
        this.#send(head, undefined, head.length, 0);
        await leave(answer.body);
      } else await this.#write(head, answer, framing);
    } catch (error) {
      this.#error = error;
      host.output.uncork();
      host.cut();
      return;
    }
    this.#finished = true;
    this.#settle();
  }

  /** Head and body, at the pace of the socket. Rejects when the body fails or is not as long as announced. */
  async #write(head: Buffer, answer: Answer<Token>, framing: Framing): Promise<void> {
    const { output } = this.#host;
    const length = typeof framing === 'object' ? framing.length : undefined;
    let sent = 0;
    // Head and what of the body is there already go out together.
    output.cork();
    this.#send(head, undefined, head.length, 0);
    const uncorking = setImmediate(() => output.uncork());
    try {
      const { body } = answer;
      if (Buffer.isBuffer(body)) {
        if (length !== undefined && body.length !== length) throw wrongLength(length);
        await this.#writePiece(body, framing);
      } else if (body !== undefined) {
        for await (const piece of body) {
          if (this.#over) return;
          sent += piece.length;
          if (length !== undefined && sent > length) throw wrongLength(length);
          await this.#writePiece(piece, framing);
          if (this.#over) return;
        }
        if (length !== undefined && sent !== length) throw wrongLength(length);
      }
      if (framing === 'chunked') this.#send(LAST_CHUNK, undefined, 0, LAST_CHUNK.length);
    } finally {
      clearImmediate(uncorking);
      output.uncork();
    }
  }

  async #writePiece(piece: Uint8Array, framing: Framing): Promise<void> {
    const { output, limits } = this.#host;
    const { writeSliceBytes } = limits;
    for (let at = 0; at < piece.length && !this.#over; at += writeSliceBytes) {
      const end = Math.min(piece.length, at + writeSliceBytes);
      const slice = Buffer.from(piece.buffer, piece.byteOffset + at, end - at);
      if (framing === 'chunked') {
        const size = Buffer.from(`${slice.length.toString(16)}\r\n`, 'latin1');
        output.cork();
        this.#send(size, slice, 0, size.length + slice.length);
        this.#send(CRLF, undefined, 0, CRLF.length);
      } else this.#send(slice, undefined, 0, slice.length);
      output.uncork();
      if (output.isFull(limits.maxQueuedOutputBytes)) await this.#room();
    }
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Bytes that had to wait have left. */
  progress(): void {
    const { output, limits } = this.#host;
    if (this.#wake === undefined || output.isFull(limits.maxQueuedOutputBytes)) return;
    const wake = this.#wake;
    this.#wake = undefined;
    wake();
  }

  #send(first: Buffer, second: Buffer | undefined, head: number, body: number): void {
    if (this.#over) return;
    this.#handed += head + body;
    this.#host.output.send(first, second, undefined, head, body, this.#host.nowMs(), this.#onLeft);
  }

  readonly #onLeft = (head: number, body: number): void => {
    this.#left += head + body;
    if (this.#answer === undefined) this.#heldHead += head;
    else this.#host.handlers.onWritten?.(this.#answer.token, head, body);
    this.#settle();
  };

  #settle(): void {
    if (!this.#finished || this.#left !== this.#handed || this.answered || this.#over) return;
    this.answered = true;
    this.#answer?.ended?.({ complete: true, bytes: this.#left });
    this.#host.answered();
  }

  #releaseHeld(): void {
    const head = this.#heldHead;
    this.#heldHead = 0;
    if (head > 0) this.#host.handlers.onWritten?.(this.#answer?.token, head, 0);
  }

  /** The connection has no more use for it: answered, refused or gone. Idempotent. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#releaseHeld();
    if (!this.#body?.complete) this.#body?.destroy();
    if (!this.answered) {
      this.#controller?.abort();
      this.#answer?.ended?.({
        complete: false,
        bytes: this.#left,
        ...(this.#error === undefined ? {} : { error: this.#error }),
      });
    }
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function framingOf<Token>(
  answer: Answer<Token>,
  bodyless: boolean,
  method: string,
  httpVersion: string,
): Framing {
  // RFC 9110 §8.6: never beside 204, whose reader would wait for a body or take what follows for one.
  if (answer.status === 204) return 'none';
  if (answer.contentLength !== undefined) return { length: answer.contentLength };
  if (!bodyless) return httpVersion === '1.1' ? 'chunked' : 'close';
  return method === 'HEAD' || answer.status === 304 ? 'none' : { length: 0 };
}

/** What the handler gets: the front's reading, kept beyond the parser's next request. */
function handedOver<Token>(
  exchange: Exchange<Token>,
  parser: HeadParser,
  remote: Remote,
  body: RequestBody | undefined,
  upgrade: UpgradeProtocol | undefined,
): ParsedRequest {
  const rawHeaders = parser.rawHeaders();
  let none: Readable | undefined;
  return {
    scheme: parser.scheme,
    method: parser.method,
    httpVersion: parser.minorVersion === 1 ? '1.1' : '1.0',
    host: parser.host,
    port: parser.port,
    target: parser.target,
    pathEnd: parser.pathEnd,
    rawHeaders,
    hasBody: body !== undefined && upgrade === undefined,
    upgrade,
    get body() {
      if (body !== undefined) return body;
      none ??= Readable.from([]);
      return none;
    },
    ...remote,
    get signal() {
      return exchange.signal;
    },
    interim(status, headers) {
      exchange.interim(status, headers);
    },
    header: (lowerName) => headerIn(rawHeaders, lowerName),
  };
}
