import type { Address } from '@solana/kit';
import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { decodeBase58 } from '../codec/base58.ts';
import { BLOCKHASH_LIFETIME_SLOTS } from '../limits.ts';
import { resolveKeys } from '../svm/account-keys.ts';
import type { AccountKeys } from '../svm/account-keys.ts';
import type { StoredAccount } from '../svm/account.ts';
import { sameAccount } from '../svm/account.ts';
import {
  LOOKUP_TABLE_PROGRAM,
  RECENT_BLOCKHASHES_SYSVAR,
  SLOT_HASHES_SYSVAR,
  SLOT_HISTORY_SYSVAR,
  SYSVAR_PROGRAM,
} from '../svm/program-ids.ts';
import type { ExecutionResult, SimulationResult, Svm } from '../svm/svm.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { loadedDataBytes, reachOf } from './cost.ts';
import { LAMPORTS_PER_SIGNATURE, feeOf } from './fee.ts';
import { durableNonceOf, hasNonce, withNonce } from './nonce.ts';
import type { ChainTime, Slots } from './slots.ts';

/** A transaction that the VM was given: the accounts it named as they were, and what came of it. */
export interface Run<R extends ExecutionResult = ExecutionResult> {
  readonly keys: AccountKeys;
  readonly before: ReadonlyMap<Address, StoredAccount | undefined>;
  readonly result: R;
  /** What it costs, once it came so far that it is charged. */
  readonly fee: bigint | null;
  readonly loadedBytes: number;
}

export type RunResult<R extends ExecutionResult = ExecutionResult> =
  | { readonly kind: 'ran'; readonly run: Run<R> }
  | { readonly kind: 'refused'; readonly error: TransactionErrorJson };

/**
 * The VM at the chain's present time. It keeps the VM's clock and slot hashes in step, loads what transactions
 * name, and names errors as a cluster does; what lands and what is remembered is the bank's.
 */
export interface Executor {
  readonly syncTime: () => ChainTime;
  execute(wire: WireTransaction): RunResult;
  readonly simulate: (wire: WireTransaction, verifySignatures: boolean) => RunResult<SimulationResult>;
  /** Takes back whatever an execution changed, such as the fee of one that failed. */
  takeBack(run: Run): void;
  /** Gives a nonce account its next hash: a transaction that fails has used its nonce all the same. */
  advanceNonce(address: Address): void;
  /** The hash that a nonce gets in the present slot. */
  nextNonce(): Uint8Array;
  /** Brings the sysvars that move with the slots up to date, if the address is of one. */
  readonly syncSysvar: (address: Address) => void;
}

export interface ExecutorDeps {
  readonly log: Log;
  readonly svm: Svm;
  readonly slots: Slots;
  readonly read: (address: Address) => StoredAccount | undefined;
  /** Runs when the VM has come into a new slot. */
  readonly entered: (slot: bigint) => void;
}

const FAILED_TO_SANITIZE: SimulationResult = {
  error: 'SanitizeFailure',
  logs: [],
  innerInstructions: [],
  unitsConsumed: 0,
  returnData: null,
  accounts: new Map(),
};

/** How many slots back the slot hashes sysvar looks (agave, `MAX_ENTRIES`). */
const SLOT_HASHES = 512;

/** A blockhash and the fee of a signature, in the recent blockhashes sysvar. */
const BLOCKHASH_ENTRY_BYTES = 40;

