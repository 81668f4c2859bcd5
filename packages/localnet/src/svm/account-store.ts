import type { Address } from '@solana/kit';
import { addressBytes, addressFrom } from '../codec/base58.ts';
import type { AccountChange, StoredAccount } from './account.ts';
import { createAddressIndex } from './address-index.ts';
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from './program-ids.ts';

/**
 * The accounts that this chain has ever changed, with an index by owner, by owner and first byte (which tells most programs'
 * kinds of accounts apart), and, for token accounts, by mint and by
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
  /** Accounts of a program; with `firstByte` those whose data begins with it. */
  ownedBy(program: Address, firstByte?: number): Iterable<Address>;
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

/** What accounts of one program that begin with the same byte are found by. */
const kindKey = (owner: Address, firstByte: number): Address =>
  `${owner}/${firstByte}` as Address; /* an index's key: no address has a slash */

function kindOf(account: StoredAccount | undefined): Address | undefined {
  const firstByte = account?.data[0];
  return account === undefined || firstByte === undefined ? undefined : kindKey(account.owner, firstByte);
}

/** Whether an address stands at a place in an account's data. */
function namesAt({ data }: StoredAccount, offset: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i += 1) if (data[offset + i] !== wanted[i]) return false;
  return true;
}

export function createAccountStore(): AccountStore {
  const accounts = new Map<Address, StoredAccount | undefined>();
  const byOwner = createAddressIndex();
  const byKind = createAddressIndex();
  const byMint = createAddressIndex();
  const byHolder = createAddressIndex();
  let lamports = 0n;

  function reindex(
    address: Address,
    before: StoredAccount | undefined,
    after: StoredAccount | undefined,
  ): void {
    lamports += (after?.lamports ?? 0n) - (before?.lamports ?? 0n);
    byOwner.move(before?.owner, after?.owner, address);
    byKind.move(kindOf(before), kindOf(after), address);
    if (sameToken(before, after)) return;
    const from = tokenOf(before);
    const to = tokenOf(after);
    byMint.move(from?.mint, to?.mint, address);
    byHolder.move(from?.holder, to?.holder, address);
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
    ownedBy: (program, firstByte) =>
      firstByte === undefined ? byOwner.of(program) : byKind.of(kindKey(program, firstByte)),
    *tokenAccountsOf(holder, mint) {
      if (mint === undefined) {
        yield* byHolder.of(holder);
        return;
      }
      // Whichever is fewer; the account's own bytes tell whether it is among the others too.
      const fewHeld = byHolder.count(holder) <= byMint.count(mint);
      const wanted = addressBytes(fewHeld ? mint : holder);
      for (const address of fewHeld ? byHolder.of(holder) : byMint.of(mint)) {
        const account = accounts.get(address);
        if (account !== undefined && namesAt(account, fewHeld ? 0 : HOLDER_OFFSET, wanted)) yield address;
      }
    },
    tokenAccountsWith: byMint.of,
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
