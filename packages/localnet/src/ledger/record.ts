import { deserialize, serialize } from 'node:v8';
import type { Address } from '@solana/kit';
import type { RecentTransaction } from '../bank/recent.ts';
import type { AccountChange, StoredAccount } from '../svm/account.ts';
import type { ExecutionResult } from '../svm/svm.ts';

export interface TokenBalance {
  readonly accountIndex: number;
  readonly mint: Address;
  readonly owner: Address;
  readonly programId: Address;
  readonly amount: bigint;
  readonly decimals: number;
}

/** Everything that getTransaction tells about a landed transaction beside its bytes. */
export interface TransactionMeta extends ExecutionResult {
  readonly fee: bigint;
  /** What the transaction takes of a block's room; older records lack it. */
  readonly costUnits?: number;
  readonly preBalances: readonly bigint[];
  readonly postBalances: readonly bigint[];
  readonly preTokenBalances: readonly TokenBalance[];
  readonly postTokenBalances: readonly TokenBalance[];
  readonly loadedWritable: readonly Address[];
  readonly loadedReadonly: readonly Address[];
}

/** A landed transaction: what history keeps. */
export interface LandedTransaction {
  readonly seq: number;
  readonly slot: bigint;
  readonly unixTimestamp: bigint;
  readonly signature: string;
  readonly messageHash: string;
  readonly wire: Uint8Array;
  /** Static and looked-up accounts, in Solana's order. */
  readonly keys: readonly Address[];
  readonly meta: TransactionMeta;
  /** Texts given to the memo program, as Solana's signature lists show them: `[length] text`, joined by `; `. */
  readonly memo: string | null;
}

/** One entry of the log. Accounts are post-states, so a restart never executes anything again. */
export type LedgerRecord =
  | {
      readonly kind: 'transaction';
      readonly landed: LandedTransaction;
      readonly changes: readonly AccountChange[];
    }
  | {
      readonly kind: 'accounts';
      readonly seq: number;
      readonly slot: bigint;
      readonly unixTimestamp: bigint;
      readonly changes: readonly AccountChange[];
    };

/** What an instance is born with and keeps for life. */
export interface Genesis {
  /** 1: its logs may lack a head. 2: every log begins with one. */
  readonly version: 1 | 2;
  readonly hash: string;
  readonly seed: Uint8Array;
  readonly startMs: number;
  readonly slotMs: number;
  /** Seed of the faucet's key. */
  readonly faucetSeed: Uint8Array;
}

/** The state between two transactions. */
export interface LedgerState {
  readonly genesis: Genesis;
  readonly seq: number;
  readonly slot: bigint;
  readonly unixTimestamp: bigint;
  readonly transactionCount: number;
  readonly recent: readonly RecentTransaction[];
  readonly accounts: ReadonlyMap<Address, StoredAccount | undefined>;
}

// V8's serialisation keeps bigints and bytes, and V8 promises to read what older versions wrote.
export const encodeBatch = (records: readonly LedgerRecord[]): Buffer => serialize(records);

// The frame's checksum has been verified, and only encodeBatch writes frames of a log.
export const decodeBatch = (payload: Uint8Array): LedgerRecord[] => deserialize(payload) as LedgerRecord[];
