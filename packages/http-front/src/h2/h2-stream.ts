import type { BytesOwner } from './frame-output.ts';
import { UNSAID } from './priority.ts';
import type { Priority } from './priority.ts';
import type { Upload } from './upload.ts';

/** How the answer of a stream ended. */
export interface StreamEnd {
  /** All of it was framed, and every byte of it has left. */
  readonly complete: boolean;
  readonly bytes: number;
}

/** `FrontHandlers.onWritten`. */
export interface StreamEvents<Token> {
  onWritten?(token: Token | undefined, headBytes: number, bodyBytes: number): void;
}

/**
 * One exchange: what the peer may still send, what of the answer waits for windows and room, and who pays.
 * States of RFC 9113 §5.1 are two bits here: `remoteClosed` and `localClosed`; both make `closed`.
 */
export class Http2Stream<Token> implements BytesOwner {
  readonly id: number;
  readonly #events: StreamEvents<Token>;
  /** No more comes from the peer: END_STREAM was seen. */
  remoteClosed: boolean;
  /** No more goes to the peer: END_STREAM was framed. */
  localClosed = false;
  /** Reset by either side, or the connection is gone. */
  dead = false;
  headOnly = false;
  /** An extended CONNECT (RFC 8441). */
  upgrades = false;
  /** It was answered with the switch: DATA is what was switched to, at its own pace. */
  switched = false;
  priority: Priority = UNSAID;

  // The request's body.
  upload: Upload | undefined;
  /** Announced by Content-Length, -1 when it was not. */
  expectedBytes = -1;
  receivedBytes = 0;
  /** What the peer may still send. */
  receiveWindow: number;
  /** Consumed and not yet announced. */
  uncredited = 0;
  /** Body received after the answer was complete. */
  drainedBytes = 0;

  // The answer.
  sendWindow: number;
  /** Header blocks that wait for room, in order; the last one may end the stream. */
  readonly blocks: Buffer[] = [];
  headSent = false;
  /** A final answer was chosen; nobody else may give one. */
  answered = false;
  /** Body bytes that wait, from `at` on. */
  chunk: Buffer | undefined;
  at = 0;
  /** The stream ends after `chunk`. */
  ending = false;
  /** In the queue of streams that have something to send. */
  queued = false;
  /** Called when `chunk` has been framed whole, or never will be. */
  onTaken: (() => void) | undefined;
  /** Since when the peer is waited for: for body bytes, or for window. */
  sinceMs: number;

  /** Called when all that was framed has left or is lost. */
  onSettled: (() => void) | undefined;

  // The account.
  #token: { readonly value: Token | undefined } | undefined;
  #heldHead = 0;
  #heldBody = 0;
  #committed = 0;
  #left = 0;
  #ended: ((end: StreamEnd) => void) | undefined;
  #lost = false;
  #abandoned = false;
  #controller: AbortController | undefined;

  constructor(
    id: number,
    remoteClosed: boolean,
    windows: { readonly send: number; readonly receive: number },
    nowMs: number,
    events: StreamEvents<Token>,
  ) {
    this.id = id;
    this.remoteClosed = remoteClosed;
    this.sendWindow = windows.send;
    this.receiveWindow = windows.receive;
    this.sinceMs = nowMs;
    this.#events = events;
  }

  get closed(): boolean {
    return this.dead || (this.localClosed && this.remoteClosed);
  }

  /** Whether there is something to frame, windows aside. */
  get hasOutput(): boolean {
    return this.blocks.length > 0 || this.chunk !== undefined || (this.ending && !this.localClosed);
  }

  /** Body bytes are waited for that only a window holds back. */
  get starved(): boolean {
    return this.blocks.length === 0 && this.chunk !== undefined && this.sendWindow <= 0;
  }

  /** Made when first asked for: most answers never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abandoned) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Names who pays, bytes that left already included. */
  account(token: Token | undefined): void {
    this.#token = { value: token };
    this.#releaseHeld();
  }

  /** Called once, when all that was framed has left or can no longer leave. */
  whenEnded(ended: (end: StreamEnd) => void): void {
    this.#ended = ended;
    this.#checkEnd();
  }

  /** Bytes that left so far. */
  get bytesLeft(): number {
    return this.#left;
  }

  /** Whether all that was framed has left or is lost. */
  get settled(): boolean {
    return this.#left >= this.#committed;
  }

  /** Tells the handler that nobody waits for its answer. */
  abandon(): void {
    this.#abandoned = true;
    this.#controller?.abort();
  }

  /** Bytes of this stream were framed. */
  committed(bytes: number): void {
    this.#committed += bytes;
  }

  left(headBytes: number, bodyBytes: number): void {
    this.#left += headBytes + bodyBytes;
    if (this.#token === undefined) {
      this.#heldHead += headBytes;
      this.#heldBody += bodyBytes;
    } else this.#events.onWritten?.(this.#token.value, headBytes, bodyBytes);
    this.#checkEnd();
  }

  /** The answer is given up: reset, or nobody is there any more. What was framed may still leave. */
  kill(): void {
    if (this.dead) return;
    this.dead = true;
    if (!this.localClosed) this.abandon();
    this.blocks.length = 0;
    this.chunk = undefined;
    const taken = this.onTaken;
    this.onTaken = undefined;
    taken?.();
    if (this.remoteClosed) this.upload?.discard();
    else this.upload?.discard(new Error('the viewer went away'));
    this.#checkEnd();
  }

  /** The connection is gone: nothing more leaves. */
  settle(): void {
    this.kill();
    this.#lost = this.#left < this.#committed;
    this.#committed = this.#left;
    this.#checkEnd();
  }

  #checkEnd(): void {
    if (this.settled) this.onSettled?.();
    const ended = this.#ended;
    if (ended === undefined || this.#left < this.#committed || !(this.localClosed || this.dead)) return;
    this.#ended = undefined;
    ended({ complete: this.localClosed && !this.#lost, bytes: this.#left });
  }

  #releaseHeld(): void {
    if (this.#heldHead + this.#heldBody === 0) return;
    const head = this.#heldHead;
    const body = this.#heldBody;
    this.#heldHead = 0;
    this.#heldBody = 0;
    this.#events.onWritten?.(this.#token?.value, head, body);
  }
}
