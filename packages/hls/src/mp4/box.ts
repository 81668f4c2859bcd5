import { ownBytes } from '@media-network/runtime/own-bytes';

/** Writing of ISO base media files (ISO/IEC 14496-12). */

export type Bytes = Uint8Array;

export const uint8 = (...values: readonly number[]): Bytes => Uint8Array.from(values);

export function uint16(...values: readonly number[]): Bytes {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint16(2 * i, value);
  return bytes;
}

export function uint32(...values: readonly number[]): Bytes {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return bytes;
}

export function uint64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

export const ascii = (text: string): Bytes => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** A box: its length, four letters, what is in it. */
export function box(type: string, ...parts: readonly Bytes[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 8);
  return ownBytes(uint32(length), ascii(type), ...parts);
}

/** A box with a version and flags. */
export const fullBox = (type: string, version: number, flags: number, ...parts: readonly Bytes[]): Bytes =>
  box(type, uint32((version << 24) | flags), ...parts);
