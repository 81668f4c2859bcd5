import type { Address } from '@solana/kit';
// The native class itself: the package's own wrapper turns every address through BigInt base58, many times the
// cost of what it wraps, and loads a second copy of kit.
import {
  Account,
  Clock,
  EpochSchedule,
  FailedTransactionMetadata,
  LiteSvm,
  SimulatedTransactionInfo,
  SlotHistory,
} from 'litesvm/dist/internal.js';
import type { AddressAndAccount, TransactionMetadata } from 'litesvm/dist/internal.js';
import { addressBytes, addressFrom, encodeBase58 } from '../codec/base58.ts';
import type { AccountChange, StoredAccount } from './account.ts';
import {
  LOADER_V2,
  LOADER_V3,
  NATIVE_LOADER,
  SYSTEM_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
} from './program-ids.ts';
import { transactionErrorOf } from './transaction-error.ts';
import type { TransactionErrorJson } from './transaction-error.ts';
import type { WireTransaction } from './wire-transaction.ts';

/** What the VM needs of a transaction. */
type Wire = Pick<WireTransaction, 'bytes' | 'version'>;

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
  /** Every slot before this one has a block. */
  setSlotHistory(nextSlot: bigint): void;
  /** Throws what the VM throws on bytes that it cannot read. */
  execute(wire: Wire): ExecutionResult;
  simulate(wire: Wire, verifySignatures: boolean): SimulationResult;
  readonly read: (address: Address) => StoredAccount | undefined;
  /** Writes accounts past all rules: genesis, restore, roll-back. Program data must come before its program. */
  write(changes: readonly AccountChange[]): void;
  readonly minimumBalance: (bytes: bigint) => bigint;
  /** Accounts that the VM itself brings (bundled programs and their data, native mints), for the index by owner. */
  bundled(): readonly AccountChange[];
}

/** Slots that the slot history tells about (agave, `slot_history::MAX_ENTRIES`). */
const SLOT_HISTORY_BITS = 1_048_576n;
const SLOT_HISTORY_WORDS = 16_384;

export const SLOTS_PER_EPOCH = 432_000n;

const storedOf = (account: Account): StoredAccount => ({
  lamports: account.lamports(),
  owner: addressFrom(account.owner()),
  executable: account.executable(),
  // The VM hands out a copy.
  data: account.data(),
});

const entryOf = (entry: AddressAndAccount): { address: Address; account: StoredAccount } => ({
  address: addressFrom(entry.address),
  account: storedOf(entry.account()),
});

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
                  data: encodeBase58(instruction.data()),
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
            programId: addressFrom(returned.programId()),
            data: [Buffer.from(data).toString('base64'), 'base64'],
          },
  };
}

function put(vm: LiteSvm, { address, account }: AccountChange): void {
  vm.setAccount(
    addressBytes(address),
    new Account(
      account?.lamports ?? 0n,
      account?.data ?? new Uint8Array(),
      addressBytes(account?.owner ?? SYSTEM_PROGRAM),
      account?.executable ?? false,
      0n,
    ),
  );
}

export function createSvm(): Svm {
  const vm = new LiteSvm();
  // The bank keeps the ring of blockhashes and the cache of replays; the VM knows one blockhash only.
  vm.setBlockhashCheck(false);
  vm.setTransactionHistory(0n);
  vm.withNativeMints();
  vm.setEpochSchedule(new EpochSchedule(SLOTS_PER_EPOCH, SLOTS_PER_EPOCH, false, 0n, 0n));

  return {
    setTime(slot, unixTimestamp) {
      const epoch = slot / SLOTS_PER_EPOCH;
      vm.setClock(new Clock(slot, 0n, epoch, epoch + 1n, unixTimestamp));
    },
    setSlotHashes(entries) {
      vm.setSlotHashes([...entries]);
    },
    setSlotHistory(nextSlot) {
      const bits = new BigUint64Array(SLOT_HISTORY_WORDS);
      const whole = nextSlot < SLOT_HISTORY_BITS ? nextSlot : SLOT_HISTORY_BITS;
      bits.fill(2n ** 64n - 1n, 0, Number(whole / 64n));
      if (whole < SLOT_HISTORY_BITS) bits[Number(whole / 64n)] = 2n ** (whole % 64n) - 1n;
      vm.setSlotHistory(new SlotHistory(bits, nextSlot));
    },
    execute({ bytes, version }) {
      const result =
        version === 'legacy' ? vm.sendLegacyTransaction(bytes) : vm.sendVersionedTransaction(bytes);
      return result instanceof FailedTransactionMetadata
        ? resultOf(result.meta(), transactionErrorOf(result.err()))
        : resultOf(result, null);
    },
    simulate({ bytes, version }, verifySignatures) {
      vm.setSigverify(verifySignatures);
      try {
        const result =
          version === 'legacy' ? vm.simulateLegacyTransaction(bytes) : vm.simulateVersionedTransaction(bytes);
        if (!(result instanceof SimulatedTransactionInfo)) {
          return { ...resultOf(result.meta(), transactionErrorOf(result.err())), accounts: new Map() };
        }
        const entries = result.postAccounts().map(entryOf);
        return {
          ...resultOf(result.meta(), null),
          accounts: new Map(entries.map((e) => [e.address, e.account])),
        };
      } finally {
        vm.setSigverify(true);
      }
    },
    read(address) {
      const account = vm.getAccount(addressBytes(address));
      return account === null || account.lamports() === 0n ? undefined : storedOf(account);
    },
    write(changes) {
      for (const change of changes) if (change.account?.executable !== true) put(vm, change);
      for (const change of changes) if (change.account?.executable === true) put(vm, change);
    },
    minimumBalance: (bytes) => vm.minimumBalanceForRentExemption(bytes),
    bundled: () =>
      [NATIVE_LOADER, LOADER_V2, LOADER_V3, TOKEN_PROGRAM, TOKEN_2022_PROGRAM].flatMap((owner) =>
        vm.getProgramAccounts(addressBytes(owner)).map(entryOf),
      ),
  };
}
