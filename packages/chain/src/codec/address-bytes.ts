import { addressOf as textOf, addressBytes as bytesIn } from '@media-network/protocol';
import type { Address } from '@solana/kit';

/** Pairs remembered each way; about 200 bytes each. Accounts name the same pools and publishers over and over, and share their text. */
const MAX_REMEMBERED = 16_384;
const bytesOf = new Map<Address, Uint8Array>();
const addressOf = new Map<string, Address>();

/** The 32 bytes of an address, which the caller does not write to. Throws a RangeError for what is no address. */
export function addressBytes(address: Address): Uint8Array {
  const before = bytesOf.get(address);
  if (before !== undefined) return before;
  const bytes = bytesIn(address);
  if (bytesOf.size >= MAX_REMEMBERED) bytesOf.clear();
  bytesOf.set(address, bytes);
  return bytes;
}

/** The address of 32 bytes. */
export function bytesAddress(bytes: Uint8Array): Address {
  const key = String.fromCharCode(...bytes);
  const before = addressOf.get(key);
  if (before !== undefined) return before;
  // Base58 of 32 bytes is what the brand says.
  const address = textOf(bytes) as Address;
  if (addressOf.size >= MAX_REMEMBERED) addressOf.clear();
  addressOf.set(key, address);
  return address;
}
