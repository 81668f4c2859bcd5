import type { Address, Signature } from '@solana/kit';

/**
 * Base58 with Bitcoin's alphabet. Every address and signature passes through here many times, so digits are
 * worked on four at a time (58^4 < 2^24) against three bytes at a time: all products stay below 2^53, where
 * ordinary numbers are exact. The cost is the square of the length; callers bound it.
 */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const GROUP = 58 ** 4;
const LIMB = 2 ** 24;

const valueOf = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i += 1) valueOf[ALPHABET.charCodeAt(i)] = i;

/** The four digits of every group would be a table of 11 million; two digits are enough to be quick. */
const PAIRS: readonly string[] = Array.from(
  { length: 58 * 58 },
  (_, i) => ALPHABET.charAt(Math.floor(i / 58)) + ALPHABET.charAt(i % 58),
);

export function encodeBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros += 1;
  const groups: number[] = [];
  // The first limb takes what is left over, so that the others are whole.
  let at = zeros;
  let width = (bytes.length - zeros) % 3 || 3;
  while (at < bytes.length) {
    let carry = 0;
    for (let i = 0; i < width; i += 1) carry = carry * 256 + (bytes[at + i] ?? 0);
    at += width;
    width = 3;
    for (let i = 0; i < groups.length; i += 1) {
      const value = (groups[i] ?? 0) * LIMB + carry;
      carry = Math.floor(value / GROUP);
      groups[i] = value - carry * GROUP;
    }
    // A carry is below 2^24, so it is at most one group and a half.
    for (; carry > 0; carry = Math.floor(carry / GROUP)) groups.push(carry % GROUP);
  }
  let text = '';
  for (let i = groups.length - 1; i >= 0; i -= 1) {
    const group = groups[i] ?? 0;
    text += (PAIRS[Math.floor(group / 3364)] ?? '') + (PAIRS[group % 3364] ?? '');
  }
  let pad = 0;
  while (pad < text.length && text.charCodeAt(pad) === 49) pad += 1; // the highest group's leading ones are no digits
  return '1'.repeat(zeros) + text.slice(pad);
}

/** Where the text has a character that is no digit, or -1. */
export function badBase58At(text: string): number {
  for (let i = 0; i < text.length; i += 1) if ((valueOf[text.charCodeAt(i)] ?? -1) < 0) return i;
  return -1;
}

/** `undefined` if the text has other characters than digits. */
export function decodeBase58(text: string): Uint8Array | undefined {
  if (badBase58At(text) !== -1) return undefined;
  let ones = 0;
  while (ones < text.length && text.charCodeAt(ones) === 49) ones += 1;
  const limbs: number[] = [];
  let at = ones;
  let width = (text.length - ones) % 4 || 4;
  while (at < text.length) {
    let carry = 0;
    for (let i = 0; i < width; i += 1) carry = carry * 58 + (valueOf[text.charCodeAt(at + i)] ?? 0);
    at += width;
    width = 4;
    for (let i = 0; i < limbs.length; i += 1) {
      const value = (limbs[i] ?? 0) * GROUP + carry;
      carry = Math.floor(value / LIMB);
      limbs[i] = value - carry * LIMB;
    }
    if (carry > 0) limbs.push(carry);
  }
  const whole = new Uint8Array(limbs.length * 3);
  for (let i = 0; i < limbs.length; i += 1) {
    const limb = limbs[i] ?? 0;
    const end = whole.length - 3 * i;
    whole[end - 1] = limb & 0xff;
    whole[end - 2] = (limb >>> 8) & 0xff;
    whole[end - 3] = limb >>> 16;
  }
  let empty = 0;
  while (empty < whole.length && whole[empty] === 0) empty += 1;
  const bytes = new Uint8Array(ones + whole.length - empty);
  bytes.set(whole.subarray(empty), ones);
  return bytes;
}

const ADDRESS_BYTES = 32;

/** The address whose 32 bytes are at `at`. Throws RangeError if they are not all there. */
export function addressFrom(bytes: Uint8Array, at = 0): Address {
  if (at + ADDRESS_BYTES > bytes.length) throw new RangeError(`no address at byte ${at} of ${bytes.length}`);
  return encodeBase58(bytes.subarray(at, at + ADDRESS_BYTES)) as Address; // 32 bytes in base58 are an address
}

/** The 32 bytes of an address. Throws RangeError if it is none, which its type rules out. */
export function addressBytes(address: Address): Uint8Array {
  const bytes = decodeBase58(address);
  if (bytes?.length !== ADDRESS_BYTES) throw new RangeError(`${address} is no address`);
  return bytes;
}

export function isAddressText(text: string): text is Address {
  return text.length >= 32 && text.length <= 44 && decodeBase58(text)?.length === ADDRESS_BYTES;
}

export function isSignatureText(text: string): text is Signature {
  return text.length >= 64 && text.length <= 88 && decodeBase58(text)?.length === 64;
}
