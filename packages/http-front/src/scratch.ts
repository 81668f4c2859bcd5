const SLAB_BYTES = 131_072;

/**
 * Memory in which answers of one use are put together: one place, used over and over, as long as each is taken
 * before the next begins, which a socket mostly does. A buffer of its own for each would be garbage outside the heap, and
 * the collector that it calls walks everything that is cached.
 *
 * What a socket did not take stays where it is (`keep`); a slab lives as long as any of it waits, so what readers
 * hold is what they have not read, but for what others of the same slab held.
 */
export class Scratch {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #at = 0;

  /** Room for so many bytes: the caller's until the next call, or for as long as it is kept. */
  room(bytes: number): Buffer {
    if (this.#at + bytes > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
      this.#at = 0;
    }
    return this.#slab.subarray(this.#at, this.#at + bytes);
  }

  /** What was given last is in use still, so many bytes of it. */
  keep(bytes: number): void {
    this.#at += bytes;
  }
}
