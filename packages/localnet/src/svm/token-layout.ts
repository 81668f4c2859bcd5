import type { Address } from '@solana/kit';
import { addressFrom } from '../codec/base58.ts';
import type { StoredAccount } from './account.ts';
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from './program-ids.ts';

/** Layout of SPL Token accounts and mints (spl-token `state.rs`); Token-2022 appends a type byte and extensions. */
const MINT_BYTES = 82;
const TOKEN_ACCOUNT_BYTES = 165;
const MULTISIG_BYTES = 355;
const STATE_OFFSET = 108;
const TYPE_OFFSET = 165;
const TYPE_MINT = 1;
const TYPE_ACCOUNT = 2;

export interface MintState {
  readonly mintAuthority: Address | null;
  readonly supply: bigint;
  readonly decimals: number;
  readonly isInitialized: boolean;
  readonly freezeAuthority: Address | null;
}

export interface TokenAccountState {
  readonly mint: Address;
  readonly owner: Address;
  readonly amount: bigint;
  readonly delegate: Address | null;
  readonly state: 'uninitialized' | 'initialized' | 'frozen';
  /** Lamports kept for rent if the account holds wrapped SOL. */
  readonly nativeReserve: bigint | null;
  readonly delegatedAmount: bigint;
  readonly closeAuthority: Address | null;
}

export const isTokenProgram = (program: Address): boolean =>
  program === TOKEN_PROGRAM || program === TOKEN_2022_PROGRAM;

const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);
const optionalAddress = (data: Uint8Array, at: number): Address | null =>
  view(data).getUint32(at, true) === 1 ? addressFrom(data, at + 4) : null;

function kindOf(account: StoredAccount): 'mint' | 'account' | undefined {
  const { data } = account;
  if (!isTokenProgram(account.owner)) return undefined;
  if (data.length === MINT_BYTES) return 'mint';
  if (data.length === TOKEN_ACCOUNT_BYTES) return 'account';
  if (account.owner !== TOKEN_2022_PROGRAM || data.length <= TYPE_OFFSET || data.length === MULTISIG_BYTES)
    return undefined;
  if (data[TYPE_OFFSET] === TYPE_MINT) return 'mint';
  return data[TYPE_OFFSET] === TYPE_ACCOUNT ? 'account' : undefined;
}

/** A mint is looked up for each of its accounts that is shown; accounts are never mutated. */
const mints = new WeakMap<StoredAccount, MintState>();

export function readMint(account: StoredAccount): MintState | undefined {
  const known = mints.get(account);
  if (known !== undefined) return known;
  const mint = decodeMint(account);
  if (mint !== undefined) mints.set(account, mint);
  return mint;
}

function decodeMint(account: StoredAccount): MintState | undefined {
  if (kindOf(account) !== 'mint') return undefined;
  const { data } = account;
  const isInitialized = data[45] === 1;
  if (!isInitialized) return undefined;
  return {
    mintAuthority: optionalAddress(data, 0),
    supply: view(data).getBigUint64(36, true),
    decimals: data[44] ?? 0,
    isInitialized,
    freezeAuthority: optionalAddress(data, 46),
  };
}

/** Whether it is an initialised token account, without decoding what it holds. */
export function isTokenAccount(account: StoredAccount): boolean {
  const state = kindOf(account) === 'account' ? account.data[STATE_OFFSET] : undefined;
  return state === 1 || state === 2;
}

/** Base units in a token account. */
export const tokenAmount = ({ data }: StoredAccount): bigint => view(data).getBigUint64(64, true);

/** The wallet or program that may spend from a token account. */
export const tokenDelegate = ({ data }: StoredAccount): Address | null => optionalAddress(data, 72);

export function readTokenAccount(account: StoredAccount): TokenAccountState | undefined {
  if (kindOf(account) !== 'account') return undefined;
  const { data } = account;
  const state =
    (['uninitialized', 'initialized', 'frozen'] as const)[data[STATE_OFFSET] ?? 0] ?? 'uninitialized';
  if (state === 'uninitialized') return undefined;
  return {
    mint: addressFrom(data, 0),
    owner: addressFrom(data, 32),
    amount: view(data).getBigUint64(64, true),
    delegate: optionalAddress(data, 72),
    state,
    nativeReserve: view(data).getUint32(109, true) === 1 ? view(data).getBigUint64(113, true) : null,
    delegatedAmount: view(data).getBigUint64(121, true),
    closeAuthority: optionalAddress(data, 129),
  };
}

export interface MultisigState {
  readonly numRequiredSigners: number;
  readonly numValidSigners: number;
  readonly isInitialized: boolean;
  readonly signers: readonly Address[];
}

export function readMultisig(account: StoredAccount): MultisigState | undefined {
  const { data } = account;
  if (!isTokenProgram(account.owner) || data.length !== MULTISIG_BYTES || data[2] !== 1) return undefined;
  const numValidSigners = data[1] ?? 0;
  return {
    numRequiredSigners: data[0] ?? 0,
    numValidSigners,
    isInitialized: true,
    signers: Array.from({ length: Math.min(numValidSigners, 11) }, (_, i) => addressFrom(data, 3 + 32 * i)),
  };
}

export interface TokenExtension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Token-2022 extensions behind an account's or mint's base state, in order: type u16, length u16, data. */
export function extensionsOf(account: StoredAccount): readonly TokenExtension[] {
  const extensions: TokenExtension[] = [];
  const v = view(account.data);
  for (let at = TYPE_OFFSET + 1; at + 4 <= account.data.length;) {
    const type = v.getUint16(at, true);
    if (type === 0) break;
    const length = v.getUint16(at + 2, true);
    extensions.push({ type, data: account.data.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return extensions;
}

/** An amount in base units as Solana's JSON shows token amounts. */
export interface UiTokenAmount {
  readonly amount: string;
  readonly decimals: number;
  readonly uiAmount: number | null;
  readonly uiAmountString: string;
}

export function uiTokenAmount(amount: bigint, decimals: number): UiTokenAmount {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  const uiAmountString = decimals === 0 || fraction === '' ? whole : `${whole}.${fraction}`;
  return { amount: amount.toString(), decimals, uiAmount: Number(uiAmountString), uiAmountString };
}
