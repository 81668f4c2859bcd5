import { MAX_ACCOUNT_BYTES, MAX_MULTIPLE_ACCOUNTS } from '../limits.ts';
import { filtersOf, firstByteOf } from './account-filters.ts';
import { encodeAccount, formatOf } from './encoding.ts';
import { RPC, rpcError } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import {
  addressAt,
  arrayAt,
  asAddress,
  configAt,
  flagOf,
  integerOf,
  requireMinContextSlot,
} from './params.ts';

const getAccountInfo: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const address = addressAt(params, 0);
  const account = bank.read(address);
  return withContext(
    bank,
    account === undefined ? null : encodeAccount(address, account, formatOf(config), bank.read),
  );
};

const getMultipleAccounts: RpcMethod = ({ bank }, params) => {
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const format = formatOf(config, 'base64');
  const value = arrayAt(params, 0, MAX_MULTIPLE_ACCOUNTS).map((key) => {
    const address = asAddress(key);
    const account = bank.read(address);
    return account === undefined ? null : encodeAccount(address, account, format, bank.read);
  });
  return withContext(bank, value);
};

const getProgramAccounts: RpcMethod = ({ bank }, params) => {
  const program = addressAt(params, 0);
  const config = configAt(params, 1);
  requireMinContextSlot(bank, config);
  const passes = filtersOf(config);
  const format = formatOf(config);
  const value = bank.ownedBy(program, firstByteOf(config)).flatMap((pubkey) => {
    const account = bank.read(pubkey);
    return account === undefined || !passes(account)
      ? []
      : [{ pubkey, account: encodeAccount(pubkey, account, format, bank.read) }];
  });
  return flagOf(config, 'withContext') ? withContext(bank, value) : value;
};

const getBalance: RpcMethod = ({ bank }, params) => {
  requireMinContextSlot(bank, configAt(params, 1));
  return withContext(bank, bank.read(addressAt(params, 0))?.lamports ?? 0n);
};

const getMinimumBalanceForRentExemption: RpcMethod = ({ bank }, params) => {
  configAt(params, 1);
  const bytes = integerOf(params[0], 'usize');
  if (bytes > MAX_ACCOUNT_BYTES) throw rpcError(RPC.invalidRequest, 'Invalid request');
  return bank.minimumBalance(bytes);
};

export const accountMethods: Readonly<Record<string, RpcMethod>> = {
  getAccountInfo,
  getMultipleAccounts,
  getProgramAccounts,
  getBalance,
  getMinimumBalanceForRentExemption,
};