export function createExecutor(deps: ExecutorDeps): Executor {
  const { svm, slots, read } = deps;
  let svmTime: ChainTime | undefined;
  let slotHashesAt = -1n;
  let blockhashesAt = -1n;

  function syncTime(): ChainTime {
    const now = slots.now();
    if (svmTime?.slot !== now.slot || svmTime.unixTimestamp !== now.unixTimestamp) {
      svm.setTime(now.slot, now.unixTimestamp);
      if (svmTime?.slot !== now.slot) deps.entered(now.slot);
      svmTime = now;
    }
    return now;
  }

  /** Lookup tables may be made only at a slot that this sysvar lists; nothing else here reads it. */
  function syncSlotHashes(slot: bigint): void {
    if (slot === slotHashesAt) return;
    const entries: { slot: bigint; hash: string }[] = [];
    for (let s = slot - 1n; s >= 0n && entries.length < SLOT_HASHES; s -= 1n)
      entries.push({ slot: s, hash: slots.blockhashOf(s) });
    svm.setSlotHashes(entries);
    slotHashesAt = slot;
  }

  /** Nonces are advanced beside this sysvar; what they become does not come from it, but clients look at it. */
  function syncBlockhashes(slot: bigint): void {
    if (slot === blockhashesAt) return;
    const known = slot < BLOCKHASH_LIFETIME_SLOTS ? slot + 1n : BLOCKHASH_LIFETIME_SLOTS;
    const data = Buffer.alloc(8 + BLOCKHASH_ENTRY_BYTES * Number(BLOCKHASH_LIFETIME_SLOTS));
    data.writeBigUInt64LE(known, 0);
    for (let i = 0; i < Number(known); i += 1) {
      const at = 8 + BLOCKHASH_ENTRY_BYTES * i;
      data.set(decodeBase58(slots.blockhashOf(slot - BigInt(i))) ?? [], at);
      data.writeBigUInt64LE(LAMPORTS_PER_SIGNATURE, at + 32);
    }
    const account = {
      lamports: svm.minimumBalance(BigInt(data.length)),
      owner: SYSVAR_PROGRAM,
      executable: false,
      data: new Uint8Array(data),
    };
    svm.write([{ address: RECENT_BLOCKHASHES_SYSVAR, account }]);
    blockhashesAt = slot;
  }

  function syncSysvar(address: Address): void {
    const { slot } = syncTime();
    if (address === LOOKUP_TABLE_PROGRAM || address === SLOT_HASHES_SYSVAR) syncSlotHashes(slot);
    if (address === RECENT_BLOCKHASHES_SYSVAR) syncBlockhashes(slot);
    if (address === SLOT_HISTORY_SYSVAR) svm.setSlotHistory(slot);
  }

  const nextNonce = (): Uint8Array => durableNonceOf(slots.blockhashOf(syncTime().slot));

  /**
   * The VM takes a transaction's own blockhash for that of the block it lands in, and makes nonces from it. A nonce
   * that has its hash from this very block is given what the VM takes for that, so that it says "only once a slot";
   * afterwards what the VM made becomes what the block makes of it.
   */
  function nonceRun<R extends ExecutionResult>(
    wire: WireTransaction,
    keys: AccountKeys,
    before: ReadonlyMap<Address, StoredAccount | undefined>,
    act: () => R,
  ): R {
    // No instruction makes a nonce without this sysvar among its accounts.
    if (!keys.all.includes(RECENT_BLOCKHASHES_SYSVAR)) return act();
    const theirs = durableNonceOf(wire.blockhash);
    const ours = nextNonce();
    const fresh = keys.writable.flatMap((address) => {
      const account = before.get(address);
      return account !== undefined && hasNonce(account, ours)
        ? [{ address, account: withNonce(account, theirs) }]
        : [];
    });
    svm.write(fresh);
    try {
      return act();
    } finally {
      for (const address of keys.writable) {
        const account = svm.read(address);
        if (account !== undefined && hasNonce(account, theirs))
          svm.write([{ address, account: withNonce(account, ours) }]);
      }
    }
  }

  /** The same for accounts that a simulation only shows. */
  function ownNonces(wire: WireTransaction, result: SimulationResult): SimulationResult {
    const theirs = durableNonceOf(wire.blockhash);
    if (![...result.accounts.values()].some((account) => hasNonce(account, theirs))) return result;
    const ours = nextNonce();
    const own = (account: StoredAccount): StoredAccount =>
      hasNonce(account, theirs) ? withNonce(account, ours) : account;
    return {
      ...result,
      accounts: new Map([...result.accounts].map(([address, account]) => [address, own(account)])),
    };
  }

  /** The VM calls a program that does not exist invalid; a cluster says that it does not exist. */
  function named<R extends ExecutionResult>(wire: WireTransaction, keys: AccountKeys, result: R): R {
    if (result.error !== 'InvalidProgramForExecution') return result;
    const missing = wire.instructions.some((i) => {
      const program = keys.all[i.programIndex];
      return program !== undefined && read(program) === undefined;
    });
    return missing ? { ...result, error: 'ProgramAccountNotFound' } : result;
  }

  function run<R extends ExecutionResult>(wire: WireTransaction, act: () => R, failed: R): RunResult<R> {
    syncTime();
    const resolved = resolveKeys(wire, read);
    if (resolved.kind === 'error') return { kind: 'refused', error: resolved.error };
    const { keys } = resolved;
    keys.all.forEach(syncSysvar);
    const before = new Map(keys.all.map((key) => [key, read(key)]));
    let result: R;
    try {
      result = named(wire, keys, nonceRun(wire, keys, before, act));
    } catch (error) {
      deps.log.debug({ err: errorMessage(error) }, 'the VM did not take a transaction');
      result = failed;
    }
    const reach = reachOf(result.error);
    const loaded = reach === 'ran' ? keys.all : reach === 'fee' ? keys.all.slice(0, 1) : [];
    const readBefore = (key: Address): StoredAccount | undefined =>
      before.has(key) ? before.get(key) : read(key);
    return {
      kind: 'ran',
      run: {
        keys,
        before,
        result,
        fee: reach === 'uncharged' ? null : feeOf(wire),
        loadedBytes: loadedDataBytes(loaded, reach === 'ran' ? wire.lookups.length : 0, readBefore),
      },
    };
  }

  return {
    syncTime,
    execute: (wire) => run<ExecutionResult>(wire, () => svm.execute(wire), FAILED_TO_SANITIZE),
    simulate: (wire, verifySignatures) =>
      run(wire, () => ownNonces(wire, svm.simulate(wire, verifySignatures)), FAILED_TO_SANITIZE),
    takeBack({ keys, before }) {
      const changed = keys.writable.filter((key) => !sameAccount(before.get(key), svm.read(key)));
      svm.write(changed.map((address) => ({ address, account: before.get(address) })));
    },
    advanceNonce(address) {
      const account = svm.read(address);
      if (account !== undefined) svm.write([{ address, account: withNonce(account, nextNonce()) }]);
    },
    nextNonce,
    syncSysvar,
  };
}
