import { createHash } from 'node:crypto';
import type { Address } from '@solana/kit';
import { addressFrom, decodeBase58, encodeBase58 } from '../codec/base58.ts';
import { isWritable } from '../svm/account-keys.ts';
import type { StoredAccount } from '../svm/account.ts';
import { SYSTEM_PROGRAM } from '../svm/program-ids.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';

/**
 * Durable nonces (agave, `nonce_account` and `check_transactions`): an account keeps a hash that stands in the place of
 * a blockhash, in a transaction whose first instruction advances it. Layout of the account: version u32, state u32,
 * authority, hash, lamports per signature u64.
 */
const NONCE_BYTES = 80;
const AUTHORITY_OFFSET = 8;
const HASH_OFFSET = 40;
const VERSION_CURRENT = 1;
const STATE_INITIALIZED = 1;
/** Tag of the system program's AdvanceNonceAccount. */
const ADVANCE = 4;

/** The hash that a nonce gets when it is advanced in the block with this blockhash. */
export function durableNonceOf(blockhash: string): Uint8Array {
  const bytes = decodeBase58(blockhash) ?? new Uint8Array();
  return new Uint8Array(createHash('sha256').update('DURABLE_NONCE').update(bytes).digest());
}

const view = ({ data }: StoredAccount): DataView => new DataView(data.buffer, data.byteOffset, data.length);

/** The hash that a nonce account keeps; undefined of any other account. */
function nonceOf(account: StoredAccount | undefined): Uint8Array | undefined {
  if (account?.owner !== SYSTEM_PROGRAM || account.data.length !== NONCE_BYTES) return undefined;
  const state = view(account);
  if (state.getUint32(0, true) !== VERSION_CURRENT || state.getUint32(4, true) !== STATE_INITIALIZED)
    return undefined;
  return account.data.subarray(HASH_OFFSET, HASH_OFFSET + 32);
}

export function hasNonce(account: StoredAccount | undefined, hash: Uint8Array): boolean {
  const nonce = nonceOf(account);
  return nonce !== undefined && Buffer.compare(nonce, hash) === 0;
}

/** The nonce account with another hash. */
export function withNonce(account: StoredAccount, hash: Uint8Array): StoredAccount {
  const data = new Uint8Array(account.data);
  data.set(hash, HASH_OFFSET);
  return { ...account, data };
}

export type NonceMessage = Pick<WireTransaction, 'header' | 'staticKeys' | 'instructions' | 'blockhash'>;

/** The account whose nonce a message uses in the place of a blockhash, going by its first instruction alone. */
function nonceAddressOf(message: NonceMessage): Address | undefined {
  const [first] = message.instructions;
  if (first === undefined || message.staticKeys[first.programIndex] !== SYSTEM_PROGRAM) return undefined;
  if (first.data.length < 4 || Buffer.from(first.data).readUInt32LE(0) !== ADVANCE) return undefined;
  const index = first.accounts[0];
  if (index === undefined || !isWritable(message.header, index, message.staticKeys.length)) return undefined;
  return message.staticKeys[index];
}

/** The nonce account that makes a message good, if its authority signs and its hash is the message's blockhash. */
export function usableNonce(
  message: NonceMessage,
  read: (address: Address) => StoredAccount | undefined,
): Address | undefined {
  const address = nonceAddressOf(message);
  const account = address === undefined ? undefined : read(address);
  const hash = nonceOf(account);
  if (account === undefined || hash === undefined || encodeBase58(hash) !== message.blockhash)
    return undefined;
  const authority = addressFrom(account.data, AUTHORITY_OFFSET);
  const signs = message.instructions[0]?.accounts.some(
    (index) => index < message.header.signers && message.staticKeys[index] === authority,
  );
  return signs === true ? address : undefined;
}
