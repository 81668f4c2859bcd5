import { addressBytes } from './address.ts';
import { concatBytes, utf8 } from './bytes.ts';

/** Signs with an Ed25519 key that the caller holds. */
export type SignBytes = (message: Uint8Array) => Promise<Uint8Array>;

/** What is signed: a NUL-ended name, so that no message of one kind can pass for another, then the body. */
export function signedMessage(name: string, body: Uint8Array): Uint8Array {
  return concatBytes([utf8(`media-network ${name}\0`), body]);
}

/** A signer around a WebCrypto key; a kit `KeyPairSigner` has it as `keyPair.privateKey`. */
export function signerOf(privateKey: CryptoKey): SignBytes {
  return async (message) =>
    new Uint8Array(await globalThis.crypto.subtle.sign('Ed25519', privateKey, new Uint8Array(message)));
}

/** RFC 8032 verification. False for a key or a signature that is malformed. `signer` is raw bytes or an address. */
export async function verifySignature(
  signer: Uint8Array | string,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  try {
    const raw = typeof signer === 'string' ? addressBytes(signer) : signer;
    const subtle = globalThis.crypto.subtle;
    const key = await subtle.importKey('raw', new Uint8Array(raw), 'Ed25519', false, ['verify']);
    return await subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
  } catch {
    return false;
  }
}

/** A key for one viewing session: the public key goes into the token, the signer makes receipts. */
export async function createSessionKey(): Promise<{
  readonly publicKey: Uint8Array;
  readonly sign: SignBytes;
}> {
  const subtle = globalThis.crypto.subtle;
  const pair = await subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  // The types know one key or two; Ed25519 always has two.
  if (!('privateKey' in pair)) throw new TypeError('generateKey gave no pair');
  const publicKey = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
  return { publicKey, sign: signerOf(pair.privateKey) };
}
