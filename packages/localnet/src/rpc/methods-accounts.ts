import type { Address } from '@solana/kit';
import { MAX_MULTIPLE_ACCOUNTS } from '../limits.ts';
import { isTokenProgram, readMint, readTokenAccount, uiTokenAmount } from '../svm/token-layout.ts';
import { filtersOf } from './account-filters.ts';
import { encodeAccount, formatOf } from './encoding.ts';
import { invalidParams } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcDeps, RpcMethod } from './method.ts';
import {
  addressAt,
  arrayAt,
  asAddress,
  configAt,
  flagOf,
  integerOf,
  isRecord,
  requireMinContextSlot,
} from './params.ts';

const getAccountInfo: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const account = bank.read(addressAt(params, 0));
  return withContext(
    bank,
    account === undefined ? null : encodeAccount(account, formatOf(config), bank.read),
  );
};

const getMultipleAccounts: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const format = formatOf(config, 'base64');
  const value = arrayAt(params, 0, MAX_MULTIPLE_ACCOUNTS).map((key) => {
    const account = bank.read(asAddress(key));
    return account === undefined ? null : encodeAccount(account, format, bank.read);
  });
  return withContext(bank, value);
};

const getProgramAccounts: RpcMethod = ({ bank }, params) => {
  const program = addressAt(params, 0);
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const passes = filtersOf(config);
  const format = formatOf(config);
  const value = bank.ownedBy(program).flatMap((pubkey) => {
    const account = bank.read(pubkey);
    return account === undefined || !passes(account)
      ? []
      : [{ pubkey, account: encodeAccount(account, format, bank.read) }];
  });
  return flagOf(config, 'withContext') ? withContext(bank, value) : value;
};

const getBalance: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 1));
  return withContext(bank, bank.read(addressAt(params, 0))?.lamports ?? 0n);
};

const getMinimumBalanceForRentExemption: RpcMethod = ({ bank }, params) => {
  configAt(params, 1);
  return bank.minimumBalance(integerOf(params[0], 'the data length'));
};

const getTokenAccountsByOwner: RpcMethod = ({ bank }, params) => {
  const holder = addressAt(params, 0);
  const by = params[1];
  const config = configAt(params, 2);
  requireMinContextSlot(bank, config);
  if (!isRecord(by)) throw invalidParams('Invalid params: a mint or programId filter is needed.');
  const mint = by['mint'] === undefined ? undefined : asAddress(by['mint']);
  const program = by['programId'] === undefined ? undefined : asAddress(by['programId']);
  if (mint === undefined && program === undefined)
    throw invalidParams('Invalid params: a mint or programId filter is needed.');
  if (program !== undefined && !isTokenProgram(program))
    throw invalidParams('Invalid param: unrecognized Token program id');
  if (mint !== undefined && mintOf(bank.read, mint) === undefined)
    throw invalidParams('Invalid param: could not find mint');
  const format = formatOf(config);
  const value = [...bank.store.tokenAccountsOf(holder)].flatMap((pubkey) => {
    const account = bank.read(pubkey);
    const token = account === undefined ? undefined : readTokenAccount(account);
    if (account === undefined || token === undefined) return [];
    if ((mint !== undefined && token.mint !== mint) || (program !== undefined && account.owner !== program))
      return [];
    return [{ pubkey, account: encodeAccount(account, format, bank.read) }];
  });
  return withContext(bank, value);
};

function mintOf(read: RpcDeps['bank']['read'], address: Address): ReturnType<typeof readMint> {
  const account = read(address);
  return account === undefined ? undefined : readMint(account);
}

const getTokenAccountBalance: RpcMethod = ({ bank }, params) => {
  configAt(params, 1);
  const account = bank.read(addressAt(params, 0));
  if (account === undefined) throw invalidParams('Invalid param: could not find account');
  const token = readTokenAccount(account);
  if (token === undefined) throw invalidParams('Invalid param: not a Token account');
  const mint = mintOf(bank.read, token.mint);
  if (mint === undefined) throw invalidParams('Invalid param: could not find mint');
  return withContext(bank, uiTokenAmount(token.amount, mint.decimals));
};

const getTokenSupply: RpcMethod = ({ bank }, params) => {
  configAt(params, 1);
  const account = bank.read(addressAt(params, 0));
  if (account === undefined) throw invalidParams('Invalid param: could not find account');
  const mint = readMint(account);
  if (mint === undefined) throw invalidParams('Invalid param: not a Token mint');
  return withContext(bank, uiTokenAmount(mint.supply, mint.decimals));
};

export const accountMethods: Readonly<Record<string, RpcMethod>> = {
  getAccountInfo,
  getMultipleAccounts,
  getProgramAccounts,
  getBalance,
  getMinimumBalanceForRentExemption,
  getTokenAccountsByOwner,
  getTokenAccountBalance,
  getTokenSupply,
};
