import type { Socket } from 'node:net';
import type { Clock } from '@media-network/runtime';
import type { FrontHandlers } from './seam.ts';

/** Who is told of bytes that left; one object for all connections, so that the runtime knows whom it calls. */
export type OutputEvents<Token> = Pick<FrontHandlers<Token>, 'onWritten'>;

/** Told of bytes that left, in place of `onWritten`. */
export type OnLeft = (headBytes: number, bodyBytes: number) => void;

interface Unsettled<Token> {
  readonly token: Token | undefined;
  readonly onLeft: OnLeft | undefined;
  readonly head: number;
  readonly body: number;
}

const EMPTY = Buffer.alloc(0);
/** Pieces that wait at a time, however small: each costs some hundred bytes beside what is in it. */
const MAX_WAITING_PIECES = 512;

/** The one way to the socket: writes, and settles accounts in order as bytes leave. */
export class Output<Token> {
  readonly #socket: Socket;
  /** Whether what is written is encrypted, and so copied, first. */
  readonly encrypted: boolean;
  readonly #events: OutputEvents<Token>;
  readonly #clock: Clock;
  readonly #onProgress: () => void;
  readonly #unsettled: Unsettled<Token>[] = [];
  #marked = 0;
  #corked = false;
  /** Since when the oldest bytes not yet taken by the kernel wait; 0 when none do. */
  waitingSinceMs = 0;
  /** When something was last given to the socket. */
  sentMs = 0;

  /** `onProgress` is called, never from inside `send`, after bytes that had to wait have left. */
  constructor(
    socket: Socket,
    encrypted: boolean,
    events: OutputEvents<Token>,
    clock: Clock,
    onProgress: () => void,
  ) {
    this.#socket = socket;
    this.encrypted = encrypted;
    this.#events = events;
    this.#clock = clock;
    this.#onProgress = onProgress;
  }

  /** Whether accounts wait for bytes to leave. */
  get waiting(): boolean {
    return this.#unsettled.length > 0;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** A write has failed, or the socket is gone: it keeps nothing and takes nothing. */
  get #failed(): boolean {
    return this.#socket.destroyed || this.#socket.errored !== null;
  }

  /** Whether so much waits that nothing more should be made. */
  isFull(maxBytes: number): boolean {
    return this.queuedBytes >= maxBytes || this.#unsettled.length >= MAX_WAITING_PIECES;
  }

  /** Gathers what follows into one system call. */
  cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
  }

  uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
    this.#checkFlushed();
  }

  /**
   * One response, or one part of it: `first` and `second` go out together. `onLeft` is told when they have;
   * without it `onWritten` is, with the token. `nowMs` is the clock's, where it was just read.
   *
   * Returns whether the bytes were used up: the memory that they stand in is the caller's again.
   */
  send(
    first: Buffer,
    second: Buffer | undefined,
    token: Token | undefined,
    head: number,
    body: number,
    nowMs: number,
    onLeft?: OnLeft,
  ): boolean {
    const socket = this.#socket;
    this.sentMs = nowMs;
    if (this.encrypted) {
      // With nothing before it, it is encrypted in the call: into memory of the session's own.
      const atOnce = !this.#corked && socket.writableLength === 0;
      this.#unsettled.push({ token, onLeft, head, body });
      if (this.waitingSinceMs === 0) this.waitingSinceMs = nowMs;
      if (second === undefined) {
        socket.write(first, this.#onFlushed);
        return atOnce;
      }
      socket.cork();
      socket.write(first);
      socket.write(second, this.#onFlushed);
      socket.uncork();
      return atOnce;
    }
    if (second === undefined) socket.write(first);
    else {
      socket.cork();
      socket.write(first);
      socket.write(second);
      socket.uncork();
    }
    if (socket.writableLength === 0 && this.#unsettled.length === 0 && !this.#failed) {
      if (onLeft === undefined) this.#events.onWritten?.(token, head, body);
      else onLeft(head, body);
      return true;
    }
    this.#unsettled.push({ token, onLeft, head, body });
    if (!this.#corked) this.#checkFlushed();
    return false;
  }

  readonly #onFlushed = (error?: Error | null): void => {
    if (error) return;
    this.#settle(1);
    this.#onProgress();
  };

  /**
   * A plain socket mostly takes a write at once, which needs no callback. Where it did not, an empty
   * write behind it tells when it has: its success means that all before it left.
   */
  #checkFlushed(): void {
    if (this.encrypted || this.#unsettled.length === 0) return;
    if (this.#socket.writableLength === 0 && !this.#failed) {
      this.#settle(this.#unsettled.length);
      return;
    }
    if (this.waitingSinceMs === 0) this.waitingSinceMs = this.#clock.nowMs();
    const upTo = this.#unsettled.length - this.#marked;
    this.#marked += upTo;
    this.#socket.write(EMPTY, (error) => {
      if (error) return;
      this.#marked -= upTo;
      this.#settle(upTo);
      this.#onProgress();
    });
  }

  #settle(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const settled = this.#unsettled.shift();
      if (settled === undefined) break;
      const { token, onLeft, head, body } = settled;
      if (onLeft === undefined) this.#events.onWritten?.(token, head, body);
      else onLeft(head, body);
    }
    this.waitingSinceMs = this.#unsettled.length === 0 ? 0 : this.#clock.nowMs();
  }
}
