export const U64_MAX: bigint = (1n << 64n) - 1n;

/** ⌊a·b/c⌋, as on chain (docs/chain.md). Throws a RangeError when c is 0. */
export function mulDiv(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b) / c;
}

/** ⌈a·b/c⌉. */
export function mulDivUp(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b + c - 1n) / c;
}
