import type { FastHit } from './fast-hit.ts';
import type { FrontState } from './front-state.ts';
import type { Output } from './output.ts';
import { SlicePace } from './slice-pace.ts';

/** A body up to this goes out in one piece with its head: to copy it costs less than to write two pieces. */
const MAX_COPIED_BYTES = 32_768;

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
    const bodyBytes = headOnly ? 0 : hit.body.length;
    const kept = !close && hit.isHot(nowSecond);
    if (bodyBytes > front.limits.writeSliceBytes && bodyBytes > this.#nextSlice()) {
      this.#output.uncork();
      const slice = hit.body.subarray(0, this.#nextSlice());
      this.#took(slice.length, nowMs);
      if (kept) this.#send(hit, hit.head(nowSecond), slice, nowMs);
      else this.#sendOnce(hit, nowMs, nowSecond, slice, close);
      this.#rest = { hit, at: slice.length };
      return this.#pump(nowMs);
    }
    if (bodyBytes > 0) this.#took(bodyBytes, nowMs);
    if (!kept) this.#sendOnce(hit, nowMs, nowSecond, bodyBytes === 0 ? undefined : hit.body, close);
    else if (bodyBytes === 0) this.#send(hit, hit.head(nowSecond), undefined, nowMs);
    else {
      const whole = hit.whole(nowSecond, front.keepWhole);
      if (whole === undefined) this.#send(hit, hit.head(nowSecond), hit.body, nowMs);
      else this.#output.send(whole, undefined, hit.token, whole.length - bodyBytes, bodyBytes, nowMs);
    }
    if (!this.#overfull()) return true;
    this.#output.uncork();
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

  #send(hit: FastHit<Token>, head: Buffer, body: Buffer | undefined, nowMs: number): boolean {
    return this.#output.send(head, body, hit.token, head.length, body?.length ?? 0, nowMs);
  }

  /** Of bytes that nobody will ask for again soon: put together in the memory that all such answers share. */
  #sendOnce(
    hit: FastHit<Token>,
    nowMs: number,
    nowSecond: number,
    body: Buffer | undefined,
    close: boolean,
  ): void {
    const { scratch } = this.#front;
    const { fixed } = hit;
    const lines = hit.lines(nowSecond, close);
    const headBytes = fixed.length + lines.length;
    const copied = body !== undefined && body.length <= MAX_COPIED_BYTES ? body : undefined;
    const bytes = headBytes + (copied?.length ?? 0);
    const room = scratch.room(bytes);
    room.write(fixed, 'latin1');
    room.write(lines, fixed.length, 'latin1');
    let taken: boolean;
    if (copied === undefined) taken = this.#send(hit, room, body, nowMs);
    else {
      room.set(copied, headBytes);
      taken = this.#output.send(room, undefined, hit.token, headBytes, copied.length, nowMs);
    }
    if (!taken) scratch.keep(bytes);
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
