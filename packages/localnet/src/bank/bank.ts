import type { Address } from '@solana/kit';
import { errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { History } from '../ledger/history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Genesis, LandedTransaction, LedgerRecord, LedgerState } from '../ledger/record.ts';
import { encodeBase58 } from '../codec/base58.ts';
import { resolveKeys } from '../svm/account-keys.ts';
import { createAccountStore } from '../svm/account-store.ts';
import type { AccountStore } from '../svm/account-store.ts';
import type { AccountChange, StoredAccount } from '../svm/account.ts';
import type { Svm } from '../svm/svm.ts';
import type { TransactionErrorJson } from '../svm/transaction-error.ts';
import type { WireTransaction } from '../svm/wire-transaction.ts';
import { createExecutor } from './executor.ts';
import type { Executor, Run } from './executor.ts';
import { priorityPriceOf } from './fee.ts';
import { landingOf } from './landing.ts';
import { usableNonce } from './nonce.ts';
import type { NonceMessage } from './nonce.ts';
import { createCommitQueue } from './pending.ts';
import { createPriorityFees } from './priority-fees.ts';
import type { PriorityFees } from './priority-fees.ts';
import { createRecent } from './recent.ts';
import type { Recent, RecentTransaction } from './recent.ts';
import type { ChainTime, Slots } from './slots.ts';

/** A transaction, or accounts set from outside, that is durable. */
export type LandedListener = (record: LedgerRecord) => void;

export type ProcessResult =
  | { readonly kind: 'landed'; readonly landed: LandedTransaction; readonly durable: Promise<void> }
  /** Nothing happened and no fee was taken. `run` is there if the VM was asked. */
  | {
      readonly kind: 'refused';
      readonly error: TransactionErrorJson;
      readonly run: Run | undefined;
    };

/**
 * The chain's rules around the VM: which blockhashes are good, what has landed already, in which order effects
 * become durable. All of it runs on one thread, so a call without `await` is atomic.
 */
export interface Bank {
  readonly slots: Slots;
  readonly recent: Recent;
  readonly priorityFees: PriorityFees;
  readonly store: AccountStore;
  readonly history: History;
  readonly genesis: Genesis;
  readonly transactionCount: number;
  readonly now: () => ChainTime;
  latestBlockhash(): { readonly blockhash: string; readonly lastValidBlockHeight: bigint };
  readonly read: (address: Address) => StoredAccount | undefined;
  /** Accounts of a program; with `firstByte` those whose data begins with it. */
  ownedBy(program: Address, firstByte?: number): Address[];
  readonly minimumBalance: (bytes: bigint) => bigint;
  resolve(
    message: Pick<WireTransaction, 'header' | 'staticKeys' | 'lookups'>,
  ): ReturnType<typeof resolveKeys>;
  /** Whether a message's blockhash may still be used, or is the durable nonce of an account. */
  readonly isCurrent: (message: NonceMessage) => boolean;
  /** Why the transaction may not run at all, if so. */
  refusal(wire: WireTransaction): TransactionErrorJson | undefined;
  readonly simulate: Executor['simulate'];
  /**
   * Runs a transaction. One that fails lands and pays its fee, or is refused and leaves no trace: what a preflight
   * on the same state would have said, for the price of one execution.
   */
  process(wire: WireTransaction, failures: 'land' | 'refuse'): ProcessResult;
  /** Sets accounts past all rules: programs of a newer version, test fixtures. */
  readonly setAccounts: (changes: readonly AccountChange[]) => Promise<void>;
  /** Resolves once everything that has taken effect is durable. An answer may leave only after that. */
  readonly barrier: () => Promise<void>;
  onLanded(listener: LandedListener): () => void;
  close(): Promise<void>;
}

export interface BankDeps {
  readonly log: Log;
  readonly svm: Svm;
  readonly slots: Slots;
  readonly history: History;
  /** None: the chain lives in memory only. */
  readonly ledger: Ledger | undefined;
}

export interface BankOptions {
  readonly state: LedgerState;
  readonly records: readonly LedgerRecord[];
  /** A new slot after a landed transaction when someone asks for a blockhash: for clocks that stand still. */
  readonly slotPerTransaction: boolean;
}

interface Undo {
  readonly address: Address;
  readonly known: boolean;
  readonly account: StoredAccount | undefined;
}

const refuse = (error: TransactionErrorJson): ProcessResult => ({ kind: 'refused', error, run: undefined });

const recentOf = (landed: LandedTransaction): RecentTransaction => ({
  signature: landed.signature,
  messageHash: landed.messageHash,
  slot: landed.slot,
  error: landed.meta.error,
});

export function createBank(deps: BankDeps, options: BankOptions): Bank {
  const { svm, slots, ledger, history } = deps;
  const { genesis } = options.state;
  const store = createAccountStore();
  const recent = createRecent();
  const priorityFees = createPriorityFees();
  const listeners = new Set<LandedListener>();
  let seq = options.state.seq;
  let transactionCount = options.state.transactionCount;
  let landedInSlot = false;
  /** Landed transactions that the index could not take; the log holds them until it can. */
  let unindexed: LandedTransaction[] = [];

  const bundled = new Map(svm.bundled().map((b) => [b.address, b.account]));
  const executor = createExecutor({ log: deps.log, svm, slots, read, entered: recent.prune });

  function restore(): void {
    for (const [address, account] of options.state.accounts) store.apply({ address, account });
    for (const entry of options.state.recent) recent.add(entry);
    for (const record of options.records) {
      for (const change of record.changes) store.apply(change);
      if (record.kind === 'transaction') {
        recent.add(recentOf(record.landed));
        transactionCount += 1;
        seq = record.landed.seq;
        if (record.landed.seq > history.lastSeq) unindexed.push(record.landed);
      } else {
        seq = record.seq;
      }
    }
    svm.write([...store.copy()].map(([address, account]) => ({ address, account })));
    index([]);
    if (unindexed.length === 0 && history.count < transactionCount && ledger !== undefined) {
      deps.log.warn(
        { missing: transactionCount - history.count },
        'the index lacks transactions older than the last snapshot',
      );
    }
    executor.syncTime();
  }

  function index(landed: readonly LandedTransaction[]): void {
    unindexed.push(...landed);
    try {
      history.insert(unindexed);
      unindexed = [];
    } catch (error) {
      deps.log.warn(
        { behind: unindexed.length, err: errorMessage(error) },
        'the history index could not be written',
      );
    }
  }

  function read(address: Address): StoredAccount | undefined {
    if (store.has(address)) return store.get(address);
    return bundled.get(address) ?? svm.read(address);
  }

  /** The state of what is durable: memory, with what still waits for the disk taken back. */
  function durableState(last: ChainTime, waiting: readonly Waiting[]): LedgerState {
    const accounts = store.copy();
    const waitingSignatures = new Set<string>();
    let count = transactionCount;
    let durableSeq = seq;
    for (const { record, undo } of waiting.toReversed()) {
      for (const u of undo) {
        if (u.known) accounts.set(u.address, u.account);
        else accounts.delete(u.address);
      }
      if (record.kind === 'transaction') {
        waitingSignatures.add(record.landed.signature);
        count -= 1;
      }
      durableSeq -= 1;
    }
    return {
      genesis,
      seq: durableSeq,
      slot: last.slot,
      unixTimestamp: last.unixTimestamp,
      transactionCount: count,
      recent: recent.entries().filter((e) => !waitingSignatures.has(e.signature)),
      accounts,
    };
  }

  interface Waiting {
    readonly record: LedgerRecord;
    readonly undo: readonly Undo[];
  }

  function tell(record: LedgerRecord): void {
    for (const listener of listeners) {
      try {
        listener(record);
      } catch (error) {
        // A listener's fault must not hold up the chain.
        deps.log.error({ err: errorMessage(error) }, 'a listener failed');
      }
    }
  }

  const queue = createCommitQueue<Waiting>({
    write: async (batch) => ledger?.append(batch.map((w) => w.record)),
    async publish(batch) {
      index(batch.flatMap(({ record }) => (record.kind === 'transaction' ? [record.landed] : [])));
      for (const { record } of batch) tell(record);
      if (ledger?.rotationDue === true && unindexed.length === 0) {
        try {
          await ledger.rotate(
            durableState(
              slots.now(),
              queue.items.map((i) => i.value),
            ),
            () => history.checkpoint(),
          );
        } catch (error) {
          // The old log is still open and complete; the next batch tries again.
          deps.log.warn({ err: errorMessage(error) }, 'could not begin a new log');
        }
      }
    },
  });

  function undoOf(
    addresses: readonly Address[],
    before: ReadonlyMap<Address, StoredAccount | undefined>,
  ): Undo[] {
    return addresses.map((address) => ({ address, known: store.has(address), account: before.get(address) }));
  }

  function commit(record: LedgerRecord, undo: readonly Undo[]): Promise<void> {
    for (const change of record.changes) store.apply(change);
    if (record.kind === 'transaction') recent.add(recentOf(record.landed));
    return queue.push({
      value: { record, undo },
      undo() {
        for (const u of undo) {
          if (u.known) store.apply(u);
          else store.forget(u.address);
        }
        svm.write(undo);
        seq -= 1;
        if (record.kind === 'transaction') {
          recent.remove(recentOf(record.landed));
          transactionCount -= 1;
        }
      },
    });
  }

  function refusal(wire: WireTransaction): TransactionErrorJson | undefined {
    if (recent.hasMessage(wire.messageHash)) return 'AlreadyProcessed';
    return isCurrent(wire) ? undefined : 'BlockhashNotFound';
  }

  /** The nonce account in the place of a blockhash; one that was advanced in this slot is not good before the next. */
  function nonceAccountOf(message: NonceMessage): Address | undefined {
    if (slots.slotOfBlockhash(message.blockhash) !== undefined) return undefined;
    if (message.blockhash === encodeBase58(executor.nextNonce())) return undefined;
    return usableNonce(message, read);
  }

  const isCurrent = (message: NonceMessage): boolean =>
    slots.slotOfBlockhash(message.blockhash) !== undefined || nonceAccountOf(message) !== undefined;

  function process(wire: WireTransaction, failures: 'land' | 'refuse'): ProcessResult {
    const now = executor.syncTime();
    if (!wire.fullySigned) return refuse('SignatureFailure');
    const refused = refusal(wire);
    if (refused !== undefined) return refuse(refused);
    const nonce = nonceAccountOf(wire);
    const executed = executor.execute(wire);
    if (executed.kind === 'refused') return refuse(executed.error);
    const { run } = executed;
    const { error } = run.result;
    const payer = run.keys.all[0] as Address; // a transaction has a signer, checked when decoded
    // The VM takes the fee of every transaction that lands, also of one that fails; of others it changes nothing.
    const charged = error === null || svm.read(payer)?.lamports !== run.before.get(payer)?.lamports;
    if (error !== null && failures === 'refuse') {
      if (charged) executor.takeBack(run);
      return { kind: 'refused', error, run };
    }
    if (error !== null && charged && nonce !== undefined) executor.advanceNonce(nonce);
    return error === null || charged ? land(wire, run, now) : { kind: 'refused', error, run };
  }

  function land(wire: WireTransaction, run: Run, now: ChainTime): ProcessResult {
    seq += 1;
    transactionCount += 1;
    landedInSlot = true;
    const { keys, before, result, loadedBytes } = run;
    priorityFees.add(now.slot, priorityPriceOf(wire), keys.writable);
    const { landed, changes } = landingOf({
      seq,
      now,
      wire,
      keys,
      before,
      result,
      loadedBytes,
      readAfter: svm.read,
      read,
    });
    const undo = undoOf(
      changes.map((c) => c.address),
      before,
    );
    return { kind: 'landed', landed, durable: commit({ kind: 'transaction', landed, changes }, undo) };
  }

  restore();

  return {
    slots,
    recent,
    priorityFees,
    store,
    history,
    genesis,
    get transactionCount() {
      return transactionCount;
    },
    now: executor.syncTime,
    latestBlockhash() {
      if (options.slotPerTransaction && landedInSlot) {
        slots.advance();
        landedInSlot = false;
      }
      return slots.latestBlockhash();
    },
    read(address) {
      executor.syncTime();
      executor.syncSysvar(address);
      return read(address);
    },
    ownedBy(program, firstByte) {
      const own = [...store.ownedBy(program, firstByte)];
      for (const [address, account] of bundled) {
        if (account?.owner !== program || store.has(address)) continue;
        if (firstByte === undefined || account.data[0] === firstByte) own.push(address);
      }
      return own;
    },
    minimumBalance: svm.minimumBalance,
    resolve: (message) => resolveKeys(message, read),
    isCurrent,
    refusal,
    simulate: executor.simulate,
    process,
    setAccounts(changes) {
      const now = executor.syncTime();
      const before = new Map(changes.map((c) => [c.address, read(c.address)]));
      const undo = undoOf(
        changes.map((c) => c.address),
        before,
      );
      svm.write(changes);
      seq += 1;
      return commit(
        { kind: 'accounts', seq, slot: now.slot, unixTimestamp: now.unixTimestamp, changes },
        undo,
      );
    },
    barrier: queue.barrier,
    onLanded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await queue.barrier().catch(() => undefined);
    },
  };
}
