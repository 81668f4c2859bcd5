import { Readable } from 'node:stream';
import { HeldBytes } from '../held-bytes.ts';

/** Bytes count as read when they have left this buffer, so that it holds no more than the windows say. */
const HIGH_WATER_BYTES = 1;

/**
 * The body of a request, at its reader's pace: bytes are credited to the peer's window once the reader has
 * room for more, so that what waits here never exceeds the stream's window.
 */
export class Upload extends Readable {
  readonly #onConsumed: (bytes: number) => void;
  /** Received and not yet credited. */
  #owed = 0;
  /** What came while the reader had enough. */
  readonly #held = new HeldBytes();
  /** Whether the reader has enough for now: what is late then is not the peer's fault. */
  full = false;
  /** Called when the reader first asks. */
  onFirstRead: (() => void) | undefined;

  /** `onConsumed` credits windows. */
  constructor(onConsumed: (bytes: number) => void) {
    super({ highWaterMark: HIGH_WATER_BYTES });
    this.#onConsumed = onConsumed;
    // Who does not read has no use for the error either; without a listener it would be nobody's.
    this.on('error', () => undefined);
  }

  override _read(): void {
    this.full = false;
    const first = this.onFirstRead;
    this.onFirstRead = undefined;
    first?.();
    this.#giveHeld();
    if (!this.full) this.#credit();
  }

  /** Takes a copy of body bytes; `windowBytes` is what they cost the window, padding included. */
  receive(bytes: Buffer, windowBytes: number): void {
    this.#owed += windowBytes;
    if (this.destroyed) {
      this.#credit();
      return;
    }
    if (this.full) this.#held.add(bytes);
    else if (bytes.length > 0 && !this.push(Buffer.from(bytes))) this.full = true;
    if (!this.full) this.#credit();
  }

  end(): void {
    if (this.destroyed) return;
    this.#giveHeld();
    this.push(null);
  }

  #giveHeld(): void {
    for (const piece of this.#held.take()) if (!this.push(piece)) this.full = true;
  }

  /** Nobody reads on: what waits is credited and thrown away. */
  discard(error?: Error): void {
    this.full = false;
    this.destroy(error);
  }

  // After the end nobody is asked for more: what was read since then is credited here, once all of it is.
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#held.take();
    this.#credit();
    done(error);
  }

  #credit(): void {
    const owed = this.#owed;
    this.#owed = 0;
    if (owed > 0) this.#onConsumed(owed);
  }
}
