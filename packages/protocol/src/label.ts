import { addressBytes } from './address.ts';
import type { Sha256 } from './bytes.ts';

/** Host zone of the local network. */
export const LOCAL_ZONE = 'medianet.localhost';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Work space of one label. */
const codes = new Uint8Array(20);
const ascii = new TextDecoder();

/** Label of a resource's host: RFC 4648 base32, lower case, of the first 100 bits of SHA-256(address); 20 characters. */
export function resourceLabel(resource: string, sha256: Sha256): string {
  const hash = sha256(addressBytes(resource));
  for (let i = 0; i < codes.length; i += 1) {
    const bit = i * 5;
    const word = ((hash[bit >> 3] ?? 0) << 8) | (hash[(bit >> 3) + 1] ?? 0);
    codes[i] = BASE32.charCodeAt((word >> (11 - (bit & 7))) & 31);
  }
  // Put together one by one it would be kept as its parts: there are a hundred thousand of them.
  return ascii.decode(codes);
}
