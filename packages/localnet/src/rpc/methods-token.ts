import type { Address } from '@solana/kit';
import type { Bank } from '../bank/bank.ts';
import { addressBytes } from '../codec/base58.ts';
import { MAX_LARGEST_ACCOUNTS } from '../limits.ts';
import type { StoredAccount } from '../svm/account.ts';
import {
  isTokenAccount,
  isTokenProgram,
  readMint,
  readTokenAccount,
  tokenAmount,
  tokenDelegate,
  uiTokenAmount,
} from '../svm/token-layout.ts';
import type { MintState } from '../svm/token-layout.ts';
import { encodeAccount, formatOf } from './encoding.ts';
import { invalidParams } from './errors.ts';
import { withContext } from './method.ts';
import type { RpcMethod } from './method.ts';
import { addressAt, asAddress, configAt, isRecord, requireMinContextSlot, wrongType } from './params.ts';
import type { Config, Params } from './params.ts';

/** A mint that a filter names; both ways it can be missing have words of their own. */
function mintOf(bank: Bank, address: Address): { readonly mint: MintState; readonly program: Address } {
  const account = bank.read(address);
  if (account === undefined) throw invalidParams('Invalid param: could not find mint');
  const mint = readMint(account);
  if (mint === undefined) throw invalidParams('Invalid param: Token mint could not be unpacked');
  return { mint, program: account.owner };
}

/** Token accounts of one mint, or of one token program. */
interface TokenFilter {
  readonly mint: Address | undefined;
  readonly programs: readonly Address[];
}

function tokenFilterOf(bank: Bank, value: unknown): TokenFilter {
  if (!isRecord(value)) throw wrongType(value, 'enum RpcTokenAccountsFilter');
  if (Object.keys(value).length !== 1)
    throw invalidParams('Invalid params: invalid value: map, expected map with a single key.');
  if (value['mint'] !== undefined) {
    const mint = asAddress(value['mint']);
    return { mint, programs: [mintOf(bank, mint).program] };
  }
  const program = asAddress(value['programId']);
  if (!isTokenProgram(program)) throw invalidParams('Invalid param: unrecognized Token program id');
  return { mint: undefined, programs: [program] };
}

interface TokenQuery {
  readonly filter: TokenFilter;
  readonly config: Config;
}

function tokenQueryOf(bank: Bank, params: Params): TokenQuery {
  const filter = tokenFilterOf(bank, params[1]);
  const config = configAt(params, 2);
  requireMinContextSlot(bank, config);
  return { filter, config };
}

type Listed = readonly [pubkey: Address, account: StoredAccount];

function listJson(bank: Bank, config: Config, listed: Iterable<Listed>): unknown {
  const format = formatOf(config);
  const value = [...listed].map(([pubkey, account]) => ({
    pubkey,
    account: encodeAccount(pubkey, account, format, bank.read),
  }));
  return withContext(bank, value);
}

/** Of these addresses, the token accounts of the programs that are asked for. */
function* listed(bank: Bank, addresses: Iterable<Address>, programs: readonly Address[]): Generator<Listed> {
  for (const pubkey of addresses) {
    const account = bank.store.get(pubkey);
    if (account !== undefined && programs.includes(account.owner) && isTokenAccount(account))
      yield [pubkey, account];
  }
}

const getTokenAccountsByOwner: RpcMethod = ({ bank }, params) => {
  const holder = addressAt(params, 0);
  const { filter, config } = tokenQueryOf(bank, params);
  return listJson(
    bank,
    config,
    listed(bank, bank.store.tokenAccountsOf(holder, filter.mint), filter.programs),
  );
};

const DELEGATE_OFFSET = 76;

const getTokenAccountsByDelegate: RpcMethod = ({ bank }, params) => {
  const delegate = addressAt(params, 0);
  const { filter, config } = tokenQueryOf(bank, params);
  const wanted = addressBytes(delegate);
  const candidates =
    filter.mint === undefined
      ? filter.programs.flatMap((program) => [...bank.store.ownedBy(program)])
      : bank.store.tokenAccountsWith(filter.mint);
  function* delegated(): Generator<Listed> {
    for (const each of listed(bank, candidates, filter.programs)) {
      const { data } = each[1];
      // Raw bytes decide first: decoding an address costs more than comparing it.
      if (wanted.some((byte, i) => data[DELEGATE_OFFSET + i] !== byte)) continue;
      // The bytes stay after a delegate is revoked; only its flag says whether they count.
      if (tokenDelegate(each[1]) === delegate) yield each;
    }
  }
  return listJson(bank, config, delegated());
};

const getTokenLargestAccounts: RpcMethod = ({ bank }, params) => {
  const address = addressAt(params, 0);
  configAt(params, 1);
  const { mint, program } = mintOf(bank, address);
  const accounts = [...listed(bank, bank.store.tokenAccountsWith(address), [program])].map(
    ([pubkey, account]) => ({ address: pubkey, amount: tokenAmount(account) }),
  );
  accounts.sort((a, b) => (a.amount < b.amount ? 1 : a.amount > b.amount ? -1 : 0));
  return withContext(
    bank,
    accounts.slice(0, MAX_LARGEST_ACCOUNTS).map((entry) => ({
      address: entry.address,
      ...uiTokenAmount(entry.amount, mint.decimals),
    })),
  );
};

const getTokenAccountBalance: RpcMethod = ({ bank }, params) => {
  configAt(params, 1);
  const account = bank.read(addressAt(params, 0));
  if (account === undefined) throw invalidParams('Invalid param: could not find account');
  const token = readTokenAccount(account);
  if (token === undefined) throw invalidParams('Invalid param: not a Token account');
  return withContext(bank, uiTokenAmount(token.amount, mintOf(bank, token.mint).mint.decimals));
};

const getTokenSupply: RpcMethod = ({ bank }, params) => {
  configAt(params, 1);
  const account = bank.read(addressAt(params, 0));
  if (account === undefined) throw invalidParams('Invalid param: could not find account');
  if (!isTokenProgram(account.owner)) throw invalidParams('Invalid param: not a Token mint');
  const mint = readMint(account);
  if (mint === undefined) throw invalidParams('Invalid param: mint could not be unpacked');
  return withContext(bank, uiTokenAmount(mint.supply, mint.decimals));
};

export const tokenMethods: Readonly<Record<string, RpcMethod>> = {
  getTokenAccountsByOwner,
  getTokenAccountsByDelegate,
  getTokenLargestAccounts,
  getTokenAccountBalance,
  getTokenSupply,
};
