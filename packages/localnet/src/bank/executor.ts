import type { Address } from '@solana/kit';
import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { resolveKeys } from '../svm/account-keys.ts';
import type { AccountKeys } from '../svm/account-keys.ts';
import type { StoredAccount } from '../svm/account.ts';
import { sameAccount } from '../svm/account.ts';
import { LOOKUP_TABLE_PROGRAM, SLOT_HASHES_SYSVAR } from '../svm/program-ids.ts';
import type { ExecutionResult, SimulationResult, Svm } from '../svm/svm.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { loadedDataBytes, reachOf } from './cost.ts';
import { feeOf } from './fee.ts';
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

export function createExecutor(deps: ExecutorDeps): Executor {
  const { svm, slots, read } = deps;
  let svmTime: ChainTime | undefined;
  let slotHashesAt = -1n;

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
  function syncSlotHashes(keys: readonly Address[], slot: bigint): void {
    if (slot === slotHashesAt || !(keys.includes(LOOKUP_TABLE_PROGRAM) || keys.includes(SLOT_HASHES_SYSVAR)))
      return;
    const entries: { slot: bigint; hash: string }[] = [];
    for (let s = slot - 1n; s >= 0n && entries.length < SLOT_HASHES; s -= 1n)
      entries.push({ slot: s, hash: slots.blockhashOf(s) });
    svm.setSlotHashes(entries);
    slotHashesAt = slot;
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
    const { slot } = syncTime();
    const resolved = resolveKeys(wire, read);
    if (resolved.kind === 'error') return { kind: 'refused', error: resolved.error };
    const { keys } = resolved;
    syncSlotHashes(keys.all, slot);
    const before = new Map(keys.all.map((key) => [key, read(key)]));
    let result: R;
    try {
      result = named(wire, keys, act());
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
      run(wire, () => svm.simulate(wire, verifySignatures), FAILED_TO_SANITIZE),
    takeBack({ keys, before }) {
      const changed = keys.writable.filter((key) => !sameAccount(before.get(key), svm.read(key)));
      svm.write(changed.map((address) => ({ address, account: before.get(address) })));
    },
  };
}
