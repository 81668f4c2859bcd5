import { badBase58At, decodeBase58 } from '../codec/base58.ts';
import { MAX_TRANSACTION_BYTES } from '../limits.ts';
import { decodeWire } from '../svm/wire-transaction.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { invalidParams } from './errors.ts';
import { wordOf } from './params.ts';
import type { Config } from './params.ts';

const ENCODINGS: ReadonlySet<string> = new Set(['binary', 'base64', 'base58', 'json', 'jsonParsed']);

const NAME = 'solana_transaction::versioned::VersionedTransaction';

/** Base58 costs its square in time; this is what the largest transaction takes in it (Solana's own bound). */
const MAX_BASE58_LENGTH = 1683;

/** What the largest transaction takes in base64, for the same bound. */
const MAX_BASE64_LENGTH = 1644;

/** Bytes in base64; throws as Solana's node does. */
export function base64Of(text: string): Uint8Array {
  const bad = /[^A-Za-z0-9+/=]/.exec(text);
  if (bad !== null)
    throw invalidParams(`invalid base64 encoding: InvalidByte(${bad.index}, ${bad[0].charCodeAt(0)})`);
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function tooLarge(encoding: string, text: string, most: number): Error {
  return invalidParams(
    `${encoding} encoded ${NAME} too large: ${text.length} bytes (max: encoded/raw ${most}/${MAX_TRANSACTION_BYTES})`,
  );
}

/** The transaction of sendTransaction and simulateTransaction: base58 unless the config says base64. */
export function wireOf(text: string, config: Config): WireTransaction {
  const encoding = wordOf(config['encoding'] ?? 'base58', ENCODINGS, 'an encoding');
  if (encoding === 'json' || encoding === 'jsonParsed')
    throw invalidParams(`unsupported encoding: ${encoding}. Supported encodings: base58, base64`);
  let bytes: Uint8Array;
  if (encoding === 'base64') {
    if (text.length > MAX_BASE64_LENGTH) throw tooLarge('base64', text, MAX_BASE64_LENGTH);
    bytes = base64Of(text);
  } else {
    if (text.length > MAX_BASE58_LENGTH) throw tooLarge('base58', text, MAX_BASE58_LENGTH);
    const decoded = decodeBase58(text);
    if (decoded === undefined) {
      const index = badBase58At(text);
      throw invalidParams(
        `invalid base58 encoding: InvalidCharacter { character: '${text.charAt(index)}', index: ${index} }`,
      );
    }
    bytes = decoded;
  }
  const decoded = decodeWire(bytes);
  if (decoded.kind === 'malformed') throw invalidParams(decoded.reason);
  return decoded.wire;
}
