import { addressBytes } from './address.ts';
import type { Sha256 } from './bytes.ts';

/** Host zone of the local network. */
export const LOCAL_ZONE = 'medianet.localhost';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Label of a resource's host: RFC 4648 base32, lower case, of the first 100 bits of SHA-256(address); 20 characters. */
export function resourceLabel(resource: string, sha256: Sha256): string {
  const hash = sha256(addressBytes(resource));
  let label = '';
  for (let i = 0; i < 20; i += 1) {
    const bit = i * 5;
    const word = ((hash[bit >> 3] ?? 0) << 8) | (hash[(bit >> 3) + 1] ?? 0);
    label += BASE32.charAt((word >> (11 - (bit & 7))) & 31);
  }
  return label;
}
