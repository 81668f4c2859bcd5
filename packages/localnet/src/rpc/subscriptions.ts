import type { Address, Signature } from '@solana/kit';
import type { Bank } from '../bank/bank.ts';
import type { LedgerRecord } from '../ledger/record.ts';
import { MAX_SUBSCRIPTIONS } from '../limits.ts';
import type { StoredAccount } from '../svm/account.ts';
import { SYSTEM_PROGRAM } from '../svm/program-ids.ts';
import { filtersOf } from './account-filters.ts';
import type { AccountFilter } from './account-filters.ts';
import { encodeNotified, formatOf } from './encoding.ts';
import type { AccountFormat } from './encoding.ts';
import { RPC, invalidParams, rpcError } from './errors.ts';
import type { Params } from './params.ts';
import { isAddressText, isSignatureText } from '../codec/base58.ts';
import { configAt, flagOf, isRecord, numberOf, stringOf } from './params.ts';

type Subscription =
  | { readonly kind: 'account'; readonly address: Address; readonly format: AccountFormat }
  | {
      readonly kind: 'program';
      readonly program: Address;
      readonly format: AccountFormat;
      readonly passes: AccountFilter;
    }
  | { readonly kind: 'logs'; readonly mentions: Address | undefined }
  | { readonly kind: 'signature'; readonly signature: Signature; readonly received: boolean }
  | { readonly kind: 'slot' }
  | { readonly kind: 'slotsUpdates' }
  | { readonly kind: 'root' };

type Kind = Subscription['kind'];

/** Sends one notification; the id is the subscription's. */
export type Notify = (method: string, subscription: number, result: unknown) => void;

/** What one websocket connection has asked to be told. */
export interface Subscriptions {
  method(name: string): ((params: Params) => unknown) | undefined;
  landed(record: LedgerRecord): void;
  /** A new slot, and what there was in the one before. */
  slot(change: SlotChange): void;
}

/** The chain has come from one slot into another; `landed` counts what there was in the one that is over. */
export interface SlotChange {
  readonly parent: bigint;
  readonly slot: bigint;
  readonly timeMs: number;
  readonly landed: { readonly succeeded: number; readonly failed: number };
}

/** What a node says of a slot as it passes: one that is over is frozen and, without forks, final; the next one begins. */
function slotUpdates({
  parent,
  slot,
  timeMs,
  landed,
}: SlotChange): readonly Readonly<Record<string, unknown>>[] {
  const entries = landed.succeeded + landed.failed;
  const stats = {
    maxTransactionsPerEntry: entries === 0 ? 0 : 1,
    numFailedTransactions: landed.failed,
    numSuccessfulTransactions: landed.succeeded,
    numTransactionEntries: entries,
  };
  return [
    { type: 'frozen', slot: parent, timestamp: timeMs, stats },
    { type: 'optimisticConfirmation', slot: parent, timestamp: timeMs },
    { type: 'root', slot: parent, timestamp: timeMs },
    { type: 'createdBank', slot, parent, timestamp: timeMs },
  ];
}

const LOG_FILTERS = '`all`, `allWithVotes`, `mentions`';

/** The websocket has words of its own for what is no address or signature. */
const invalid = (what: string): Error => invalidParams(`Invalid Request: Invalid ${what} provided`);

function addressOf(value: unknown, what: 'pubkey' | 'mentions' = 'pubkey'): Address {
  const text = stringOf(value);
  if (!isAddressText(text)) throw invalid(what);
  return text;
}

function signatureOf(value: unknown): Signature {
  const text = stringOf(value);
  if (!isSignatureText(text)) throw invalid('signature');
  return text;
}

function parse(kind: Kind, params: Params): Subscription {
  switch (kind) {
    case 'account':
      return { kind, address: addressOf(params[0]), format: formatOf(configAt(params, 1)) };
    case 'program': {
      const config = configAt(params, 1);
      return { kind, program: addressOf(params[0]), format: formatOf(config), passes: filtersOf(config) };
    }
    case 'logs': {
      const [filter] = params;
      configAt(params, 1);
      if (filter === 'all' || filter === 'allWithVotes') return { kind, mentions: undefined };
      if (isRecord(filter) && Array.isArray(filter['mentions']) && filter['mentions'].length === 1) {
        return { kind, mentions: addressOf(filter['mentions'][0], 'mentions') };
      }
      if (typeof filter === 'string')
        throw invalidParams(`Invalid params: unknown variant \`${filter}\`, expected one of ${LOG_FILTERS}.`);
      throw invalidParams('Invalid Request: Only 1 address supported');
    }
    case 'signature': {
      const received = flagOf(configAt(params, 1), 'enableReceivedNotification');
      return { kind, signature: signatureOf(params[0]), received };
    }
    default:
      return { kind };
  }
}

