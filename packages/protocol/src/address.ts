const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Base58 of 32 bytes, as Solana writes addresses. */
export function addressOf(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new RangeError(`an address has 32 bytes, not ${bytes.length}`);
  const digits: number[] = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let i = 0; i < digits.length; i += 1) {
      const value = (digits[i] ?? 0) * 256 + carry;
      digits[i] = value % 58;
      carry = Math.floor(value / 58);
    }
    for (; carry > 0; carry = Math.floor(carry / 58)) digits.push(carry % 58);
  }
  let text = '';
  for (let i = 0; i < bytes.length && bytes[i] === 0; i += 1) text += '1';
  for (const digit of digits.toReversed()) text += ALPHABET.charAt(digit);
  return text;
}

/** The 32 bytes of an address; undefined where the text is none. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (text.length < 32 || text.length > 44) return undefined;
  const out: number[] = [];
  let zeros = 0;
  while (zeros < text.length && text[zeros] === '1') zeros += 1;
  for (const char of text.slice(zeros)) {
    let carry = ALPHABET.indexOf(char);
    if (carry < 0) return undefined;
    for (let i = 0; i < out.length; i += 1) {
      const value = (out[i] ?? 0) * 58 + carry;
      out[i] = value & 255;
      carry = value >> 8;
    }
    for (; carry > 0; carry >>= 8) out.push(carry & 255);
  }
  if (zeros + out.length !== 32) return undefined;
  return Uint8Array.from([...Array.from<number>({ length: zeros }).fill(0), ...out.toReversed()]);
}

/** The 32 bytes of an address known to be one. Throws a RangeError otherwise. */
export function addressBytes(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new RangeError(`not an address: ${text}`);
  return bytes;
}
