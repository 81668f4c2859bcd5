import { getPublicKeyFromAddress, signatureBytes, verifySignature } from '@solana/kit';
import { describe, expect, it } from 'vitest';

import { createWallet, signEvidence } from './wallet.ts';

const seed = new Uint8Array(32).fill(5);

describe('createWallet', () => {
  it('reads seeds and Solana CLI keypairs alike', async () => {
    const fromSeed = await createWallet(seed);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', fromSeed.keyPair.publicKey));
    const file = Uint8Array.from([...seed, ...publicKey]);
    expect((await createWallet(file)).address).toBe(fromSeed.address);
  });

  it('refuses what is no key, and a pair that does not belong together', async () => {
    await expect(createWallet(new Uint8Array(31))).rejects.toMatchObject({ code: 'chain/bad-key' });
    await expect(createWallet(Uint8Array.from([...seed, ...seed]))).rejects.toMatchObject({
      code: 'chain/bad-key',
    });
  });

  it('makes new ones that differ', async () => {
    expect((await createWallet()).address).not.toBe((await createWallet()).address);
  });
});

describe('signEvidence', () => {
  it('signs any bytes, and only these', async () => {
    const wallet = await createWallet(seed);
    const bytes = Uint8Array.of(1, 2, 3);
    const signed = signatureBytes(await signEvidence(wallet, bytes));
    const key = await getPublicKeyFromAddress(wallet.address);
    expect(await verifySignature(key, signed, bytes)).toBe(true);
    expect(await verifySignature(key, signed, Uint8Array.of(1, 2, 4))).toBe(false);
  });
});
