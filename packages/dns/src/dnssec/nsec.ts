import { MAX_NAME_BYTES } from '../numbers.ts';

/** A name that is not there at all, in the list of an NSEC (RFC 9824). */
export const NXNAME = 128;

/**
 * Says of one name which types it has, and of no other name anything: its next name is the least that can come after it.
 * `name` on the wire, lower case; `apex` stands in where that would be too long.
 */
export function nsecRdata(name: Uint8Array, apex: Uint8Array, types: readonly number[]): Uint8Array {
  const next = name.length + 2 > MAX_NAME_BYTES ? apex : Buffer.concat([Buffer.from([1, 0]), name]);
  return Buffer.concat([next, typeBitmap(types)]);
}

/** The same of a name in a whole zone: the name that comes next in it, and nothing between (RFC 4034 §4.1). */
export function chainedNsecRdata(next: Uint8Array, types: readonly number[]): Uint8Array {
  return Buffer.concat([next, typeBitmap(types)]);
}

/** RFC 4034 §4.1.2. */
function typeBitmap(types: readonly number[]): Buffer {
  const windows = new Map<number, Uint8Array>();
  for (const type of types.toSorted((a, b) => a - b)) {
    const window = windows.get(type >> 8) ?? new Uint8Array(32);
    windows.set(type >> 8, window);
    const low = type & 0xff;
    window[low >> 3] = (window[low >> 3] ?? 0) | (0x80 >> (low & 7));
  }
  return Buffer.concat(
    [...windows].map(([number, bits]) => {
      const length = bits.findLastIndex((byte) => byte !== 0) + 1;
      return Buffer.concat([Buffer.from([number, length]), bits.subarray(0, length)]);
    }),
  );
}
