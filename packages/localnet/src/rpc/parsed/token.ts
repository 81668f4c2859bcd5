import type { Address } from '@solana/kit';
import { uiTokenAmount } from '../../svm/token-layout.ts';
import { dataReader, named } from './layout.ts';
import { EXTENSION_LAYOUTS } from './token-extension-instruction.ts';
import { extensionName } from './token-extensions.ts';
import type { DataReader, InstructionLayout, ParsedInstruction } from './layout.ts';

const amount = (r: DataReader): Record<string, unknown> => ({ amount: r.u64().toString() });
const checkedAmount = (r: DataReader): Record<string, unknown> => {
  const base = r.u64();
  return { tokenAmount: uiTokenAmount(base, r.u8()) };
};
const optionalAddress = (r: DataReader): Address | null => (r.u8() === 1 ? r.address() : null);
const newMint = (r: DataReader): Record<string, unknown> => {
  const info = { decimals: r.u8(), mintAuthority: r.address() };
  const freezeAuthority = optionalAddress(r);
  return freezeAuthority === null ? info : { ...info, freezeAuthority };
};

const AUTHORITY_TYPES: readonly string[] = [
  'mintTokens',
  'freezeAccount',
  'accountOwner',
  'closeAccount',
  'transferFeeConfig',
  'withheldWithdraw',
  'closeMint',
  'interestRate',
  'permanentDelegate',
  'confidentialTransferMint',
  'transferHookProgramId',
  'confidentialTransferFeeConfig',
  'metadataPointer',
  'groupPointer',
  'groupMemberPointer',
  'scaledUiAmount',
  'pause',
];
/** Authorities over an account; all others are over a mint. */
const OVER_ACCOUNT: ReadonlySet<string> = new Set(['accountOwner', 'closeAccount']);

function extensionTypes(r: DataReader): Record<string, unknown> {
  const types: string[] = [];
  while (r.left >= 2) types.push(extensionName(r.u16()) ?? 'uninitialized');
  return types.length === 0 ? {} : { extensionTypes: types };
}

/** `signedBy`: the account after the named ones signs, or is a multisig whose signers follow. */
export interface TokenLayout extends InstructionLayout {
  readonly signedBy?: string;
  /** The accounts after the named ones are listed as signers, but nobody signs for them. */
  readonly listsSigners?: boolean;
  /** Accounts that follow everything else: all that are left, or as many as the data says. */
  readonly sources?: 'all' | 'counted';
}

/** The instructions of SPL Token by their tag, which Token-2022 shares (agave, `parse_token.rs`). */
const LAYOUTS: readonly TokenLayout[] = [
  { type: 'initializeMint', accounts: ['mint', 'rentSysvar'], data: newMint },
  { type: 'initializeAccount', accounts: ['account', 'mint', 'owner', 'rentSysvar'] },
  {
    type: 'initializeMultisig',
    accounts: ['multisig', 'rentSysvar'],
    listsSigners: true,
    data: (r) => ({ m: r.u8() }),
  },
  { type: 'transfer', accounts: ['source', 'destination'], signedBy: 'authority', data: amount },
  { type: 'approve', accounts: ['source', 'delegate'], signedBy: 'owner', data: amount },
  { type: 'revoke', accounts: ['source'], signedBy: 'owner' },
  {
    type: 'setAuthority',
    accounts: ['account'],
    signedBy: 'authority',
    data: (r) => ({
      authorityType: AUTHORITY_TYPES[r.u8()] ?? 'mintTokens',
      newAuthority: optionalAddress(r),
    }),
  },
  { type: 'mintTo', accounts: ['mint', 'account'], signedBy: 'mintAuthority', data: amount },
  { type: 'burn', accounts: ['account', 'mint'], signedBy: 'authority', data: amount },
  { type: 'closeAccount', accounts: ['account', 'destination'], signedBy: 'owner' },
  { type: 'freezeAccount', accounts: ['account', 'mint'], signedBy: 'freezeAuthority' },
  { type: 'thawAccount', accounts: ['account', 'mint'], signedBy: 'freezeAuthority' },
  {
    type: 'transferChecked',
    accounts: ['source', 'mint', 'destination'],
    signedBy: 'authority',
    data: checkedAmount,
  },
  {
    type: 'approveChecked',
    accounts: ['source', 'mint', 'delegate'],
    signedBy: 'owner',
    data: checkedAmount,
  },
  { type: 'mintToChecked', accounts: ['mint', 'account'], signedBy: 'mintAuthority', data: checkedAmount },
  { type: 'burnChecked', accounts: ['account', 'mint'], signedBy: 'authority', data: checkedAmount },
  {
    type: 'initializeAccount2',
    accounts: ['account', 'mint', 'rentSysvar'],
    data: (r) => ({ owner: r.address() }),
  },
  { type: 'syncNative', accounts: ['account'] },
  { type: 'initializeAccount3', accounts: ['account', 'mint'], data: (r) => ({ owner: r.address() }) },
  {
    type: 'initializeMultisig2',
    accounts: ['multisig'],
    listsSigners: true,
    data: (r) => ({ m: r.u8() }),
  },
  { type: 'initializeMint2', accounts: ['mint'], data: newMint },
  { type: 'getAccountDataSize', accounts: ['mint'], data: extensionTypes },
  { type: 'initializeImmutableOwner', accounts: ['account'] },
  { type: 'amountToUiAmount', accounts: ['mint'], data: amount },
  { type: 'uiAmountToAmount', accounts: ['mint'], data: (r) => ({ uiAmount: r.rest().toString('utf8') }) },
];

