/** How many skipped ranges and own resets are remembered. Bounds memory; older ones are judged as closed. */
const REMEMBERED_GAPS = 8;
const REMEMBERED_RESETS = 128;

/** What a stream identifier that is not open means (RFC 9113 §5.1, §5.1.1). */
export type IdMeaning = 'idle' | 'skipped' | 'reset-by-us' | 'closed';

/** The client's stream identifiers so far: odd, ascending. */
export class StreamIds {
  /** Largest one that a HEADERS frame opened. */
  last = 0;
  readonly #gaps: { readonly from: number; readonly to: number }[] = [];
  readonly #resets = new Set<number>();

  /** A new stream; what lies between it and the last one can never be opened any more. */
  open(id: number): void {
    if (id > this.last + 2) {
      this.#gaps.push({ from: this.last + 1, to: id - 1 });
      if (this.#gaps.length > REMEMBERED_GAPS) this.#gaps.shift();
    }
    this.last = id;
  }

  /** We have reset it: the peer may have sent more before it hears of that. */
  reset(id: number): void {
    this.#resets.add(id);
    if (this.#resets.size <= REMEMBERED_RESETS) return;
    for (const oldest of this.#resets) {
      this.#resets.delete(oldest);
      break;
    }
  }

  meaning(id: number): IdMeaning {
    if (id > this.last || id % 2 === 0) return 'idle';
    if (this.#resets.has(id)) return 'reset-by-us';
    return this.#gaps.some(({ from, to }) => id >= from && id <= to) ? 'skipped' : 'closed';
  }
}
