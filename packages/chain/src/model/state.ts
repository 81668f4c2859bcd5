import type { Address } from '@solana/kit';

import type { AccountValue } from '../codec/values.ts';
import type { AccountName } from '../schema/index.ts';
import { AccountMap } from './account-map.ts';

/** Fields can be replaced; arrays inside are replaced as a whole, never changed in place. */
export type Draft<N extends AccountName> = { -readonly [K in keyof AccountValue<N>]: AccountValue<N>[K] };

export type ModelAccount = {
  [N in AccountName]: { readonly kind: N; readonly value: Draft<N> };
}[AccountName];

export interface TokenAccount {
  readonly mint: Address;
  readonly owner: Address;
  readonly amount: bigint;
}

export interface Mint {
  readonly supply: bigint;
  readonly authority: Address | null;
  readonly freezable: boolean;
}

/** An account of the program that holds only zeros, as created at top level: a ring to be. */
export interface BlankAccount {
  readonly size: number;
}

/** A buffer of the upgradeable loader: who may change it (null: nobody), and the bytes of a program. */
export interface LoaderBuffer {
  readonly authority: Address | null;
  readonly bytes: Uint8Array;
}

/** All that the program's rules depend on. Lamports are no part of it. */
export interface ModelState {
  readonly programId: Address;
  readonly accounts: AccountMap;
  readonly blanks: Map<Address, BlankAccount>;
  readonly tokens: Map<Address, TokenAccount>;
  readonly mints: Map<Address, Mint>;
  /** Accounts of the upgradeable loader; null for one that is no buffer. */
  readonly buffers: Map<Address, LoaderBuffer | null>;
}

export function createModelState(programId: Address): ModelState {
  return {
    programId,
    accounts: new AccountMap(),
    blanks: new Map(),
    tokens: new Map(),
    mints: new Map(),
    buffers: new Map(),
  };
}
