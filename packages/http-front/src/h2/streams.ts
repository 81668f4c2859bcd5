import type { ErrorCode } from './frames.ts';
import type { Http2Stream } from './h2-stream.ts';
import type { Sender } from './sender.ts';
import { StreamIds } from './stream-ids.ts';
import type { IdMeaning } from './stream-ids.ts';

/** How the errors of a peer are answered; false stops the reader of frames. */
export interface PeerErrors {
  /** A connection error (RFC 9113 §5.4.1). */
  fail(code: ErrorCode): false;
  /** A stream error (§5.4.2); false when the peer makes too many. */
  streamError(id: number, code: ErrorCode): boolean;
  /** A frame that asks for nothing; false when the budget for those is spent. */
  spend(points: number): boolean;
}

/** The streams of a connection: open ones, and those of which bytes are still under way. */
export class Streams<Token> {
  readonly #open = new Map<number, Http2Stream<Token>>();
  readonly #settling = new Set<Http2Stream<Token>>();
  readonly #ids = new StreamIds();
  readonly #sender: Sender<Token>;
  /** Largest identifier of a request that was not ignored: what GOAWAY says, and never takes back. */
  lastTaken = 0;

  constructor(sender: Sender<Token>) {
    this.#sender = sender;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Largest identifier that a request has used. */
  get lastId(): number {
    return this.#ids.last;
  }

  get(id: number): Http2Stream<Token> | undefined {
    return this.#open.get(id);
  }

  all(): Iterable<Http2Stream<Token>> {
    return this.#open.values();
  }

  /** What an identifier means that is not open. */
  meaning(id: number): IdMeaning {
    return this.#ids.meaning(id);
  }

  /** A request came; whether it becomes a stream is seen later. */
  used(id: number): void {
    this.#ids.open(id);
    this.lastTaken = id;
  }

  /** A request after the last GOAWAY: nothing becomes of it, and what is on its way of its body is no error. */
  ignored(id: number): void {
    this.#ids.open(id);
    this.#ids.reset(id);
  }

  add(stream: Http2Stream<Token>): void {
    this.#open.set(stream.id, stream);
  }

  /** RST_STREAM: the peer may send more before it hears of that. */
  reset(id: number, code: ErrorCode): void {
    this.#sender.reset(id, code);
    this.#ids.reset(id);
    const stream = this.#open.get(id);
    if (stream !== undefined) this.close(stream);
  }

  /** Given up, by whichever side. */
  close(stream: Http2Stream<Token>): void {
    stream.kill();
    this.forget(stream);
  }

  /** Closed; its account stays open until its bytes have left. */
  forget(stream: Http2Stream<Token>): void {
    this.#open.delete(stream.id);
    if (stream.settled) return;
    this.#settling.add(stream);
    stream.onSettled = () => this.#settling.delete(stream);
  }

  closeAll(): void {
    for (const stream of this.#open.values()) this.close(stream);
  }

  /** The connection is gone: what has not left is lost. */
  settleAll(): void {
    const settling = [...this.#open.values(), ...this.#settling];
    this.#open.clear();
    this.#settling.clear();
    for (const stream of settling) stream.settle();
  }
}
