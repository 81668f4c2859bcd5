import type { Address } from '@solana/kit';
import { addressFrom } from '../codec/base58.ts';
import type { AccountChange, StoredAccount } from './account.ts';
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from './program-ids.ts';

/**
 * The accounts that this chain has ever changed, with an index by owner and, for token accounts, by holder,
 * so that getProgramAccounts and getTokenAccountsByOwner touch only what they answer (the VM's own scan is
 * linear in all accounts).
 */
export interface AccountStore {
  get(address: Address): StoredAccount | undefined;
  /** Whether the store knows of the address, also if the account is gone. */
  has(address: Address): boolean;
  apply(change: AccountChange): void;
  /** Forgets that the address was ever changed. */
  forget(address: Address): void;
  ownedBy(program: Address): Iterable<Address>;
  tokenAccountsOf(holder: Address): Iterable<Address>;
  /** The sum of all accounts' lamports. */
  readonly lamports: bigint;
  /** The `count` accounts with the most lamports, richest first. */
  richest(count: number): { readonly address: Address; readonly account: StoredAccount }[];
  /** A copy of the map; accounts themselves are immutable. */
  copy(): Map<Address, StoredAccount | undefined>;
}

const TOKEN_ACCOUNT_BYTES = 165;
const HOLDER_OFFSET = 32;

/** The wallet that a token account belongs to (SPL Token, `Account.owner`). */
export function tokenHolder(account: StoredAccount): Address | undefined {
  if (account.owner !== TOKEN_PROGRAM && account.owner !== TOKEN_2022_PROGRAM) return undefined;
  if (account.data.length < TOKEN_ACCOUNT_BYTES) return undefined;
  return addressFrom(account.data, HOLDER_OFFSET);
}

function move(
  index: Map<Address, Set<Address>>,
  from: Address | undefined,
  to: Address | undefined,
  address: Address,
): void {
  if (from === to) return;
  if (from !== undefined) {
    const set = index.get(from);
    set?.delete(address);
    if (set?.size === 0) index.delete(from);
  }
  if (to !== undefined) {
    const set = index.get(to);
    if (set === undefined) index.set(to, new Set([address]));
    else set.add(address);
  }
}

export function createAccountStore(): AccountStore {
  const accounts = new Map<Address, StoredAccount | undefined>();
  const byOwner = new Map<Address, Set<Address>>();
  const byHolder = new Map<Address, Set<Address>>();
  let lamports = 0n;

  function reindex(
    address: Address,
    before: StoredAccount | undefined,
    after: StoredAccount | undefined,
  ): void {
    lamports += (after?.lamports ?? 0n) - (before?.lamports ?? 0n);
    move(byOwner, before?.owner, after?.owner, address);
    move(byHolder, before && tokenHolder(before), after && tokenHolder(after), address);
  }

  return {
    get: (address) => accounts.get(address),
    has: (address) => accounts.has(address),
    apply({ address, account }) {
      reindex(address, accounts.get(address), account);
      accounts.set(address, account);
    },
    forget(address) {
      reindex(address, accounts.get(address), undefined);
      accounts.delete(address);
    },
    ownedBy: (program) => byOwner.get(program) ?? [],
    tokenAccountsOf: (holder) => byHolder.get(holder) ?? [],
    get lamports() {
      return lamports;
    },
    richest(count) {
      const top: { address: Address; account: StoredAccount }[] = [];
      for (const [address, account] of accounts) {
        const last = top.at(-1);
        if (account === undefined) continue;
        if (last !== undefined && top.length >= count && last.account.lamports >= account.lamports) continue;
        const at = top.findIndex((entry) => entry.account.lamports < account.lamports);
        top.splice(at === -1 ? top.length : at, 0, { address, account });
        if (top.length > count) top.pop();
      }
      return top;
    },
    copy: () => new Map(accounts),
  };
}
