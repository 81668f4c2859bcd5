import type { Address } from '@solana/kit';
import { addressFrom } from '../codec/base58.ts';
import type { AccountChange, StoredAccount } from './account.ts';
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from './program-ids.ts';

/**
 * The accounts that this chain has ever changed, with an index by owner and, for token accounts, by mint and by
 * holder and mint, so that getProgramAccounts, getTokenAccountsByOwner and getTokenLargestAccounts touch only what
 * they answer (the VM's own scan is linear in all accounts).
 */
export interface AccountStore {
  get(address: Address): StoredAccount | undefined;
  /** Whether the store knows of the address, also if the account is gone. */
  has(address: Address): boolean;
  apply(change: AccountChange): void;
  /** Forgets that the address was ever changed. */
  forget(address: Address): void;
  ownedBy(program: Address): Iterable<Address>;
  /** Token accounts of a wallet, of one mint or of all. */
  tokenAccountsOf(holder: Address, mint?: Address): Iterable<Address>;
  tokenAccountsWith(mint: Address): Iterable<Address>;
  /** The sum of all accounts' lamports. */
  readonly lamports: bigint;
  /** The `count` accounts with the most lamports, richest first. */
  richest(count: number): { readonly address: Address; readonly account: StoredAccount }[];
  /** A copy of the map; accounts themselves are immutable. */
  copy(): Map<Address, StoredAccount | undefined>;
}

const TOKEN_ACCOUNT_BYTES = 165;
const HOLDER_OFFSET = 32;

interface Token {
  readonly mint: Address;
  readonly holder: Address;
}

/** The mint and the wallet that an account names, if it is long enough to be a token account (SPL Token, `Account`). */
function tokenOf(account: StoredAccount | undefined): Token | undefined {
  if (account === undefined || account.data.length < TOKEN_ACCOUNT_BYTES) return undefined;
  if (account.owner !== TOKEN_PROGRAM && account.owner !== TOKEN_2022_PROGRAM) return undefined;
  return { mint: addressFrom(account.data), holder: addressFrom(account.data, HOLDER_OFFSET) };
}

const NAMES_BYTES = 2 * HOLDER_OFFSET;

/** Most changes of a token account are of its amount, and leave its mint and its holder alone. */
function sameToken(a: StoredAccount | undefined, b: StoredAccount | undefined): boolean {
  if (a === undefined || b === undefined || a.owner !== b.owner) return false;
  if (a.data.length < TOKEN_ACCOUNT_BYTES || b.data.length < TOKEN_ACCOUNT_BYTES) return false;
  return Buffer.compare(a.data.subarray(0, NAMES_BYTES), b.data.subarray(0, NAMES_BYTES)) === 0;
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
  const byMint = new Map<Address, Set<Address>>();
  const byHolder = new Map<Address, Map<Address, Set<Address>>>();
  let lamports = 0n;

  function moveHeld(from: Token | undefined, to: Token | undefined, address: Address): void {
    const holder = from?.holder ?? to?.holder;
    if (holder === undefined) return;
    const held = byHolder.get(holder) ?? new Map<Address, Set<Address>>();
    move(held, from?.mint, to?.mint, address);
    if (held.size === 0) byHolder.delete(holder);
    else byHolder.set(holder, held);
  }

  function reindex(
    address: Address,
    before: StoredAccount | undefined,
    after: StoredAccount | undefined,
  ): void {
    lamports += (after?.lamports ?? 0n) - (before?.lamports ?? 0n);
    move(byOwner, before?.owner, after?.owner, address);
    if (sameToken(before, after)) return;
    const from = tokenOf(before);
    const to = tokenOf(after);
    move(byMint, from?.mint, to?.mint, address);
    moveHeld(from, undefined, address);
    moveHeld(undefined, to, address);
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
    *tokenAccountsOf(holder, mint) {
      const held = byHolder.get(holder);
      if (held === undefined) return;
      if (mint !== undefined) yield* held.get(mint) ?? [];
      else for (const set of held.values()) yield* set;
    },
    tokenAccountsWith: (mint) => byMint.get(mint) ?? [],
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
