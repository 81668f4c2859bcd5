import { MediaError } from '@media-network/runtime';
import {
  createKeyPairFromBytes,
  createKeyPairSignerFromPrivateKeyBytes,
  createSignerFromKeyPair,
  generateKeyPairSigner,
  signBytes,
} from '@solana/kit';
import type { KeyPairSigner } from '@solana/kit';

/** A key that signs transactions and evidence. */
export type Signer = KeyPairSigner;

/**
 * A wallet from the 64 bytes of a Solana CLI keypair file (seed, then public key) or from a 32-byte seed;
 * a new one without either. Throws `chain/bad-key`.
 */
export async function createWallet(bytes?: Uint8Array): Promise<Signer> {
  if (bytes === undefined) return generateKeyPairSigner();
  try {
    if (bytes.length === 32) return await createKeyPairSignerFromPrivateKeyBytes(bytes);
    if (bytes.length === 64) return await createSignerFromKeyPair(await createKeyPairFromBytes(bytes));
  } catch (cause) {
    throw new MediaError({
      code: 'chain/bad-key',
      message: 'The keypair is damaged: its public key is not that of its private key.',
      source: 'client',
      cause,
    });
  }
  throw new MediaError({
    code: 'chain/bad-key',
    message: `A key has 32 bytes (seed) or 64 (Solana CLI keypair), this one has ${bytes.length}.`,
    source: 'client',
  });
}

/** Ed25519 over any bytes, for evidence: 64 bytes. Evidence begins with a domain, so that it is no transaction. */
export async function signEvidence(signer: Signer, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await signBytes(signer.keyPair.privateKey, bytes));
}
