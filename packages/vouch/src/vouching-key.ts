import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addressOf, fromHex, toHex } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { MediaError, Secret, errorCode } from '@media-network/runtime';

/** The key whose signature makes a viewer's bytes the publisher's to pay. It holds no money and is no wallet. */
export interface VouchingKey {
  /** Its public key as an address: what a resource names on chain. */
  readonly address: string;
  readonly sign: SignBytes;
  /** 32 bytes in hex. */
  readonly seed: Secret<string>;
}

const KIND = 'media-vouching-key';
/** PKCS #8 of an Ed25519 key, up to its 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key of a seed of 32 bytes. Throws a RangeError for another length. */
export function vouchingKeyOf(seed: Uint8Array): VouchingKey {
  if (seed.length !== 32) throw new RangeError(`a vouching key has 32 bytes, not ${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    address: addressOf(new Uint8Array(publicKey)),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, key))),
    seed: new Secret(toHex(seed)),
  };
}

export function generateVouchingKey(): VouchingKey {
  return vouchingKeyOf(randomBytes(32));
}

/** The key of a file. Rejects with `vouch/no-key` where there is none, `vouch/bad-key` where it is something else. */
export async function readVouchingKey(path: string): Promise<VouchingKey> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new MediaError({
      code: 'vouch/no-key',
      message: `There is no vouching key at ${path}: ${errorCode(error)}.`,
      source: 'internal',
      context: { path },
      cause: error,
    });
  }
  const key = parseKey(text);
  if (key !== undefined) return key;
  throw new MediaError({
    code: 'vouch/bad-key',
    message: `${path} is no vouching key.`,
    hint: 'A wallet is none: "media vouch" makes a key of its own where the file is missing.',
    source: 'internal',
    context: { path },
  });
}

/** The key of a file; makes it, readable by its owner only, where there is none. */
export async function ensureVouchingKey(
  path: string,
): Promise<{ readonly key: VouchingKey; readonly made: boolean }> {
  const made = generateVouchingKey();
  const text = `${JSON.stringify({ kind: KIND, address: made.address, seed: made.seed.reveal() })}\n`;
  await mkdir(dirname(path), { recursive: true });
  try {
    // Never over a key that is there: what it has signed could not be signed again.
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return { key: made, made: true };
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') {
      throw new MediaError({
        code: 'vouch/cannot-write-key',
        message: `The vouching key cannot be written to ${path}: ${errorCode(error)}.`,
        source: 'internal',
        context: { path },
        cause: error,
      });
    }
    return { key: await readVouchingKey(path), made: false };
  }
}

function parseKey(text: string): VouchingKey | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== KIND)
    return undefined;
  const seed = 'seed' in value && typeof value.seed === 'string' ? fromHex(value.seed, 32) : undefined;
  const key = seed === undefined ? undefined : vouchingKeyOf(seed);
  // A file put together by hand must not sign with another key than it names.
  return key !== undefined && 'address' in value && value.address === key.address ? key : undefined;
}
