import { Readable } from 'node:stream';
import { createChunkedScanner } from './chunked.ts';
import type { ChunkedScanner } from './chunked.ts';

/** The body of an HTTP/1 request, decoded from its framing (RFC 9112 §6), as a stream at its reader's pace. */
export class RequestBody extends Readable {
  readonly #scanner: ChunkedScanner | undefined;
  readonly #onWanted: () => void;
  #onFirstRead: (() => void) | undefined;
  #left: number;
  #discarding = false;
  /** Whether all of it has come. */
  complete: boolean;
  /** Whether the reader has enough for now. */
  full = false;

  /**
   * `onWanted` is called when the reader wants more, `onFirstRead` when it first reads at all;
   * `contentLength` is -1 where there is none.
   */
  constructor(contentLength: number, chunked: boolean, onWanted: () => void, onFirstRead: () => void) {
    super();
    this.#scanner = chunked ? createChunkedScanner() : undefined;
    this.#left = Math.max(0, contentLength);
    this.#onWanted = onWanted;
    this.#onFirstRead = onFirstRead;
    this.complete = !chunked && this.#left === 0;
    if (this.complete) this.push(null);
    // Who does not read has no use for the error either; without a listener it would be nobody's.
    this.on('error', () => undefined);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as the platform's type has it
  override read(size?: number): any {
    const first = this.#onFirstRead;
    this.#onFirstRead = undefined;
    first?.();
    return super.read(size);
  }

  override _read(): void {
    this.full = false;
    this.#onWanted();
  }

  /** Takes the next bytes; returns how many of them belong to this body, or -1 when its framing is broken. */
  feed(bytes: Buffer): number {
    if (this.complete) return 0;
    let used: number;
    if (this.#scanner === undefined) {
      used = Math.min(this.#left, bytes.length);
      this.#left -= used;
      this.complete = this.#left === 0;
      this.#give(bytes.subarray(0, used));
    } else {
      const result = this.#scanner.scan(bytes, (data) => this.#give(data));
      if (result.kind === 'bad') return -1;
      used = result.used;
      this.complete = result.kind === 'done';
    }
    if (this.complete && !this.destroyed) this.push(null);
    return used;
  }

  /** Nobody reads on: what still comes is thrown away. */
  discard(): void {
    this.#discarding = true;
    this.full = false;
    this.destroy();
  }

  #give(data: Buffer): void {
    if (this.#discarding || this.destroyed || data.length === 0) return;
    if (!this.push(data)) this.full = true;
  }
}
