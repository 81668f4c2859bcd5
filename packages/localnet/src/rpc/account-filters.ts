import { badBase58At, decodeBase58 } from '../codec/base58.ts';
import { MAX_ACCOUNT_FILTERS, MAX_MEMCMP_BASE58_LENGTH, MAX_MEMCMP_BYTES } from '../limits.ts';
import type { StoredAccount } from '../svm/account.ts';
import { isTokenAccount } from '../svm/token-layout.ts';
import { invalidParams } from './errors.ts';
import { isRecord, numberOf, stringOf, wordOf, wrongType } from './params.ts';
import type { Config } from './params.ts';

export type AccountFilter = (account: StoredAccount) => boolean;

const MEMCMP_ENCODINGS: ReadonlySet<string> = new Set(['base58', 'base64', 'bytes']);

function textBytes(text: string, encoding: string): Uint8Array {
  if (encoding === 'base64') {
    const bad = /[^A-Za-z0-9+/=]/.exec(text);
    if (bad === null) return Buffer.from(text, 'base64');
    throw invalidParams(
      `Invalid param: Base64DecodeError(InvalidByte(${bad.index}, ${bad[0].charCodeAt(0)}))`,
    );
  }
  // Base58 costs its square in time: its longest honest form is looked at first.
  if (text.length > MAX_MEMCMP_BASE58_LENGTH) throw invalidParams('Invalid param: DataTooLarge');
  const bytes = decodeBase58(text);
  if (bytes !== undefined) return bytes;
  const index = badBase58At(text);
  throw invalidParams(
    `Invalid param: Base58DecodeError(InvalidCharacter { character: '${text.charAt(index)}', index: ${index} })`,
  );
}

function bytesOf(memcmp: Config): Uint8Array {
  const { bytes } = memcmp;
  const encoding = wordOf(memcmp['encoding'] ?? 'base58', MEMCMP_ENCODINGS, 'an encoding');
  const wanted = Array.isArray(bytes)
    ? Uint8Array.from(bytes.map((b) => numberOf(b, 'u64')))
    : textBytes(stringOf(bytes), encoding);
  if (wanted.length > MAX_MEMCMP_BYTES) throw invalidParams('Invalid param: DataTooLarge');
  return wanted;
}

function filterOf(value: unknown): AccountFilter {
  if (value === 'tokenAccountState') return isTokenAccount;
  if (!isRecord(value) || Object.keys(value).length !== 1)
    throw invalidParams('Invalid params: invalid value: map, expected map with a single key.');
  if (value['dataSize'] !== undefined) {
    const size = numberOf(value['dataSize'], 'u64');
    return (account) => account.data.length === size;
  }
  if (value['tokenAccountState'] !== undefined) return isTokenAccount;
  const memcmp = value['memcmp'];
  if (!isRecord(memcmp)) {
    throw invalidParams(
      `Invalid params: unknown variant \`${Object.keys(value).join('')}\`, expected one of \`dataSize\`, \`memcmp\`, \`tokenAccountState\`.`,
    );
  }
  const offset = numberOf(memcmp['offset'], 'usize');
  const wanted = bytesOf(memcmp);
  return ({ data }) => {
    if (offset + wanted.length > data.length) return false;
    // A loop beats making a view of every account's data only to compare a few bytes.
    for (let i = 0; i < wanted.length; i += 1) if (data[offset + i] !== wanted[i]) return false;
    return true;
  };
}

/** The byte with which every account that passes begins, where a filter says so. */
export function firstByteOf(config: Config): number | undefined {
  const list = config['filters'];
  for (const filter of Array.isArray(list) ? list : []) {
    const memcmp = isRecord(filter) ? filter['memcmp'] : undefined;
    if (isRecord(memcmp) && Number(memcmp['offset']) === 0) return bytesOf(memcmp)[0];
  }
  return undefined;
}

/** The filters of getProgramAccounts and programSubscribe; an account must pass all. */
export function filtersOf(config: Config): AccountFilter {
  const list = config['filters'] ?? [];
  if (!Array.isArray(list)) throw wrongType(list, 'a sequence');
  if (list.length > MAX_ACCOUNT_FILTERS)
    throw invalidParams(`Too many filters provided; max ${MAX_ACCOUNT_FILTERS}`);
  const filters = list.map(filterOf);
  return (account) => filters.every((passes) => passes(account));
}
