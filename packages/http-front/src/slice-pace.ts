/** Bounds of what is written at once of a body that does not leave in one piece. */
export interface SlicePaceLimits {
  readonly writeSliceBytes: number;
  readonly minWriteSliceBytes: number;
  readonly maxWriteSliceBytes: number;
}

/** A slice that left within so many milliseconds may be followed by one of four times its size: it met an empty line. */
const AT_ONCE_MS = 20;
/** One that left within so many may be followed by one of twice its size. */
const QUICK_MS = 200;
/** After one that took longer than this the next is half as large. */
const SLOW_MS = 500;

/**
 * How much of a body is handed to the socket at once, by how fast the last slices left. Each slice costs a wait
 * for the socket and, over TLS, as much memory as it has bytes until they have left: viewers on a fast line get
 * few large ones, slow readers hold little.
 */
export class SlicePace {
  readonly #limits: SlicePaceLimits;
  /** Of the next slice. */
  bytes: number;

  /** `encrypted`: nobody is known to be fast, and what is written is held: it begins with the smallest. */
  constructor(limits: SlicePaceLimits, encrypted: boolean) {
    this.#limits = limits;
    this.bytes = encrypted ? limits.minWriteSliceBytes : limits.writeSliceBytes;
  }

  /** A slice of `sliceBytes` left after so many milliseconds. */
  left(sliceBytes: number, ms: number): void {
    if (sliceBytes < this.bytes) return;
    if (ms <= QUICK_MS)
      this.bytes = Math.min(this.#limits.maxWriteSliceBytes, this.bytes * (ms <= AT_ONCE_MS ? 4 : 2));
    else if (ms > SLOW_MS) this.bytes = Math.max(this.#limits.minWriteSliceBytes, this.bytes >> 1);
  }
}
