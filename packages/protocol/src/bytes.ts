/** SHA-256, given by the caller: `node:crypto` in daemons, any other where bytes are few. Must be synchronous, since Merkle trees are large. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes; undefined where they are none. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Lexicographic order, as roots and addresses are sorted everywhere. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Bytes of lower-case hex; undefined for anything else, and where `length` is given and differs. */
export function fromHex(text: string, length?: number): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  if (length !== undefined && text.length !== 2 * length) return undefined;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i += 1) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** RFC 4648 §5 without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let k = 0; k < Math.min(left, 3) + 1; k += 1) text += BASE64URL.charAt((word >> (18 - 6 * k)) & 63);
  }
  return text;
}

/** The one spelling of the bytes only: padding, other alphabets and stray bits are refused. */
export function fromBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const char of text) {
    const value = BASE64URL.indexOf(char);
    if (value < 0) return undefined;
    word = ((word << 6) | value) & 0xff_ffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at] = (word >> bits) & 255;
      at += 1;
    }
  }
  return (word & ((1 << bits) - 1)) === 0 ? out : undefined;
}

/** Writes fixed-size little-endian records field by field. */
export interface RecordWriter {
  u8(value: number): RecordWriter;
  u16(value: number): RecordWriter;
  u32(value: number): RecordWriter;
  u64(value: bigint): RecordWriter;
  /** Throws a RangeError when the length is not `length`: a programming error, never input. */
  bytes(value: Uint8Array, length: number): RecordWriter;
  zeros(length: number): RecordWriter;
  done(): Uint8Array;
}

export function recordWriter(size: number): RecordWriter {
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  const step = (length: number, write: (offset: number) => void): RecordWriter => {
    write(at);
    at += length;
    return writer;
  };
  const writer: RecordWriter = {
    u8: (value) => step(1, (offset) => view.setUint8(offset, value)),
    u16: (value) => step(2, (offset) => view.setUint16(offset, value, true)),
    u32: (value) => step(4, (offset) => view.setUint32(offset, value, true)),
    u64: (value) =>
      step(8, (offset) => {
        if (value < 0n || value >= 1n << 64n) throw new RangeError('not an unsigned 64-bit integer');
        view.setBigUint64(offset, value, true);
      }),
    bytes: (value, length) =>
      step(length, (offset) => {
        if (value.length !== length) throw new RangeError(`expected ${length} bytes, got ${value.length}`);
        out.set(value, offset);
      }),
    zeros: (length) => step(length, () => undefined),
    done: () => out,
  };
  return writer;
}

/** Reads what `recordWriter` writes. The caller has checked the length. `bytes` returns copies. */
export interface RecordReader {
  u8(): number;
  u16(): number;
  u32(): number;
  u64(): bigint;
  bytes(length: number): Uint8Array;
  /** Skips padding; false when it is not zero. */
  zeros(length: number): boolean;
  /** Bytes left. */
  left(): number;
}

export function recordReader(data: Uint8Array): RecordReader {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  const step = (length: number): number => {
    const offset = at;
    at += length;
    return offset;
  };
  return {
    u8: () => view.getUint8(step(1)),
    u16: () => view.getUint16(step(2), true),
    u32: () => view.getUint32(step(4), true),
    u64: () => view.getBigUint64(step(8), true),
    bytes: (length) => {
      const offset = step(length);
      // A Buffer's own slice would share its memory, which may be a pool's.
      return new Uint8Array(data.subarray(offset, offset + length));
    },
    zeros: (length) => {
      const offset = step(length);
      return data.subarray(offset, offset + length).every((byte) => byte === 0);
    },
    left: () => data.length - at,
  };
}
