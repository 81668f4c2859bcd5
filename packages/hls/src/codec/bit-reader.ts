/** Reads bits of a parameter set (ISO/IEC 14496-10, 7.2); beyond the end there are zeros. */
export interface BitReader {
  bits(count: number): number;
  /** Exp-Golomb (9.1), unsigned and signed. */
  unsigned(): number;
  signed(): number;
}

/** `unit` without emulation prevention bytes. */
export function createBitReader(unit: Uint8Array): BitReader {
  let at = 0;
  const bit = (): number => {
    const byte = unit[at >> 3] ?? 0;
    const value = (byte >> (7 - (at & 7))) & 1;
    at += 1;
    return value;
  };
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + bit();
    return value;
  };
  const unsigned = (): number => {
    let zeros = 0;
    // 32 of them are more than any field has; a unit of zeros ends here.
    while (zeros < 32 && bit() === 0) zeros += 1;
    return 2 ** zeros - 1 + bits(zeros);
  };
  return {
    bits,
    unsigned,
    signed() {
      const value = unsigned();
      return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
    },
  };
}

/** A NAL unit's payload: 00 00 03 says 00 00. */
export function withoutEmulation(unit: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let zeros = 0;
  for (const byte of unit) {
    if (zeros >= 2 && byte === 3) zeros = 0;
    else {
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
  }
  return Uint8Array.from(bytes);
}
