import { Readable } from 'node:stream';
import { createChunkedScanner } from './chunked.ts';
import type { ChunkedScanner } from './chunked.ts';
import { HeldBytes } from './held-bytes.ts';

/** What waits in the stream is what came first; all that comes after it is held in few pieces. */
const HIGH_WATER_BYTES = 1;
/** From so much on the reader has enough for now. */
const FULL_BYTES = 65_536;

/** The body of an HTTP/1 request, decoded from its framing (RFC 9112 §6), as a stream at its reader's pace. */
export class RequestBody extends Readable {
  readonly #scanner: ChunkedScanner | undefined;
  readonly #onWanted: () => void;
  #onFirstRead: (() => void) | undefined;
  #left: number;
  #discarding = false;
  /** What came while there was something in the stream that nobody had read. */
  readonly #held = new HeldBytes();
  #waits = false;
  /** Whether all of it has come. */
  complete: boolean;
  /** Whether the reader has enough for now. */
  full = false;

  /**
   * `onWanted` is called when the reader wants more, `onFirstRead` when it first reads at all;
   * `contentLength` is -1 where there is none, infinite where only `end` ends it.
   */
  constructor(contentLength: number, chunked: boolean, onWanted: () => void, onFirstRead: () => void) {
    super({ highWaterMark: HIGH_WATER_BYTES });
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
    this.#giveHeld();
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
    if (this.complete && !this.destroyed) {
      this.#giveHeld();
      this.push(null);
    }
    return used;
  }

  /** What has no length of its own ends here: the viewer sends nothing more. */
  end(): void {
    if (this.complete) return;
    this.complete = true;
    if (this.destroyed) return;
    this.#giveHeld();
    this.push(null);
  }

  /** Nobody reads on: what still comes is thrown away. */
  discard(): void {
    this.#discarding = true;
    this.full = false;
    this.#held.take();
    this.destroy();
  }

  #give(data: Buffer): void {
    if (this.#discarding || this.destroyed || data.length === 0) return;
    if (this.#waits) this.#held.add(data);
    else this.#waits = !this.push(data);
    if (this.#waits && this.readableLength + this.#held.length >= FULL_BYTES) this.full = true;
  }

  #giveHeld(): void {
    this.#waits = false;
    for (const piece of this.#held.take()) this.#waits = !this.push(piece);
  }
}
