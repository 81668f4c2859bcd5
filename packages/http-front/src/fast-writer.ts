import type { FastHit } from './fast-hit.ts';
import type { FrontState } from './front-state.ts';
import type { Output } from './output.ts';
import { SlicePace } from './slice-pace.ts';

/** Puts fast responses on their way: one write for what fits, slices at the socket's pace for what does not. */
export class FastWriter<Token> {
  readonly #front: FrontState<Token>;
  readonly #output: Output<Token>;
  readonly #pace: SlicePace;
  #rest: { readonly hit: FastHit<Token>; at: number } | undefined;
  /** The slice under way, and since when. */
  #sliceBytes = 0;
  #sliceAtMs = 0;
  /** What this connection has of the large slices of all. */
  #largeBytes = 0;

  constructor(front: FrontState<Token>, output: Output<Token>) {
    this.#front = front;
    this.#output = output;
    this.#pace = new SlicePace(front.limits, output.encrypted);
  }

  /** False when the next request has to wait until `drained`. */
  answer(hit: FastHit<Token>, nowMs: number, nowSecond: number, headOnly: boolean, close: boolean): boolean {
    const front = this.#front;
    const output = this.#output;
    const head = hit.head(nowSecond, close);
    const bodyBytes = hit.body.length;
    if (headOnly || bodyBytes === 0) {
      output.send(head, undefined, hit.token, head.length, 0, nowMs);
    } else if (bodyBytes <= front.limits.writeSliceBytes || bodyBytes <= this.#nextSlice()) {
      this.#took(bodyBytes, nowMs);
      const whole = close ? undefined : hit.whole(front.keepWhole);
      if (whole === undefined) output.send(head, hit.body, hit.token, head.length, bodyBytes, nowMs);
      else output.send(whole, undefined, hit.token, head.length, bodyBytes, nowMs);
    } else {
      output.uncork();
      const slice = hit.body.subarray(0, this.#nextSlice());
      this.#took(slice.length, nowMs);
      output.send(head, slice, hit.token, head.length, slice.length, nowMs);
      this.#rest = { hit, at: slice.length };
      return this.#pump(nowMs);
    }
    if (!this.#overfull()) return true;
    output.uncork();
    return !this.#overfull();
  }

  /** Goes on with what the socket has room for; true when the next request may be answered. */
  drained(nowMs: number): boolean {
    if (!this.#output.waiting) this.#left(nowMs);
    return this.#pump(nowMs) && !this.#overfull();
  }

  /** The connection is gone. */
  drop(): void {
    this.#rest = undefined;
    this.#release();
  }

  #overfull(): boolean {
    return this.#output.queuedBytes > this.#front.limits.maxQueuedOutputBytes;
  }

  /** Writes slices while the socket takes them at once; true when the response is all handed over. */
  #pump(nowMs: number): boolean {
    for (let rest = this.#rest; rest !== undefined; rest = this.#rest) {
      if (this.#output.waiting) return false;
      this.#left(nowMs);
      const slice = rest.hit.body.subarray(rest.at, rest.at + this.#nextSlice());
      rest.at += slice.length;
      if (rest.at >= rest.hit.body.length) this.#rest = undefined;
      this.#took(slice.length, nowMs);
      this.#output.send(slice, undefined, rest.hit.token, 0, slice.length, nowMs);
    }
    return true;
  }

  #nextSlice(): number {
    const { limits, largeSlicesBytes } = this.#front;
    const bytes = this.#pace.bytes;
    if (bytes <= limits.writeSliceBytes || !this.#output.encrypted) return bytes;
    // Over TLS a slice is copied as it is encrypted. Elsewhere it is a view of what is in RAM in any case.
    return largeSlicesBytes - this.#largeBytes + bytes <= limits.maxLargeSlicesBytes
      ? bytes
      : limits.writeSliceBytes;
  }

  #took(bytes: number, nowMs: number): void {
    this.#sliceBytes = bytes;
    this.#sliceAtMs = nowMs;
    if (bytes <= this.#front.limits.writeSliceBytes || !this.#output.encrypted) return;
    this.#largeBytes += bytes;
    this.#front.largeSlicesBytes += bytes;
  }

  /** All that was under way has left. */
  #left(nowMs: number): void {
    if (this.#sliceBytes > 0) this.#pace.left(this.#sliceBytes, nowMs - this.#sliceAtMs);
    this.#sliceBytes = 0;
    this.#release();
  }

  #release(): void {
    this.#front.largeSlicesBytes -= this.#largeBytes;
    this.#largeBytes = 0;
  }
}
