import { viewOf } from '../codec/fields.ts';

/**
 * SHA-256 (FIPS 180-4) without waiting: the model is a pure function of its state, and the platform's own
 * digest is a promise. Constants are computed from the primes as the standard defines them.
 */
const PRIMES = firstPrimes(64);
const K = Uint32Array.from(PRIMES, (prime) => rootFraction(BigInt(prime), 3n));
const H0 = Uint32Array.from(PRIMES.slice(0, 8), (prime) => rootFraction(BigInt(prime), 2n));

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n += 1) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

/** First 32 bits of the fraction of the square (2) or cube (3) root. */
function rootFraction(value: bigint, degree: bigint): number {
  const scaled = value << (32n * degree);
  let low = 0n;
  let high = 1n << 40n;
  while (low + 1n < high) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= scaled) low = middle;
    else high = middle;
  }
  return Number(low & 0xffff_ffffn);
}

function rotate(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  padded[length] = 0x80;
  const view = viewOf(padded);
  view.setBigUint64(padded.length - 8, BigInt(length) * 8n);
  const state = Uint32Array.from(H0);
  const w = new Uint32Array(64);
  for (let block = 0; block < padded.length; block += 64) compress(state, w, view, block);
  const digest = new Uint8Array(32);
  for (const [index, word] of state.entries()) viewOf(digest).setUint32(index * 4, word);
  return digest;
}

function compress(state: Uint32Array, w: Uint32Array, view: DataView, block: number): void {
  const word = (index: number): number => w[index] ?? 0;
  for (let i = 0; i < 16; i += 1) w[i] = view.getUint32(block + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const x = word(i - 15);
    const y = word(i - 2);
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = word(i - 16) + s0 + word(i - 7) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[i] ?? 0) + word(i)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value;
}
