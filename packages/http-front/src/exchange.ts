import type { ServerResponse } from 'node:http';
import { createChunkedScanner } from './chunked.ts';
import type { ChunkedScanner } from './chunked.ts';
import type { HeadParser } from './head-parser.ts';
import { createResponseMeter } from './response-meter.ts';

/** What the front read, kept beyond the parser's next request. */
export interface Reading {
  readonly scheme: 'http' | 'https';
  readonly method: string;
  readonly httpVersion: '1.0' | '1.1';
  readonly host: string;
  readonly port: number | undefined;
  readonly rawTarget: string;
  readonly target: string;
  readonly pathEnd: number;
  readonly rawHeaders: readonly string[];
}

export function keepReading(parser: HeadParser, scheme: 'http' | 'https'): Reading {
  return {
    scheme,
    method: parser.method,
    httpVersion: parser.minorVersion === 1 ? '1.1' : '1.0',
    host: parser.host,
    port: parser.port,
    rawTarget: parser.rawTarget,
    target: parser.target,
    pathEnd: parser.pathEnd,
    rawHeaders: parser.rawHeaders(),
  };
}

/** Where the body of a request ends. */
export interface BodyFraming {
  readonly present: boolean;
  readonly complete: boolean;
  /** How many of these bytes are body, or -1 when the framing is broken. */
  take(bytes: Buffer): number;
}

export function createBodyFraming(contentLength: number, chunked: boolean): BodyFraming {
  const scanner: ChunkedScanner | undefined = chunked ? createChunkedScanner() : undefined;
  let left = Math.max(0, contentLength);
  let complete = !chunked && left === 0;
  return {
    present: chunked || contentLength > 0,
    get complete() {
      return complete;
    },
    take(bytes) {
      if (complete) return 0;
      if (scanner !== undefined) {
        const result = scanner.scan(bytes);
        if (result.kind === 'bad') return -1;
        complete = result.kind === 'done';
        return result.used;
      }
      const used = Math.min(left, bytes.length);
      left -= used;
      complete = left === 0;
      return used;
    },
  };
}

/** A request that the platform's server has, and its account. */
export class Exchange<Token> {
  readonly reading: Reading;
  readonly framing: BodyFraming;
  readonly #meter = createResponseMeter();
  readonly #onWritten: ((token: Token | undefined, head: number, body: number) => void) | undefined;
  #controller: AbortController | undefined;
  #over = false;
  #token: { readonly value: Token } | undefined;
  #heldHead = 0;
  #heldBody = 0;
  response: ServerResponse | undefined;
  /** Set once the response is complete and flushed. */
  responded = false;
  bytesWritten = 0;
  /** Output handed to the socket, flushed or not. */
  bytesStarted = 0;
  drainedBytes = 0;

  constructor(
    reading: Reading,
    framing: BodyFraming,
    onWritten: ((token: Token | undefined, head: number, body: number) => void) | undefined,
  ) {
    this.reading = reading;
    this.framing = framing;
    this.#onWritten = onWritten;
  }

  /** Made when first asked for: most handlers of small answers never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over && !this.responded) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Splits bytes on their way out; pass the result to `flushed` once they left. */
  measure(chunk: Buffer): number {
    this.bytesStarted += chunk.length;
    return this.#meter.headBytesIn(chunk);
  }

  flushed(head: number, body: number): void {
    this.bytesWritten += head + body;
    if (this.#token !== undefined) {
      this.#onWritten?.(this.#token.value, head, body);
      return;
    }
    this.#heldHead += head;
    this.#heldBody += body;
  }

  account(token: Token): void {
    this.#token = { value: token };
    this.#releaseHeld();
  }

  /** Ends the account; bytes that nobody claimed are reported without a token. */
  finish(): void {
    this.#over = true;
    if (!this.responded) this.#controller?.abort();
    this.#releaseHeld();
  }

  #releaseHeld(): void {
    if (this.#heldHead + this.#heldBody === 0) return;
    const head = this.#heldHead;
    const body = this.#heldBody;
    this.#heldHead = 0;
    this.#heldBody = 0;
    this.#onWritten?.(this.#token?.value, head, body);
  }
}
