import { getAddressDecoder, getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';

const encoder = getAddressEncoder();
const decoder = getAddressDecoder();

/** Pairs remembered each way; about 200 bytes each. Base58 takes longer than all else in reading or writing an account. */
const MAX_REMEMBERED = 16_384;
const bytesOf = new Map<Address, Uint8Array>();
const addressOf = new Map<string, Address>();

/** The 32 bytes of an address, which the caller does not write to. Throws as kit's encoder does for what is no address. */
export function addressBytes(address: Address): Uint8Array {
  const before = bytesOf.get(address);
  if (before !== undefined) return before;
  const bytes = new Uint8Array(encoder.encode(address));
  if (bytesOf.size >= MAX_REMEMBERED) bytesOf.clear();
  bytesOf.set(address, bytes);
  return bytes;
}

/** The address of 32 bytes. */
export function bytesAddress(bytes: Uint8Array): Address {
  const key = String.fromCharCode(...bytes);
  const before = addressOf.get(key);
  if (before !== undefined) return before;
  const address = decoder.decode(bytes);
  if (addressOf.size >= MAX_REMEMBERED) addressOf.clear();
  addressOf.set(key, address);
  return address;
}
