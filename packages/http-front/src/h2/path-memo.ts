import { ownBytes } from '@media-network/runtime/own-bytes';
import type { Field } from './field.ts';

const SLOTS = 1_024;
/** Longer paths are rarely hot. Bounds what a slot holds. */
const MAX_BYTES = 256;

interface Known {
  readonly bytes: Buffer;
  readonly field: Field;
}

/**
 * Fields of paths that were asked for lately, by the bytes that said them. Clients mostly send a path as a
 * literal of its own, and hot objects are asked for in the same bytes again and again: such a path is
 * neither decoded nor read anew, and its string has its hash with it for the look-ups that follow.
 */
export class PathMemo {
  readonly #slots: (Known | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  #slot = 0;

  /** What these bytes, length prefix included, said the last time. */
  find(buffer: Buffer, start: number, end: number): Field | undefined {
    const length = end - start;
    if (length > MAX_BYTES) {
      this.#slot = -1;
      return undefined;
    }
    let slot = length;
    // The end of a path tells more than its beginning.
    for (let at = Math.max(start, end - 12); at < end; at += 1) slot = (slot * 31 + (buffer[at] ?? 0)) | 0;
    slot &= SLOTS - 1;
    this.#slot = slot;
    const known = this.#slots[slot];
    if (known === undefined || known.bytes.length !== length) return undefined;
    for (let at = 0; at < length; at += 1) if (known.bytes[at] !== buffer[start + at]) return undefined;
    return known.field;
  }

  /** Remembers what the bytes that were not found just now say. */
  keep(buffer: Buffer, start: number, end: number, field: Field): void {
    if (this.#slot !== -1) this.#slots[this.#slot] = { bytes: ownBytes(buffer.subarray(start, end)), field };
  }
}
