import { getBase58Encoder } from '@solana/kit';
import { decodeWire } from '../svm/wire-transaction.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { invalidParams } from './errors.ts';
import { wordOf } from './params.ts';
import type { Config } from './params.ts';

const ENCODINGS: ReadonlySet<string> = new Set(['base58', 'base64']);

/** Base58 costs its square in time; this is what the largest transaction takes in it (Solana's own bound). */
const MAX_BASE58_LENGTH = 1683;

/** The transaction of sendTransaction and simulateTransaction: base58 unless the config says base64. */
export function wireOf(text: string, config: Config): WireTransaction {
  const encoding = wordOf(config['encoding'] ?? 'base58', ENCODINGS, 'encoding');
  let bytes: Uint8Array;
  if (encoding === 'base64') {
    bytes = new Uint8Array(Buffer.from(text, 'base64'));
  } else {
    if (text.length > MAX_BASE58_LENGTH) {
      throw invalidParams(
        `base58 encoded transaction too large: ${text.length} bytes (max: encoded/raw ${MAX_BASE58_LENGTH}/1232)`,
      );
    }
    try {
      bytes = new Uint8Array(getBase58Encoder().encode(text));
    } catch {
      throw invalidParams('invalid base58 encoding');
    }
  }
  const decoded = decodeWire(bytes);
  if (decoded.kind === 'malformed') throw invalidParams(decoded.reason);
  return decoded.wire;
}
