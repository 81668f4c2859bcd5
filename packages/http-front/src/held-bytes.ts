const PIECE_BYTES = 4_096;
const NONE = Buffer.alloc(0);

/**
 * Bytes that wait for their reader, in few pieces however many they came in. A piece costs some hundred bytes beside what is
 * in it: who sends a body byte by byte must not have a hundred times as much held as a window says.
 */
export class HeldBytes {
  #pieces: Buffer[] = [];
  /** Being filled. */
  #room: Buffer = NONE;
  #used = 0;
  /** How many there are. */
  length = 0;

  /** Takes a copy. */
  add(bytes: Buffer): void {
    this.length += bytes.length;
    const fitting = Math.min(bytes.length, this.#room.length - this.#used);
    bytes.copy(this.#room, this.#used, 0, fitting);
    this.#used += fitting;
    if (fitting === bytes.length) return;
    this.#seal();
    this.#room = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, bytes.length - fitting));
    this.#used = bytes.copy(this.#room, 0, fitting);
  }

  /** All of it, in order; nothing is held any more. */
  take(): readonly Buffer[] {
    this.#seal();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.length = 0;
    return pieces;
  }

  #seal(): void {
    if (this.#used > 0) this.#pieces.push(this.#room.subarray(0, this.#used));
    this.#room = NONE;
    this.#used = 0;
  }
}
