/** With the longest targets in each slot that is 4 MiB. */
const SLOTS = 16_384;
/** Longer targets are rarely hot, and comparing them is no longer cheaper than making a string. */
const MAX_LENGTH = 256;

/**
 * Strings of targets that were asked for lately: hot objects are asked for in the same bytes again and
 * again, and a string that is there already costs no allocation and has its hash with it for the look-ups
 * that follow.
 */
export class TargetMemo {
  readonly #texts: string[] = Array.from({ length: SLOTS }, () => '');

  /** The bytes as latin1. */
  text(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > MAX_LENGTH) return buffer.toString('latin1', start, end);
    let slot = length;
    // The end of a target tells more than its beginning.
    for (let at = Math.max(start, end - 12); at < end; at += 1) slot = (slot * 31 + (buffer[at] ?? 0)) | 0;
    slot = (slot ^ (slot >>> 15)) & (SLOTS - 1);
    const known = this.#texts[slot] ?? '';
    if (known.length === length) {
      let at = 0;
      while (at < length && known.charCodeAt(at) === buffer[start + at]) at += 1;
      if (at === length) return known;
    }
    const text = buffer.toString('latin1', start, end);
    this.#texts[slot] = text;
    return text;
  }
}
