import { getBase58Encoder } from '@solana/kit';
import { MAX_ACCOUNT_FILTERS } from '../limits.ts';
import type { StoredAccount } from '../svm/account.ts';
import { readTokenAccount } from '../svm/token-layout.ts';
import { invalidParams } from './errors.ts';
import { isRecord, numberOf } from './params.ts';
import type { Config } from './params.ts';

export type AccountFilter = (account: StoredAccount) => boolean;

function bytesOf(memcmp: Config): Uint8Array {
  const { bytes, encoding = 'base58' } = memcmp;
  if (Array.isArray(bytes)) return Uint8Array.from(bytes.map((b) => numberOf(b, 'byte')));
  if (typeof bytes !== 'string') throw invalidParams('Invalid params: memcmp bytes must be a string.');
  if (encoding === 'base64') return Buffer.from(bytes, 'base64');
  if (encoding !== 'base58')
    throw invalidParams(`Invalid params: unknown memcmp encoding \`${String(encoding)}\`.`);
  try {
    return new Uint8Array(getBase58Encoder().encode(bytes));
  } catch {
    throw invalidParams('Invalid param: bytes must be base58');
  }
}

function filterOf(value: unknown): AccountFilter {
  if (isRecord(value) && value['dataSize'] !== undefined) {
    const size = numberOf(value['dataSize'], 'dataSize');
    return (account) => account.data.length === size;
  }
  if (isRecord(value) && value['tokenAccountState'] === null)
    return (account) => readTokenAccount(account) !== undefined;
  if (!isRecord(value) || !isRecord(value['memcmp']))
    throw invalidParams('Invalid params: unknown account filter.');
  const offset = numberOf(value['memcmp']['offset'], 'offset');
  const wanted = bytesOf(value['memcmp']);
  return ({ data }) =>
    offset + wanted.length <= data.length &&
    Buffer.compare(data.subarray(offset, offset + wanted.length), wanted) === 0;
}

/** The filters of getProgramAccounts and programSubscribe; an account must pass all. */
export function filtersOf(config: Config): AccountFilter {
  const list = config['filters'] ?? [];
  if (!Array.isArray(list)) throw invalidParams('Invalid params: filters must be an array.');
  if (list.length > MAX_ACCOUNT_FILTERS)
    throw invalidParams(`Too many filters provided; max ${MAX_ACCOUNT_FILTERS}`);
  const filters = list.map(filterOf);
  return (account) => filters.every((passes) => passes(account));
}
