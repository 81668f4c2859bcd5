import { isIP } from 'node:net';

/**
 * The network of an address, as far as the address itself says: the first two numbers of IPv4, a /32 of IPv6, which is
 * what providers are given. Two viewers in one are mostly customers of one provider.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) === 4) return plain.split('.').slice(0, 2).join('.');
  if (isIP(plain) === 6) return plain.split(':').slice(0, 2).join(':');
  return '';
}