const KINDS: readonly Kind[] = ['account', 'program', 'logs', 'signature', 'slot', 'slotsUpdates', 'root'];
const subscribeNames: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [`${kind}Subscribe`, kind]));
const unsubscribeNames: ReadonlySet<string> = new Set(KINDS.map((kind) => `${kind}Unsubscribe`));

const at = (slot: bigint, value: unknown): unknown => ({ context: { slot }, value });

// Ids are unique in the process, as Solana's are on a node, so that a client's mix-up shows.
let nextId = 0;

export function createSubscriptions(deps: {
  bank: Bank;
  notify: Notify;
  /** Runs before the subscription's first notification. */
  subscribed: (id: number) => void;
}): Subscriptions {
  const { bank, notify } = deps;
  const active = new Map<number, Subscription>();

  function finishSignature(id: number, slot: bigint, error: unknown, received: boolean): void {
    if (!active.delete(id)) return;
    if (received) notify('signatureNotification', id, at(slot, 'receivedSignature'));
    notify('signatureNotification', id, at(slot, { err: error }));
  }

  function subscribe(kind: Kind, params: Params): number {
    if (active.size >= MAX_SUBSCRIPTIONS) {
      throw rpcError(RPC.invalidRequest, `A connection holds at most ${MAX_SUBSCRIPTIONS} subscriptions.`);
    }
    const subscription = parse(kind, params);
    nextId += 1;
    const id = nextId;
    active.set(id, subscription);
    deps.subscribed(id);
    if (subscription.kind === 'signature') {
      // It may have landed before this; the client must hear of it all the same.
      const found = bank.recent.bySignature(subscription.signature);
      if (found !== undefined) {
        const { slot, error } = found;
        const tell = (): void => finishSignature(id, slot, error, subscription.received);
        bank.barrier().then(tell, () => undefined);
      }
    }
    return id;
  }

  function unsubscribe(params: Params): boolean {
    if (!active.delete(numberOf(params[0], 'u64'))) throw invalidParams('Invalid subscription id.');
    return true;
  }

  function changed(
    id: number,
    subscription: Subscription,
    slot: bigint,
    address: Address,
    account: StoredAccount | undefined,
  ): void {
    if (subscription.kind === 'account' && subscription.address === address) {
      const gone: StoredAccount = {
        lamports: 0n,
        owner: SYSTEM_PROGRAM,
        executable: false,
        data: new Uint8Array(),
      };
      notify(
        'accountNotification',
        id,
        at(slot, encodeNotified(address, account ?? gone, subscription.format, bank.read)),
      );
    }
    if (
      subscription.kind !== 'program' ||
      account?.owner !== subscription.program ||
      !subscription.passes(account)
    )
      return;
    const value = {
      pubkey: address,
      account: encodeNotified(address, account, subscription.format, bank.read),
    };
    notify('programNotification', id, at(slot, value));
  }

  return {
    method(name) {
      const kind = subscribeNames.get(name);
      if (kind !== undefined) return (params) => subscribe(kind, params);
      return unsubscribeNames.has(name) ? unsubscribe : undefined;
    },
    landed(record) {
      const landed = record.kind === 'transaction' ? record.landed : undefined;
      const slot = landed?.slot ?? bank.now().slot;
      for (const [id, subscription] of active) {
        for (const { address, account } of record.changes) changed(id, subscription, slot, address, account);
        if (landed === undefined) continue;
        const { signature, meta } = landed;
        if (subscription.kind === 'signature' && subscription.signature === signature) {
          finishSignature(id, slot, meta.error, subscription.received);
        }
        if (
          subscription.kind === 'logs' &&
          (subscription.mentions === undefined || landed.keys.includes(subscription.mentions))
        ) {
          notify('logsNotification', id, at(slot, { signature, err: meta.error, logs: meta.logs }));
        }
      }
    },
    slot(change) {
      const { parent, slot } = change;
      for (const [id, { kind }] of active) {
        if (kind === 'slot') notify('slotNotification', id, { parent, root: parent, slot });
        if (kind === 'root') notify('rootNotification', id, parent);
        if (kind === 'slotsUpdates')
          for (const update of slotUpdates(change)) notify('slotsUpdatesNotification', id, update);
      }
    },
  };
}
