import { isUtf8 } from 'node:buffer';
import type { Address } from '@solana/kit';
import type { LandedTransaction } from '../ledger/record.ts';
import type { AccountKeys } from '../svm/account-keys.ts';
import { sameAccount } from '../svm/account.ts';
import type { AccountChange, StoredAccount } from '../svm/account.ts';
import { MEMO_PROGRAM, MEMO_V1_PROGRAM } from '../svm/program-ids.ts';
import type { ExecutionResult } from '../svm/svm.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { costUnitsOf } from './cost.ts';
import type { ChainTime } from './slots.ts';
import { tokenBalances } from './token-balances.ts';

type ReadAccount = (address: Address) => StoredAccount | undefined;

export interface Landing {
  readonly seq: number;
  readonly now: ChainTime;
  readonly wire: WireTransaction;
  readonly keys: AccountKeys;
  /** State of all named accounts before the transaction. */
  readonly before: ReadonlyMap<Address, StoredAccount | undefined>;
  readonly result: ExecutionResult;
  readonly loadedBytes: number;
  /** State in the VM after it. */
  readonly readAfter: ReadAccount;
  /** State of accounts the transaction does not name, such as a token account's mint. */
  readonly read: ReadAccount;
}

const MEMO_PROGRAMS: ReadonlySet<Address | undefined> = new Set([MEMO_PROGRAM, MEMO_V1_PROGRAM]);

/** The texts as signature lists show them (agave, `extract_memos`). */
function memoOf(wire: WireTransaction): string | null {
  const memos = wire.instructions
    .filter((i) => MEMO_PROGRAMS.has(wire.staticKeys[i.programIndex]))
    .map(
      (i) => `[${i.data.length}] ${isUtf8(i.data) ? Buffer.from(i.data).toString('utf8') : '(unparseable)'}`,
    );
  return memos.length === 0 ? null : memos.join('; ');
}

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);

/** The record of a transaction that has just run: what it changed, and everything history tells of it. */
export function landingOf(landing: Landing): {
  landed: LandedTransaction;
  changes: readonly AccountChange[];
} {
  const { wire, keys, before, result, now } = landing;
  const after = new Map(before);
  const changes: AccountChange[] = [];
  for (const address of keys.writable) {
    const account = landing.readAfter(address);
    if (sameAccount(before.get(address), account)) continue;
    after.set(address, account);
    changes.push({ address, account });
  }
  const preAccounts = keys.all.map((k) => before.get(k));
  const postAccounts = keys.all.map((k) => after.get(k));
  const preBalances = preAccounts.map((a) => a?.lamports ?? 0n);
  const postBalances = postAccounts.map((a) => a?.lamports ?? 0n);
  const landed: LandedTransaction = {
    seq: landing.seq,
    slot: now.slot,
    unixTimestamp: now.unixTimestamp,
    signature: wire.signature,
    messageHash: wire.messageHash,
    wire: wire.bytes,
    keys: keys.all,
    memo: memoOf(wire),
    meta: {
      ...result,
      // Instructions move lamports and never make any: what is missing afterwards is the fee.
      fee: sum(preBalances) - sum(postBalances),
      costUnits: costUnitsOf(wire, keys.writable.length, result.unitsConsumed, landing.loadedBytes),
      preBalances,
      postBalances,
      preTokenBalances: tokenBalances(keys.all, preAccounts, landing.read),
      postTokenBalances: tokenBalances(keys.all, postAccounts, landing.read),
      loadedWritable: keys.loadedWritable,
      loadedReadonly: keys.loadedReadonly,
    },
  };
  return { landed, changes };
}
