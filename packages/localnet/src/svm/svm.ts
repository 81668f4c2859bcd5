import { Clock, EpochSchedule, FailedTransactionMetadata, LiteSVM, SimulatedTransactionInfo } from 'litesvm';
import type { TransactionMetadata } from 'litesvm';
import { getAddressDecoder, getBase58Decoder, lamports } from '@solana/kit';
import type { Address, Transaction } from '@solana/kit';
import type { AccountChange, StoredAccount } from './account.ts';
import { LOADER_V2, LOADER_V3, NATIVE_LOADER, SYSTEM_PROGRAM } from './program-ids.ts';
import { transactionErrorOf } from './transaction-error.ts';
import type { TransactionErrorJson } from './transaction-error.ts';

export interface InnerInstructionJson {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: string;
  readonly stackHeight: number;
}

export interface ExecutionResult {
  readonly error: TransactionErrorJson | null;
  readonly logs: readonly string[];
  readonly innerInstructions: readonly {
    readonly index: number;
    readonly instructions: readonly InnerInstructionJson[];
  }[];
  readonly unitsConsumed: number;
  readonly returnData: { readonly programId: Address; readonly data: readonly [string, 'base64'] } | null;
}

export interface SimulationResult extends ExecutionResult {
  /** State of the accounts the transaction touched, had it run; empty if it failed. */
  readonly accounts: ReadonlyMap<Address, StoredAccount>;
}

/** The VM. It checks signatures and runs programs; blockhashes and replays are the bank's. */
export interface Svm {
  setTime(slot: bigint, unixTimestamp: bigint): void;
  setSlotHashes(entries: readonly { slot: bigint; hash: string }[]): void;
  execute(transaction: Transaction): ExecutionResult;
  simulate(transaction: Transaction, verifySignatures: boolean): SimulationResult;
  readonly read: (address: Address) => StoredAccount | undefined;
  /** Writes accounts past all rules: genesis, restore, roll-back. Program data must come before its program. */
  write(changes: readonly AccountChange[]): void;
  readonly minimumBalance: (bytes: bigint) => bigint;
  /** Accounts that the VM itself brings (bundled programs and their data), for the index by owner. */
  bundled(): readonly AccountChange[];
}

export const SLOTS_PER_EPOCH = 432_000n;

const base58 = getBase58Decoder();
const addressOf = (bytes: Uint8Array): Address => getAddressDecoder().decode(bytes);

function resultOf(meta: TransactionMetadata, error: TransactionErrorJson | null): ExecutionResult {
  const returned = meta.returnData();
  const data = returned.data();
  return {
    error,
    logs: meta.logs(),
    innerInstructions: meta.innerInstructions().flatMap((inner, index) =>
      inner.length === 0
        ? []
        : [
            {
              index,
              instructions: inner.map((i) => {
                const instruction = i.instruction();
                return {
                  programIdIndex: instruction.programIdIndex(),
                  accounts: [...instruction.accounts()],
                  data: base58.decode(instruction.data()),
                  stackHeight: i.stackHeight(),
                };
              }),
            },
          ],
    ),
    unitsConsumed: Number(meta.computeUnitsConsumed()),
    returnData:
      data.length === 0
        ? null
        : {
            programId: addressOf(returned.programId()),
            data: [Buffer.from(data).toString('base64'), 'base64'],
          },
  };
}

export function createSvm(): Svm {
  // History 0: the VM's own replay check knows one blockhash only; the bank keeps the ring and the cache.
  const vm = new LiteSVM().withBlockhashCheck(false).withTransactionHistory(0n);
  vm.setEpochSchedule(new EpochSchedule(SLOTS_PER_EPOCH, SLOTS_PER_EPOCH, false, 0n, 0n));

  return {
    setTime(slot, unixTimestamp) {
      const epoch = slot / SLOTS_PER_EPOCH;
      vm.setClock(new Clock(slot, 0n, epoch, epoch + 1n, unixTimestamp));
    },
    setSlotHashes(entries) {
      vm.setSlotHashes([...entries]);
    },
    execute(transaction) {
      const result = vm.sendTransaction(transaction);
      return result instanceof FailedTransactionMetadata
        ? resultOf(result.meta(), transactionErrorOf(result.err()))
        : resultOf(result, null);
    },
    simulate(transaction, verifySignatures) {
      vm.withSigverify(verifySignatures);
      try {
        const result = vm.simulateTransaction(transaction);
        if (!(result instanceof SimulatedTransactionInfo)) {
          return { ...resultOf(result.meta(), transactionErrorOf(result.err())), accounts: new Map() };
        }
        const accounts = new Map<Address, StoredAccount>();
        for (const a of result.postAccounts()) {
          accounts.set(a.address, {
            lamports: a.lamports,
            owner: a.programAddress,
            executable: a.executable,
            data: new Uint8Array(a.data),
          });
        }
        return { ...resultOf(result.meta(), null), accounts };
      } finally {
        vm.withSigverify(true);
      }
    },
    read(address) {
      const account = vm.getAccount(address);
      if (!account.exists || account.lamports === 0n) return undefined;
      return {
        lamports: account.lamports,
        owner: account.programAddress,
        executable: account.executable,
        data: new Uint8Array(account.data),
      };
    },
    write(changes) {
      const ordered = [...changes].sort(
        (a, b) => Number(a.account?.executable) - Number(b.account?.executable),
      );
      for (const { address, account } of ordered) {
        vm.setAccount({
          address,
          lamports: lamports(account?.lamports ?? 0n),
          programAddress: account?.owner ?? SYSTEM_PROGRAM,
          executable: account?.executable ?? false,
          data: account?.data ?? new Uint8Array(),
          space: BigInt(account?.data.length ?? 0),
        });
      }
    },
    minimumBalance: (bytes) => vm.minimumBalanceForRentExemption(bytes),
    bundled: () =>
      [NATIVE_LOADER, LOADER_V2, LOADER_V3].flatMap((loader) =>
        vm.getProgramAccounts(loader).map((a) => ({
          address: a.address,
          account: {
            lamports: a.lamports,
            owner: a.programAddress,
            executable: a.executable,
            data: new Uint8Array(a.data),
          },
        })),
      ),
  };
}
