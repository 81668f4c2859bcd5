import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

import { getAddressDecoder } from '@solana/kit';
import type { Address } from '@solana/kit';

import { sha256 } from '../model/sha256.ts';

/** An address whose key is known, for worlds in which somebody's signature counts. */
export interface KnownKey {
  readonly address: Address;
  sign(message: Uint8Array): Uint8Array;
}

/** PKCS#8 of an Ed25519 seed, up to the seed (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const decodeAddress = getAddressDecoder();

/** The same words give the same key. */
export function keyOf(words: string): KnownKey {
  const seed = sha256(new TextEncoder().encode(words));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    address: decodeAddress.decode(new Uint8Array(spki.subarray(-32))),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}
