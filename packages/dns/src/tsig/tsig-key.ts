import { createHmac } from 'node:crypto';
import { MediaError } from '@media-network/runtime';
import { encodeName } from '../name.ts';

/** Algorithms that are taken (RFC 8945 §6); those on MD5 and SHA-1 are not to be used any more. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly macBytes: number }>> = {
  'hmac-sha256': { hash: 'sha256', macBytes: 32 },
  'hmac-sha384': { hash: 'sha384', macBytes: 48 },
  'hmac-sha512': { hash: 'sha512', macBytes: 64 },
};
/** Shorter ones can be tried out. */
const LEAST_SECRET_BYTES = 16;

/** A secret that two servers share, by which one knows the other's messages. */
export interface TsigKey {
  /** On the wire, lower case, as the algorithm's. */
  readonly name: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly macBytes: number;
  mac(...parts: readonly Uint8Array[]): Buffer;
}

/**
 * A key as `dig -y` and `tsig-keygen` have it: `hmac-sha256:name:secret in base64`.
 *
 * @throws `dns/bad-tsig-key`, never with the secret in it
 */
export function createTsigKey(text: string): TsigKey {
  const [algorithm = '', name = '', secret = '', ...more] = text.trim().split(':');
  const known = ALGORITHMS[algorithm.toLowerCase()];
  if (known === undefined) throw badKey(`its algorithm is none of ${Object.keys(ALGORITHMS).join(', ')}`);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret) || more.length > 0)
    throw badKey('it is not algorithm:name:secret with the secret in base64');
  const bytes = Buffer.from(secret, 'base64');
  if (bytes.length < LEAST_SECRET_BYTES)
    throw badKey(`its secret is shorter than ${LEAST_SECRET_BYTES} bytes`);
  return {
    name: encodeName(name),
    algorithm: encodeName(algorithm),
    macBytes: known.macBytes,
    mac(...parts) {
      const hmac = createHmac(known.hash, bytes);
      for (const part of parts) hmac.update(part);
      return hmac.digest();
    },
  };
}

function badKey(why: string): MediaError {
  return new MediaError({
    code: 'dns/bad-tsig-key',
    message: `A key for transfers cannot be used: ${why}.`,
    source: 'client',
  });
}
