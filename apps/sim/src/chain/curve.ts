const P = 2n ** 255n - 19n;
const MASK = 2n ** 255n - 1n;
/** −121665 / 121666 mod p. */
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;

/** value mod p, for values below 2⁵¹⁰, a few units of p above it at most. */
function fold(value: bigint): bigint {
  const once = (value & MASK) + 19n * (value >> 255n);
  return (once & MASK) + 19n * (once >> 255n);
}

function reduced(value: bigint): bigint {
  const folded = fold(value);
  return folded >= P ? folded - P : folded;
}

/** Whether 32 bytes are the y of a point of edwards25519: then they are no program-derived address. */
export function isOnCurve(bytes: Uint8Array): boolean {
  let y = 0n;
  for (let index = 31; index >= 0; index -= 1) y = (y << 8n) | BigInt(bytes[index] ?? 0);
  y = reduced(y & MASK);
  const square = reduced(y * y);
  // x² = u / v is a square exactly when u · v is one; u · v is 0 only for y = ±1.
  const product = reduced(reduced(square - 1n + P) * reduced(D * square + 1n));
  if (product === 0n) return true;
  return reduced(power(product)) === 1n;
}

/** base^((p − 1) / 2), (p − 1) / 2 = 2²⁵⁴ − 10: a run of 250 ones, then 110110 in binary. */
function power(base: bigint): bigint {
  const times = (value: bigint, count: number): bigint => {
    let result = value;
    for (let index = 0; index < count; index += 1) result = fold(result * result);
    return result;
  };
  // ones(n) = base^(2ⁿ − 1)
  const ones2 = fold(times(base, 1) * base);
  const ones4 = fold(times(ones2, 2) * ones2);
  const ones5 = fold(times(ones4, 1) * base);
  const ones10 = fold(times(ones5, 5) * ones5);
  const ones20 = fold(times(ones10, 10) * ones10);
  const ones40 = fold(times(ones20, 20) * ones20);
  const ones50 = fold(times(ones40, 10) * ones10);
  const ones100 = fold(times(ones50, 50) * ones50);
  const ones200 = fold(times(ones100, 100) * ones100);
  const ones250 = fold(times(ones200, 50) * ones50);
  // 2²⁵⁴ − 10 = (2²⁵⁰ − 1) · 2⁴ + 6
  const six = fold(times(ones2, 1));
  return fold(times(ones250, 4) * six);
}
