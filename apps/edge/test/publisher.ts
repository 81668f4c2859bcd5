import { createSessionKey, signReceipt, signToken, signerOf } from '@media-network/protocol';
import type { Receipt, Token } from '@media-network/protocol';
import { generateKeyPairSigner } from '@solana/kit';
import type { Address } from '@solana/kit';

/** A viewer's session: its token, and receipts signed for it. */
export interface TestSession {
  readonly token: Token;
  receipt(edge: Address, bytes: number, sequence: number, over?: Partial<Receipt>): Promise<Receipt>;
}

/** Whoever vouches for a resource. */
export interface Publisher {
  readonly vouchKey: Address;
  session(resource: Address, hour: number, over?: Partial<Token>): Promise<TestSession>;
}

export async function createPublisher(): Promise<Publisher> {
  const signer = await generateKeyPairSigner();
  const sign = signerOf(signer.keyPair.privateKey);
  return {
    vouchKey: signer.address,
    async session(resource, hour, over = {}) {
      const client = await createSessionKey();
      const token = await signToken(
        {
          session: crypto.getRandomValues(new Uint8Array(16)),
          resource,
          clientKey: client.publicKey,
          hour: BigInt(hour),
          ceiling: 10n ** 12n,
          creditWindow: 1_000_000,
          ...over,
        },
        sign,
      );
      return {
        token: { ...token, ...(over.signature === undefined ? {} : { signature: over.signature }) },
        receipt: async (edge, bytes, sequence, more = {}) => ({
          ...(await signReceipt(
            {
              session: token.session,
              edge,
              resource,
              bytes: BigInt(bytes),
              sequence: BigInt(sequence),
              ...more,
            },
            client.sign,
          )),
          ...(more.signature === undefined ? {} : { signature: more.signature }),
        }),
      };
    },
  };
}
