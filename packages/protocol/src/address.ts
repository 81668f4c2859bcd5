const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const DIGIT_OF: Int8Array = new Int8Array(128).fill(-1);
for (let digit = 0; digit < ALPHABET.length; digit += 1) DIGIT_OF[ALPHABET.charCodeAt(digit)] = digit;

/** Five digits at a time: with limbs of 16 bits every step stays within what a number holds exactly. */
const GROUP = 5;
const GROUP_BASE = 58 ** GROUP;
const LIMBS = 16;
const LIMB_BASE = 65_536;
/** The digit of a zero byte. */
const ONE = 49;
/** 58⁴⁴ is above 2²⁵⁶. */
const MAX_DIGITS = 44;

/** Work space of one conversion: nothing waits in between. Hours have a hundred thousand addresses. */
const limbs = new Uint16Array(LIMBS);
const codes = new Uint8Array(64);
const ascii = new TextDecoder();

/** Base58 of 32 bytes, as Solana writes addresses. */
export function addressOf(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new RangeError(`an address has 32 bytes, not ${bytes.length}`);
  for (let i = 0; i < LIMBS; i += 1) limbs[i] = ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0);
  let at = codes.length;
  for (let first = 0; first < LIMBS;) {
    let rest = 0;
    for (let i = first; i < LIMBS; i += 1) {
      const value = rest * LIMB_BASE + (limbs[i] ?? 0);
      const quotient = Math.floor(value / GROUP_BASE);
      limbs[i] = quotient;
      rest = value - quotient * GROUP_BASE;
    }
    while (first < LIMBS && limbs[first] === 0) first += 1;
    // The leading group has no zeros before it.
    for (let i = 0; first < LIMBS ? i < GROUP : rest > 0; i += 1) {
      at -= 1;
      codes[at] = ALPHABET.charCodeAt(rest % 58);
      rest = Math.floor(rest / 58);
    }
  }
  for (let i = 0; i < bytes.length && bytes[i] === 0; i += 1) {
    at -= 1;
    codes[at] = ONE;
  }
  return ascii.decode(codes.subarray(at));
}

/** The 32 bytes of an address; undefined where the text is none. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (text.length < 32 || text.length > MAX_DIGITS) return undefined;
  let zeros = 0;
  while (zeros < text.length && text.charCodeAt(zeros) === ONE) zeros += 1;
  limbs.fill(0);
  for (let from = zeros; from < text.length; from += GROUP) {
    let carry = 0;
    let base = 1;
    for (let at = from; at < from + GROUP && at < text.length; at += 1) {
      const digit = DIGIT_OF[text.charCodeAt(at)] ?? -1;
      if (digit < 0) return undefined;
      carry = carry * 58 + digit;
      base *= 58;
    }
    for (let i = LIMBS - 1; i >= 0; i -= 1) {
      const value = (limbs[i] ?? 0) * base + carry;
      carry = Math.floor(value / LIMB_BASE);
      limbs[i] = value - carry * LIMB_BASE;
    }
    // More than 256 bits.
    if (carry > 0) return undefined;
  }
  const out = new Uint8Array(32);
  for (let i = 0; i < LIMBS; i += 1) {
    const limb = limbs[i] ?? 0;
    out[2 * i] = limb >> 8;
    out[2 * i + 1] = limb & 255;
  }
  let leading = 0;
  while (leading < 32 && out[leading] === 0) leading += 1;
  // One spelling only: as many ones as there are zero bytes before the number.
  return leading === zeros ? out : undefined;
}

/** The 32 bytes of an address known to be one. Throws a RangeError otherwise. */
export function addressBytes(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new RangeError(`not an address: ${text}`);
  return bytes;
}

/**
 * Order of the bytes of two addresses, by their texts: digits are in the order of their characters, so of two numbers
 * with equally many digits the text that sorts first is the lower.
 */
export function compareAddresses(a: string, b: string): number {
  const [x, y] = [withoutZeros(a), withoutZeros(b)];
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}

function withoutZeros(text: string): string {
  let zeros = 0;
  while (text.charCodeAt(zeros) === ONE) zeros += 1;
  return zeros === 0 ? text : text.slice(zeros);
}
