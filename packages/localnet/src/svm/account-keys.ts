import type { Address } from '@solana/kit';
import { addressFrom } from '../codec/base58.ts';
import type { StoredAccount } from './account.ts';
import { LOOKUP_TABLE_PROGRAM } from './program-ids.ts';
import type { WireTransaction } from './wire-transaction.ts';

/** Every account a transaction names, in Solana's order: static, then looked up writable, then read-only. */
export interface AccountKeys {
  readonly all: readonly Address[];
  /** Those that the transaction may change. */
  readonly writable: readonly Address[];
  readonly loadedWritable: readonly Address[];
  readonly loadedReadonly: readonly Address[];
}

export type KeysResult =
  | { readonly kind: 'keys'; readonly keys: AccountKeys }
  | { readonly kind: 'error'; readonly error: string };

/** Bytes before the addresses of a lookup table account (agave, `LOOKUP_TABLE_META_SIZE`). */
const TABLE_META_BYTES = 56;

export function isWritable(header: WireTransaction['header'], index: number, staticCount: number): boolean {
  return index < header.signers
    ? index < header.signers - header.readonlySigners
    : index < staticCount - header.readonlyOthers;
}

export function resolveKeys(
  message: Pick<WireTransaction, 'header' | 'staticKeys' | 'lookups'>,
  read: (address: Address) => StoredAccount | undefined,
): KeysResult {
  const loadedWritable: Address[] = [];
  const loadedReadonly: Address[] = [];
  for (const lookup of message.lookups) {
    const table = read(lookup.table);
    if (table === undefined) return { kind: 'error', error: 'AddressLookupTableNotFound' };
    if (table.owner !== LOOKUP_TABLE_PROGRAM)
      return { kind: 'error', error: 'InvalidAddressLookupTableOwner' };
    for (const [indexes, into] of [
      [lookup.writable, loadedWritable],
      [lookup.readonly, loadedReadonly],
    ] as const) {
      for (const index of indexes) {
        const at = TABLE_META_BYTES + 32 * index;
        if (at + 32 > table.data.length) return { kind: 'error', error: 'InvalidAddressLookupTableIndex' };
        into.push(addressFrom(table.data, at));
      }
    }
  }
  const statics = message.staticKeys;
  const writable = statics.filter((_, i) => isWritable(message.header, i, statics.length));
  return {
    kind: 'keys',
    keys: {
      all: [...statics, ...loadedWritable, ...loadedReadonly],
      writable: [...writable, ...loadedWritable],
      loadedWritable,
      loadedReadonly,
    },
  };
}
