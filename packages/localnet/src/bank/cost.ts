import type { Address } from '@solana/kit';
import type { StoredAccount } from '../svm/account.ts';
import { LOADER_V3 } from '../svm/program-ids.ts';
import { addressFrom } from '../codec/base58.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { signaturesOf } from './fee.ts';

type ReadAccount = (address: Address) => StoredAccount | undefined;

/** What an account counts beside its data, and what a lookup table counts (SIMD-0186). */
const ACCOUNT_BASE_BYTES = 64;
const LOOKUP_TABLE_BYTES = 8248;
/** Where the address of the program data is in a program's account. */
const PROGRAM_DATA_OFFSET = 4;

/** Bytes of account data that a transaction loads, programs' code included (SIMD-0186). */
export function loadedDataBytes(keys: readonly Address[], lookups: number, read: ReadAccount): number {
  const counted = new Set<Address>();
  let bytes = lookups * LOOKUP_TABLE_BYTES;
  const count = (address: Address): StoredAccount | undefined => {
    const account = counted.has(address) ? undefined : read(address);
    counted.add(address);
    if (account !== undefined) bytes += ACCOUNT_BASE_BYTES + account.data.length;
    return account;
  };
  for (const key of keys) {
    const account = count(key);
    if (account?.owner === LOADER_V3 && account.executable)
      count(addressFrom(account.data, PROGRAM_DATA_OFFSET));
  }
  return bytes;
}

const SIGNATURE_UNITS = 720;
const WRITE_LOCK_UNITS = 300;
const DATA_BYTES_PER_UNIT = 4;
const PAGE_BYTES = 32 * 1024;
const PAGE_UNITS = 8;

/** What a transaction takes of a block's room (agave, `cost-model`): signatures, locks, data, execution, loading. */
export function costUnitsOf(
  wire: WireTransaction,
  writable: number,
  unitsConsumed: number,
  loadedBytes: number,
): number {
  const dataBytes = wire.instructions.reduce((sum, i) => sum + i.data.length, 0);
  return (
    Number(signaturesOf(wire)) * SIGNATURE_UNITS +
    writable * WRITE_LOCK_UNITS +
    Math.floor(dataBytes / DATA_BYTES_PER_UNIT) +
    unitsConsumed +
    Math.ceil(loadedBytes / PAGE_BYTES) * PAGE_UNITS
  );
}

/** Errors found before any account but the payer's is charged; the fee is not taken. */
const UNCHARGED: ReadonlySet<TransactionErrorJson> = new Set<TransactionErrorJson>([
  'AccountInUse',
  'AccountLoadedTwice',
  'AccountNotFound',
  'AddressLookupTableNotFound',
  'AlreadyProcessed',
  'BlockhashNotFound',
  'InsufficientFundsForFee',
  'InvalidAccountForFee',
  'InvalidAddressLookupTableData',
  'InvalidAddressLookupTableIndex',
  'InvalidAddressLookupTableOwner',
  'SanitizeFailure',
  'SignatureFailure',
  'TooManyAccountLocks',
]);

/** How far a transaction with this outcome came: nothing was charged, the fee alone, or it ran. */
export function reachOf(error: TransactionErrorJson | null): 'uncharged' | 'fee' | 'ran' {
  if (error === null || typeof error !== 'string') return 'ran';
  return UNCHARGED.has(error) ? 'uncharged' : 'fee';
}
