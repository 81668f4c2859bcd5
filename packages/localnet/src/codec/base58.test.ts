import { getBase58Decoder, getBase58Encoder } from '@solana/kit';
import { describe, expect, it } from 'vitest';
import {
  addressBytes,
  addressFrom,
  badBase58At,
  decodeBase58,
  encodeBase58,
  isAddressText,
} from './base58.ts';

const samples = Array.from({ length: 400 }, (_, i) => {
  const bytes = crypto.getRandomValues(new Uint8Array(i % 70));
  return bytes.fill(i % 3 === 0 ? 0 : 255, 0, i % 5);
});

describe('base58', () => {
  it('agrees with the codec of kit, leading zeros too', () => {
    for (const bytes of samples) {
      const text = getBase58Decoder().decode(bytes);
      expect(encodeBase58(bytes)).toBe(text);
      expect(decodeBase58(text)).toEqual(new Uint8Array(getBase58Encoder().encode(text)));
    }
  });

  it('knows what is no digit and what is no address', () => {
    expect(badBase58At('abc0')).toBe(3);
    expect(decodeBase58('O')).toBe(undefined);
    expect(decodeBase58('é')).toBe(undefined);
    expect(isAddressText('1'.repeat(32))).toBe(true);
    expect(isAddressText('1'.repeat(33))).toBe(false);
    expect(isAddressText('z'.repeat(44))).toBe(false);
    const address = addressFrom(new Uint8Array(40).fill(7), 8);
    expect(addressBytes(address)).toEqual(new Uint8Array(32).fill(7));
    expect(() => addressFrom(new Uint8Array(40), 9)).toThrow(RangeError);
  });
});
