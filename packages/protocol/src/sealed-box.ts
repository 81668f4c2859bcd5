import { concatBytes, utf8 } from './bytes.ts';

/** Bytes that sealing adds: the ephemeral key and the tag. */
export const SEAL_OVERHEAD = 48;

/** X25519 key pair as raw bytes, 32 each (RFC 7748). */
export interface BoxKey {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

// RFC 8410: WebCrypto takes raw X25519 private keys only inside PKCS #8.
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));
const INFO = utf8('media-network seal v1');

async function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array> {
  const subtle = globalThis.crypto.subtle;
  const pkcs8 = new Uint8Array(concatBytes([PKCS8_PREFIX, privateKey]));
  const secret = await subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  const peer = await subtle.importKey('raw', new Uint8Array(publicKey), 'X25519', false, []);
  return new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: peer }, secret, 256));
}

/** The pair of a stored private key. */
export async function boxKeyOf(privateKey: Uint8Array): Promise<BoxKey> {
  return { privateKey, publicKey: await x25519(privateKey, BASE_POINT) };
}

export function generateBoxKey(): Promise<BoxKey> {
  return boxKeyOf(globalThis.crypto.getRandomValues(new Uint8Array(32)));
}

async function sealKey(shared: Uint8Array, ephemeral: Uint8Array, recipient: Uint8Array): Promise<CryptoKey> {
  const subtle = globalThis.crypto.subtle;
  const material = await subtle.importKey('raw', new Uint8Array(shared), 'HKDF', false, ['deriveKey']);
  return subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(concatBytes([ephemeral, recipient])),
      info: new Uint8Array(INFO),
    },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

// The key is used once, so a nonce of zero is never used twice with it.
const GCM = { name: 'AES-GCM', iv: new Uint8Array(12) };

/** Seals to an X25519 public key: ephemeral key 32 ‖ ciphertext ‖ tag 16 (docs/evidence.md). `ephemeral` is for fixtures only. */
export async function seal(
  plain: Uint8Array,
  recipient: Uint8Array,
  ephemeral?: BoxKey,
): Promise<Uint8Array> {
  const pair = ephemeral ?? (await generateBoxKey());
  const key = await sealKey(await x25519(pair.privateKey, recipient), pair.publicKey, recipient);
  const cipher = await globalThis.crypto.subtle.encrypt(GCM, key, new Uint8Array(plain));
  return concatBytes([pair.publicKey, new Uint8Array(cipher)]);
}

/** Undefined when the box is not for this key or was changed. */
export async function openSealed(box: Uint8Array, key: BoxKey): Promise<Uint8Array | undefined> {
  if (box.length < SEAL_OVERHEAD) return undefined;
  const ephemeral = box.slice(0, 32);
  try {
    const aes = await sealKey(await x25519(key.privateKey, ephemeral), ephemeral, key.publicKey);
    return new Uint8Array(await globalThis.crypto.subtle.decrypt(GCM, aes, new Uint8Array(box.subarray(32))));
  } catch {
    return undefined;
  }
}
