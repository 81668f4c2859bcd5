export const U64_MAX: bigint = (1n << 64n) - 1n;

/** ⌊a·b/c⌋, as on chain (docs/chain.md). Throws a RangeError when c is 0. */
export function mulDiv(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b) / c;
}

/** ⌈a·b/c⌉. */
export function mulDivUp(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b + c - 1n) / c;
}

/** Down to 2⁶⁴ − 1, as the program's sums of what strangers report. */
export function saturate(value: bigint): bigint {
  return value > U64_MAX ? U64_MAX : value;
}

/** a + b, at most 2⁶⁴ − 1. */
export function saturatingAdd(a: bigint, b: bigint): bigint {
  return saturate(a + b);
}

export function minOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
