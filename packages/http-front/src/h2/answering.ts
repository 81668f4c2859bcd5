import { Readable } from 'node:stream';
import type { Log } from '@media-network/runtime';
import { leave, wrongLength } from '../answer-body.ts';
import { formatHttpDate } from '../http-date.ts';
import type { Answer, FrontHandlers, ParsedRequest } from '../seam.ts';
import { ErrorCode } from './frames.ts';
import type { Http2Stream } from './h2-stream.ts';
import { encodeBlock } from './hpack-encoder.ts';
import { headerIn } from '../header-in.ts';
import type { RequestHead } from './request-head.ts';
import type { Http2Session } from './session.ts';

export interface Remote {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly serverName: string | undefined;
}

export interface AnsweringDeps<Token> {
  readonly handlers: FrontHandlers<Token>;
  readonly session: Http2Session<Token>;
  readonly remote: Remote;
  readonly log: Log;
  nowMs(): number;
}

/** Hands a request over and sends what comes back. Never rejects; resolves when the handler's part is done. */
export async function answer<Token>(
  stream: Http2Stream<Token>,
  head: RequestHead,
  deps: AnsweringDeps<Token>,
): Promise<void> {
  const request = parsedRequest(stream, head, deps);
  let made: Answer<Token>;
  try {
    made = await deps.handlers.answer(request);
  } catch (error) {
    deps.log.error({ err: error }, 'a handler failed');
    stream.account(undefined);
    if (!stream.answered) deps.session.refuse(stream, { status: 500, reason: 'handler-failed' });
    return;
  }
  await new Answering(stream, made, deps).send();
}

/** One answer on its way into a stream. */
class Answering<Token> {
  readonly #stream: Http2Stream<Token>;
  readonly #answer: Answer<Token>;
  readonly #deps: AnsweringDeps<Token>;
  #error: { readonly error: unknown } | undefined;

  constructor(stream: Http2Stream<Token>, made: Answer<Token>, deps: AnsweringDeps<Token>) {
    this.#stream = stream;
    this.#answer = made;
    this.#deps = deps;
  }

  async send(): Promise<void> {
    const stream = this.#stream;
    const made = this.#answer;
    const { session } = this.#deps;
    stream.account(made.token);
    if (stream.dead || stream.answered) {
      // The viewer has gone, or was told 408.
      await leave(made.body);
      made.ended?.({ complete: false, bytes: stream.bytesLeft });
      return;
    }
    const switches = made.status === 101;
    const bodyless = made.body === undefined || stream.headOnly || made.status === 204 || made.status === 304;
    let block: Buffer;
    try {
      if (switches && !stream.upgrades)
        throw new TypeError('a switch of protocols that the viewer did not ask for');
      // RFC 8441 §5: 2xx to the CONNECT is what 101 is to the GET of HTTP/1.1.
      block = encodeBlock(switches ? 200 : made.status, this.#fields(bodyless));
    } catch (error) {
      await leave(made.body);
      made.ended?.({ complete: false, bytes: stream.bytesLeft, error });
      this.#deps.log.error({ err: error }, 'an answer cannot be sent');
      if (!stream.dead && !stream.answered) session.refuse(stream, { status: 500, reason: 'handler-failed' });
      return;
    }
    stream.answered = true;
    stream.switched = switches;
    stream.whenEnded((end) => made.ended?.({ ...end, ...this.#error }));
    session.sendHead(stream, block, bodyless);
    if (bodyless) {
      await leave(made.body);
      return;
    }
    try {
      if (Buffer.isBuffer(made.body)) {
        if (made.contentLength !== undefined && made.body.length !== made.contentLength)
          throw wrongLength(made.contentLength);
        session.sendBody(stream, made.body, true);
      } else if (made.body !== undefined) await this.#pieces(made.body);
    } catch (error) {
      this.#error = { error };
      session.cut(stream, ErrorCode.internal);
    }
  }

  /** Pieces at the pace of the peer's windows: the next is asked for when the last one has been framed. */
  async #pieces(body: AsyncIterable<Uint8Array>): Promise<void> {
    const stream = this.#stream;
    const length = this.#answer.contentLength;
    let sent = 0;
    for await (const piece of body) {
      if (stream.dead) return;
      sent += piece.length;
      if (length !== undefined && sent > length) throw wrongLength(length);
      if (piece.length > 0) await this.#give(piece);
      if (stream.dead) return;
    }
    if (length !== undefined && sent !== length) throw wrongLength(length);
    this.#deps.session.sendEnd(stream);
  }

  #give(piece: Uint8Array): Promise<void> {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    return new Promise((resolve) => {
      this.#deps.session.sendBody(this.#stream, chunk, false, resolve);
    });
  }

  #fields(bodyless: boolean): string[] {
    const { status, headers, contentLength } = this.#answer;
    const fields = [...headers];
    if (headerIn(headers, 'date') === undefined) fields.push('date', formatHttpDate(this.#deps.nowMs()));
    if (status === 204 || status === 101) return fields;
    if (contentLength !== undefined) fields.push('content-length', String(contentLength));
    else if (bodyless && !this.#stream.headOnly && status !== 304) fields.push('content-length', '0');
    return fields;
  }
}

/** What the handler gets: the front's reading, kept beyond the session's next request. */
function parsedRequest<Token>(
  stream: Http2Stream<Token>,
  head: RequestHead,
  deps: AnsweringDeps<Token>,
): ParsedRequest {
  const rawHeaders = head.rawHeaders();
  const header = (lowerName: string): string | undefined => headerIn(rawHeaders, lowerName);
  const interim = (status: number, headers: readonly string[]): void => {
    if (!stream.answered && !stream.dead) deps.session.sendHead(stream, encodeBlock(status, headers), false);
  };
  const { upload } = stream;
  // RFC 9110 §10.1.1: whoever reads the body wants it sent.
  if (upload !== undefined && header('expect') !== undefined) upload.onFirstRead = () => interim(100, []);
  let none: Readable | undefined;
  return {
    scheme: head.scheme,
    method: head.method,
    httpVersion: '2',
    host: head.host,
    port: head.port,
    target: head.target,
    pathEnd: head.pathEnd,
    rawHeaders,
    hasBody: upload !== undefined && head.upgrade === undefined,
    upgrade: head.upgrade,
    get body() {
      if (upload !== undefined) return upload;
      none ??= Readable.from([]);
      return none;
    },
    ...deps.remote,
    get signal() {
      return stream.signal;
    },
    interim(status, headers) {
      if (status >= 102 && status <= 199) interim(status, headers);
    },
    header,
  };
}
