import { uiTokenAmount } from '../../svm/token-layout.ts';
import type { DataReader } from './layout.ts';
import { SYSTEM_PROGRAM } from '../../svm/program-ids.ts';
import { extensionName } from './token-extensions.ts';
import type { TokenLayout } from './token.ts';

type Info = Readonly<Record<string, unknown>>;

/** An address behind a byte that says whether there is one. */
const tagged = (r: DataReader): string | null => (r.u8() === 1 ? r.address() : null);

/** An address where zeros stand for none; it is left out then. */
function optional(name: string, r: DataReader): Info {
  const address = r.address();
  return address === SYSTEM_PROGRAM ? {} : { [name]: address };
}

/** The same, shown as null. */
function nullable(r: DataReader): string | null {
  const address = r.address();
  return address === SYSTEM_PROGRAM ? null : address;
}

const given = (name: string, value: string | null): Info => (value === null ? {} : { [name]: value });

const ACCOUNT_STATES = ['uninitialized', 'initialized', 'frozen'] as const;
const accountState = (r: DataReader): Info => ({ accountState: ACCOUNT_STATES[r.u8()] });

function transferFeeConfig(r: DataReader): Info {
  const configAuthority = tagged(r);
  const withdrawAuthority = tagged(r);
  return {
    transferFeeBasisPoints: r.u16(),
    maximumFee: r.u64(),
    ...given('transferFeeConfigAuthority', configAuthority),
    ...given('withdrawWithheldAuthority', withdrawAuthority),
  };
}

function amountWithFee(r: DataReader): Info {
  const amount = r.u64();
  const decimals = r.u8();
  return {
    tokenAmount: uiTokenAmount(amount, decimals),
    feeAmount: uiTokenAmount(r.u64(), decimals),
  };
}

function extensionTypes(r: DataReader): Info {
  const types: string[] = [];
  while (r.left >= 2) types.push(extensionName(r.u16()) ?? 'uninitialized');
  return { extensionTypes: types };
}

/** Initialises and changes an extension that names an address: where metadata, a group or a member is. */
const pointer = (what: string, field: string): readonly TokenLayout[] => [
  {
    type: `initialize${what}`,
    accounts: ['mint'],
    data: (r) => ({ ...optional('authority', r), ...optional(field, r) }),
  },
  { type: `update${what}`, accounts: ['mint'], signedBy: 'authority', data: (r) => optional(field, r) },
];

/**
 * The instructions that Token-2022 has for its extensions, by tag; a list is by the second tag
 * (agave, `parse_token/extension/*.rs`). Confidential transfers are not among them.
 */
export const EXTENSION_LAYOUTS: Readonly<Record<number, TokenLayout | readonly TokenLayout[]>> = {
  25: {
    type: 'initializeMintCloseAuthority',
    accounts: ['mint'],
    data: (r) => ({ newAuthority: tagged(r) }),
  },
  26: [
    { type: 'initializeTransferFeeConfig', accounts: ['mint'], data: transferFeeConfig },
    {
      type: 'transferCheckedWithFee',
      accounts: ['source', 'mint', 'destination'],
      signedBy: 'authority',
      data: amountWithFee,
    },
    {
      type: 'withdrawWithheldTokensFromMint',
      accounts: ['mint', 'feeRecipient'],
      signedBy: 'withdrawWithheldAuthority',
    },
    {
      type: 'withdrawWithheldTokensFromAccounts',
      accounts: ['mint', 'feeRecipient'],
      signedBy: 'withdrawWithheldAuthority',
      sources: 'counted',
    },
    { type: 'harvestWithheldTokensToMint', accounts: ['mint'], sources: 'all' },
    {
      type: 'setTransferFee',
      accounts: ['mint'],
      signedBy: 'transferFeeConfigAuthority',
      data: (r) => ({ transferFeeBasisPoints: r.u16(), maximumFee: r.u64() }),
    },
  ],
  28: [
    { type: 'initializeDefaultAccountState', accounts: ['mint'], data: accountState },
    {
      type: 'updateDefaultAccountState',
      accounts: ['mint'],
      signedBy: 'freezeAuthority',
      data: accountState,
    },
  ],
  29: {
    type: 'reallocate',
    accounts: ['account', 'payer', 'systemProgram'],
    signedBy: 'owner',
    data: extensionTypes,
  },
  30: [
    { type: 'enableRequiredMemoTransfers', accounts: ['account'], signedBy: 'owner' },
    { type: 'disableRequiredMemoTransfers', accounts: ['account'], signedBy: 'owner' },
  ],
  31: { type: 'createNativeMint', accounts: ['payer', 'nativeMint', 'systemProgram'] },
  32: { type: 'initializeNonTransferableMint', accounts: ['mint'] },
  33: [
    {
      type: 'initializeInterestBearingConfig',
      accounts: ['mint'],
      data: (r) => ({ rateAuthority: nullable(r), rate: r.i16() }),
    },
    {
      type: 'updateInterestBearingConfigRate',
      accounts: ['mint'],
      signedBy: 'rateAuthority',
      data: (r) => ({ newRate: r.i16() }),
    },
  ],
  34: [
    { type: 'enableCpiGuard', accounts: ['account'], signedBy: 'owner' },
    { type: 'disableCpiGuard', accounts: ['account'], signedBy: 'owner' },
  ],
  35: {
    type: 'initializePermanentDelegate',
    accounts: ['mint'],
    data: (r) => ({ delegate: r.address() }),
  },
  36: pointer('TransferHook', 'programId'),
  38: { type: 'withdrawExcessLamports', accounts: ['source', 'destination'], signedBy: 'authority' },
  39: pointer('MetadataPointer', 'metadataAddress'),
  40: pointer('GroupPointer', 'groupAddress'),
  41: pointer('GroupMemberPointer', 'memberAddress'),
  43: [
    {
      type: 'initializeScaledUiAmountConfig',
      accounts: ['mint'],
      data: (r) => ({ authority: nullable(r), multiplier: String(r.f64()) }),
    },
    {
      type: 'updateMultiplier',
      accounts: ['mint'],
      signedBy: 'authority',
      data: (r) => ({ newMultiplier: String(r.f64()), newMultiplierTimestamp: r.i64() }),
    },
  ],
  44: [
    {
      type: 'initializePausableConfig',
      accounts: ['mint'],
      data: (r) => ({ authority: nullable(r) }),
    },
    { type: 'pause', accounts: ['mint'], signedBy: 'authority' },
    { type: 'resume', accounts: ['mint'], signedBy: 'authority' },
  ],
};
