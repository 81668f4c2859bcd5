import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { addressOf } from '@media-network/protocol';
import { MediaError, errorMessage } from '@media-network/runtime';
import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';
import { z } from 'zod';

/** What the server's segments are signed with, for whoever watches them by way of others. */
export interface PublisherKey {
  /** Base58, as wallets have them. */
  readonly address: string;
  /** Ed25519, 64 bytes; at once, so that a segment and its signature come in the same moment. */
  sign(message: Uint8Array): Uint8Array;
}

/** A keypair as Solana's tools write it: seed and public key. */
const FILE = z.array(z.int().min(0).max(255)).length(64);
/** PKCS #8 of an Ed25519 key, up to its seed (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The key of `path`, or the server's own, made once and kept in `publisher-key.json`, which only its owner can read.
 * Throws `server/bad-publisher-key` where a file is there and is none, or the one that was named is not.
 */
export async function openPublisherKey(dir: string, path: string | undefined): Promise<PublisherKey> {
  const own = join(dir, 'publisher-key.json');
  const kept = await readIfPresent(path ?? own);
  if (kept !== undefined) return keyOf(path ?? own, kept.toString('utf8'));
  if (path !== undefined) throw bad(path, 'it is not there');
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const text = JSON.stringify([...Buffer.from(d, 'base64url'), ...Buffer.from(x, 'base64url')]);
  await writeDurably(own, `${text}\n`, 0o600);
  return keyOf(own, text);
}

function keyOf(path: string, text: string): PublisherKey {
  try {
    const bytes = Buffer.from(FILE.parse(JSON.parse(text)));
    const key = createPrivateKey({
      key: Buffer.concat([PKCS8, bytes.subarray(0, 32)]),
      format: 'der',
      type: 'pkcs8',
    });
    const { x = '' } = key.export({ format: 'jwk' });
    const raw = Buffer.from(x, 'base64url');
    if (!raw.equals(bytes.subarray(32))) throw new TypeError('its halves do not belong together');
    return { address: addressOf(raw), sign: (message) => sign(null, message, key) };
  } catch (error) {
    throw bad(path, errorMessage(error).split('\n')[0] ?? '', error);
  }
}

function bad(path: string, why: string, cause?: unknown): MediaError {
  return new MediaError({
    code: 'server/bad-publisher-key',
    message: `${path} holds no key that segments can be signed with: ${why}.`,
    hint: "It is a keypair as Solana's tools write it, a list of 64 numbers.",
    source: 'client',
    context: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
