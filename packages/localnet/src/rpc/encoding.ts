import { zstdCompressSync } from 'node:zlib';
import type { Address } from '@solana/kit';
import { encodeBase58 } from '../codec/base58.ts';
import { MAX_ANSWER_BYTES, MAX_BASE58_BYTES } from '../limits.ts';
import type { StoredAccount } from '../svm/account.ts';
import { RPC, answerTooLarge, invalidParams, rpcError } from './errors.ts';
import { jsonInteger } from './json.ts';
import { isRecord, numberOf, wordOf, wrongType } from './params.ts';
import type { Config } from './params.ts';
import { parseAccountData } from './parsed/account.ts';

export type Encoding = 'binary' | 'base58' | 'base64' | 'base64+zstd' | 'jsonParsed';

const ENCODINGS: ReadonlySet<string> = new Set(['binary', 'base58', 'base64', 'jsonParsed', 'base64+zstd']);

/** The VM knows no rent epochs; every account is exempt, which Solana writes as the largest u64. */
const RENT_EXEMPT_EPOCH = jsonInteger(18_446_744_073_709_551_615n);

export interface DataSlice {
  readonly offset: number;
  readonly length: number;
}

export interface AccountFormat {
  readonly encoding: Encoding;
  readonly slice: DataSlice | undefined;
  /** What is left of the room for this answer; each account takes its part. */
  readonly room: { bytes: number };
}

/** What an account takes beside its data, keys and punctuation included. */
const FRAME_BYTES = 400;

/** Takes an account's room before it is encoded: what would not fit is never built. */
function takeRoom(room: { bytes: number }, dataBytes: number): void {
  room.bytes -= Math.ceil((dataBytes * 4) / 3) + FRAME_BYTES;
  if (room.bytes < 0)
    throw answerTooLarge(
      `The answer would be larger than ${MAX_ANSWER_BYTES} bytes. Ask for less: with filters, a dataSlice, or fewer accounts.`,
    );
}

export function encodingOf(config: Config, fallback: Encoding): Encoding {
  // The set holds exactly the union.
  return wordOf(config['encoding'] ?? fallback, ENCODINGS, 'an encoding') as Encoding;
}

function sliceField(slice: Config, name: 'offset' | 'length'): number {
  if (slice[name] === undefined) throw invalidParams(`Invalid params: missing field \`${name}\`.`);
  return numberOf(slice[name], 'usize');
}

export function formatOf(config: Config, fallback: Encoding = 'binary'): AccountFormat {
  const slice = config['dataSlice'] ?? undefined;
  if (slice !== undefined && !isRecord(slice)) throw wrongType(slice, 'struct UiDataSliceConfig');
  return {
    encoding: encodingOf(config, fallback),
    slice: slice && { offset: sliceField(slice, 'offset'), length: sliceField(slice, 'length') },
    room: { bytes: MAX_ANSWER_BYTES },
  };
}

function base58(bytes: Uint8Array): string {
  if (bytes.length > MAX_BASE58_BYTES) {
    throw rpcError(
      RPC.invalidRequest,
      `Encoded binary (base 58) data should be less than ${MAX_BASE58_BYTES} bytes, please use Base64 encoding.`,
    );
  }
  return encodeBase58(bytes);
}

export function encodeData(
  bytes: Uint8Array,
  encoding: Exclude<Encoding, 'jsonParsed'>,
): string | [string, Encoding] {
  switch (encoding) {
    case 'binary':
      return base58(bytes);
    case 'base58':
      return [base58(bytes), encoding];
    case 'base64':
      return [Buffer.from(bytes).toString('base64'), encoding];
    default:
      return [zstdCompressSync(bytes).toString('base64'), encoding];
  }
}

/** An account as getAccountInfo shows it. Parsed forms exist for the accounts of Solana's own programs; others fall to base64. */
export function encodeAccount(
  address: Address,
  account: StoredAccount,
  format: AccountFormat,
  read: (address: Address) => StoredAccount | undefined,
): Readonly<Record<string, unknown>> {
  const { slice } = format;
  const bytes =
    slice === undefined ? account.data : account.data.subarray(slice.offset, slice.offset + slice.length);
  takeRoom(format.room, format.encoding === 'jsonParsed' ? account.data.length : bytes.length);
  const data =
    format.encoding === 'jsonParsed'
      ? (parseAccountData(address, account, read) ?? encodeData(bytes, 'base64'))
      : encodeData(bytes, format.encoding);
  return {
    data,
    executable: account.executable,
    lamports: jsonInteger(account.lamports),
    owner: account.owner,
    rentEpoch: RENT_EXEMPT_EPOCH,
    space: account.data.length,
  };
}

/** For notifications, which cannot answer with an error: data too long for base58 is said in its place, as agave does. */
export function encodeNotified(
  address: Address,
  account: StoredAccount,
  asked: AccountFormat,
  read: (address: Address) => StoredAccount | undefined,
): unknown {
  // Each notification is an answer of its own.
  const format: AccountFormat = { ...asked, room: { bytes: MAX_ANSWER_BYTES } };
  const isBase58 = format.encoding === 'binary' || format.encoding === 'base58';
  const length = Math.min(
    account.data.length - (format.slice?.offset ?? 0),
    format.slice?.length ?? Infinity,
  );
  if (!isBase58 || length <= MAX_BASE58_BYTES) return encodeAccount(address, account, format, read);
  const empty = { ...account, data: new Uint8Array() };
  const said = 'error: data too large for bs58 encoding';
  return {
    ...encodeAccount(address, empty, { ...format, encoding: 'binary', slice: undefined }, read),
    data: format.encoding === 'binary' ? said : [said, 'base58'],
    space: account.data.length,
  };
}