const multisigName = (name: string): string => `multisig${name.charAt(0).toUpperCase()}${name.slice(1)}`;

function signersOf(layout: TokenLayout, accounts: readonly Address[]): Record<string, unknown> | undefined {
  const after = accounts.slice(layout.accounts.length);
  if (layout.listsSigners === true) return { signers: after };
  if (layout.signedBy === undefined) return {};
  const [first, ...signers] = after;
  if (first === undefined) return undefined;
  return signers.length === 0
    ? { [layout.signedBy]: first }
    : { [multisigName(layout.signedBy)]: first, signers };
}

function layoutOf(reader: DataReader): TokenLayout | undefined {
  const tag = reader.u8();
  const found = LAYOUTS[tag] ?? EXTENSION_LAYOUTS[tag];
  return isList(found) ? found[reader.u8()] : found;
}

const isList = (found: TokenLayout | readonly TokenLayout[] | undefined): found is readonly TokenLayout[] =>
  Array.isArray(found);

export function parseToken(data: Uint8Array, accounts: readonly Address[]): ParsedInstruction | undefined {
  const reader = dataReader(data);
  const layout = layoutOf(reader);
  if (layout === undefined) return undefined;
  const count = layout.sources === 'counted' ? reader.u8() : 0;
  const first = layout.sources === 'all' ? layout.accounts.length : accounts.length - count;
  const info = named(layout.accounts, accounts);
  const signers = signersOf(layout, accounts.slice(0, first));
  if (info === undefined || signers === undefined) return undefined;
  const sources: Readonly<Record<string, unknown>> =
    layout.sources === undefined ? {} : { sourceAccounts: accounts.slice(first) };
  const all = { ...info, ...sources, ...signers, ...layout.data?.(reader) };
  if (layout.type !== 'setAuthority' || OVER_ACCOUNT.has(String(all['authorityType'])))
    return { type: layout.type, info: all };
  const { account: mint, ...others } = all;
  return { type: layout.type, info: { mint, ...others } };
}

const CREATE_TYPES: readonly string[] = ['create', 'createIdempotent'];

/** The associated token account program (agave, `parse_associated_token.rs`); no data means create. */
export function parseAssociatedToken(
  data: Uint8Array,
  accounts: readonly Address[],
): ParsedInstruction | undefined {
  const type = CREATE_TYPES[data[0] ?? 0];
  const info = named(['source', 'account', 'wallet', 'mint', 'systemProgram', 'tokenProgram'], accounts);
  return type === undefined ? undefined : info && { type, info };
}
