import type { Address } from '@solana/kit';
import type { TokenBalance } from '../ledger/record.ts';
import type { StoredAccount } from '../svm/account.ts';
import { readMint, readTokenAccount } from '../svm/token-layout.ts';

/** The token balances among a transaction's accounts, as its metadata lists them before and after. */
export function tokenBalances(
  keys: readonly Address[],
  accounts: readonly (StoredAccount | undefined)[],
  read: (address: Address) => StoredAccount | undefined,
): TokenBalance[] {
  return keys.flatMap((_, accountIndex) => {
    const account = accounts[accountIndex];
    const token = account === undefined ? undefined : readTokenAccount(account);
    if (account === undefined || token === undefined) return [];
    const mintIndex = keys.indexOf(token.mint);
    const mintAccount = mintIndex === -1 ? read(token.mint) : accounts[mintIndex];
    const mint = mintAccount === undefined ? undefined : readMint(mintAccount);
    if (mint === undefined) return [];
    const { amount, owner } = token;
    return [
      { accountIndex, mint: token.mint, owner, programId: account.owner, amount, decimals: mint.decimals },
    ];
  });
}
