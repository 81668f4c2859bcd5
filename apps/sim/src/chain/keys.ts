import { addressBytes } from '@media-network/protocol';
import type { Address } from '@solana/kit';

import { remembered } from './remembered.ts';

const known = remembered<Uint8Array>();

/** The 32 bytes of an address, remembered: a year asks for the same ones a million times. */
export function keyBytes(address: Address): Uint8Array {
  const before = known.get(address);
  if (before !== undefined) return before;
  const bytes = addressBytes(address);
  known.set(address, bytes);
  return bytes;
}
