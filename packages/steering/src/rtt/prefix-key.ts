import { STEERED_BITS } from '../pick-edges.ts';
import type { SteeredAsker } from '../pick-edges.ts';

/** Numbers of IPv6 prefixes begin here, behind all of IPv4's. */
const V6_FROM = 2 ** 48;

/** A prefix as a number: 24 bits of IPv4, 48 of IPv6; undefined where fewer are known of it. */
export function prefixKey({ family, address, bits }: SteeredAsker): number | undefined {
  if (bits < STEERED_BITS[family]) return undefined;
  let key = 0;
  for (let i = 0; i < STEERED_BITS[family] / 8; i += 1) key = key * 256 + (address[i] ?? 0);
  return family === 4 ? key : V6_FROM + key;
}

export function prefixOfKey(key: number): SteeredAsker {
  const family = key < V6_FROM ? 4 : 6;
  const address = new Uint8Array(16);
  const bits = STEERED_BITS[family];
  let left = family === 4 ? key : key - V6_FROM;
  for (let i = bits / 8 - 1; i >= 0; i -= 1) {
    address[i] = left % 256;
    left = Math.floor(left / 256);
  }
  return { family, address, bits };
}
