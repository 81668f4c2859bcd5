import { U64_MAX } from './integer.ts';

/** LEB128: seven bits a byte, lowest first, the top bit on all but the last byte. As few bytes as the number needs. */
export function packNumbers(numbers: readonly bigint[]): Uint8Array {
  const out: number[] = [];
  for (const number of numbers) {
    if (number < 0n || number > U64_MAX) throw new RangeError('not an unsigned 64-bit integer');
    let rest = number;
    for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
    out.push(Number(rest));
  }
  return Uint8Array.from(out);
}

/** The numbers of a packed text; undefined where one does not fit 64 bits, has needless bytes, or the count is another. */
export function unpackNumbers(data: Uint8Array, count: number): readonly bigint[] | undefined {
  const numbers: bigint[] = [];
  let at = 0;
  while (numbers.length < count) {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = data[at];
      if (byte === undefined || shift > 63n) return undefined;
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        if (byte === 0 && shift > 0n) return undefined;
        break;
      }
      shift += 7n;
    }
    if (value > U64_MAX) return undefined;
    numbers.push(value);
  }
  return at === data.length ? numbers : undefined;
}
