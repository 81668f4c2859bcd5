import { decodeToken, toHex } from '@media-network/protocol';
import type { Token } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { edgeAnswer } from './edge-answer.ts';
import { exchange } from './exchange.ts';

/** What a client asks a publisher's signer for. */
export interface TokenWish {
  readonly resource: string;
  /** Ed25519 public key, 32 bytes. */
  readonly clientKey: Uint8Array;
  /** The edge's hour, where it has told it; the signer's own otherwise. */
  readonly hour: bigint | undefined;
}

/** Where tokens come from: a publisher's signer, or the vouching key itself. */
export type TokenSource = (wish: TokenWish) => Promise<Token>;

/** Longest answer of a signer that is read. */
const MAX_ANSWER_BYTES = 4_096;

/** Tokens of a signer by its URL (docs/evidence.md, Signer). Rejects with `viewer/no-token`, the signer's code in its context. */
export function createTokenSource(
  signerUrl: string,
  options: { readonly ca?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): TokenSource {
  return async ({ resource, clientKey, hour }) => {
    const wish = {
      resource,
      clientKey: toHex(clientKey),
      ...(hour === undefined ? {} : { hour: hour.toString() }),
    };
    const response = await exchange(signerUrl, {
      method: 'POST',
      headers: { ...options.headers, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(wish)),
      keepBody: true,
      maxBodyBytes: MAX_ANSWER_BYTES,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    const token = response.status === 200 ? decodeToken(response.body) : undefined;
    if (token !== undefined) return token;
    const { code, words } = edgeAnswer(response);
    throw new MediaError({
      code: 'viewer/no-token',
      message: `The signer at ${signerUrl} gave no token: ${words}.`,
      source: 'peer',
      retry: response.status >= 500 || response.status === 429,
      context: { status: response.status, code },
    });
  };
}
