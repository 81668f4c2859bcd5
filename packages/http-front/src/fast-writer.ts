import type { FastHit } from './fast-hit.ts';
import type { FrontState } from './front-state.ts';
import type { Output } from './output.ts';

/** Puts fast responses on their way: one write for what fits, slices at the socket's pace for what does not. */
export class FastWriter<Token> {
  readonly #front: FrontState<Token>;
  readonly #output: Output<Token>;
  #rest: { readonly hit: FastHit<Token>; at: number } | undefined;

  constructor(front: FrontState<Token>, output: Output<Token>) {
    this.#front = front;
    this.#output = output;
  }

  /** False when the next request has to wait until `drained`. */
  answer(hit: FastHit<Token>, nowSecond: number, headOnly: boolean, close: boolean): boolean {
    const front = this.#front;
    const output = this.#output;
    const head = hit.head(nowSecond, close);
    const bodyBytes = hit.body.length;
    if (headOnly || bodyBytes === 0) {
      output.send(head, undefined, hit.token, head.length, 0);
    } else if (bodyBytes <= front.limits.writeSliceBytes) {
      const whole = close ? undefined : hit.whole(front.keepWhole);
      if (whole === undefined) output.send(head, hit.body, hit.token, head.length, bodyBytes);
      else output.send(whole, undefined, hit.token, head.length, bodyBytes);
    } else {
      output.uncork();
      const slice = hit.body.subarray(0, front.limits.writeSliceBytes);
      output.send(head, slice, hit.token, head.length, slice.length);
      this.#rest = { hit, at: slice.length };
      return this.#pump();
    }
    if (!this.#overfull()) return true;
    output.uncork();
    return !this.#overfull();
  }

  /** Goes on with what the socket has room for; true when the next request may be answered. */
  drained(): boolean {
    return this.#pump() && !this.#overfull();
  }

  /** The connection is gone. */
  drop(): void {
    this.#rest = undefined;
  }

  #overfull(): boolean {
    return this.#output.queuedBytes > this.#front.limits.maxQueuedOutputBytes;
  }

  /** Writes slices while the socket takes them at once; true when the response is all handed over. */
  #pump(): boolean {
    const { writeSliceBytes } = this.#front.limits;
    for (let rest = this.#rest; rest !== undefined; rest = this.#rest) {
      if (this.#output.waiting) return false;
      const slice = rest.hit.body.subarray(rest.at, rest.at + writeSliceBytes);
      rest.at += slice.length;
      if (rest.at >= rest.hit.body.length) this.#rest = undefined;
      this.#output.send(slice, undefined, rest.hit.token, 0, slice.length);
    }
    return true;
  }
}
