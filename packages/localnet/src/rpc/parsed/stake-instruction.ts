import type { Address } from '@solana/kit';
import { dataReader, named } from './layout.ts';
import type { DataReader, InstructionLayout, ParsedInstruction } from './layout.ts';

type Info = Readonly<Record<string, unknown>>;

const lamports = (r: DataReader): Info => ({ lamports: r.u64() });
const authorityType = (r: DataReader): string => (r.u32() === 0 ? 'Staker' : 'Withdrawer');

/** Fields that a lockup sets, each with a byte before it that says whether it does. */
function someLockup(r: DataReader, withCustodian: boolean): Info {
  const unixTimestamp = r.u8() === 1 ? { unixTimestamp: r.i64() } : {};
  const epoch = r.u8() === 1 ? { epoch: r.u64() } : {};
  const custodian = withCustodian && r.u8() === 1 ? { custodian: r.address() } : {};
  return { ...unixTimestamp, ...epoch, ...custodian };
}

interface StakeLayout extends InstructionLayout {
  /** The account after the named ones, where there is one. */
  readonly optional?: string;
}

/** The stake program's instructions by their tag (agave, `parse_stake.rs`). */
const LAYOUTS: readonly StakeLayout[] = [
  {
    type: 'initialize',
    accounts: ['stakeAccount', 'rentSysvar'],
    data: (r) => ({
      authorized: { staker: r.address(), withdrawer: r.address() },
      lockup: { unixTimestamp: r.i64(), epoch: r.u64(), custodian: r.address() },
    }),
  },
  {
    type: 'authorize',
    accounts: ['stakeAccount', 'clockSysvar', 'authority'],
    optional: 'custodian',
    data: (r) => ({ newAuthority: r.address(), authorityType: authorityType(r) }),
  },
  {
    type: 'delegate',
    accounts: [
      'stakeAccount',
      'voteAccount',
      'clockSysvar',
      'stakeHistorySysvar',
      'stakeConfigAccount',
      'stakeAuthority',
    ],
  },
  { type: 'split', accounts: ['stakeAccount', 'newSplitAccount', 'stakeAuthority'], data: lamports },
  {
    type: 'withdraw',
    accounts: ['stakeAccount', 'destination', 'clockSysvar', 'stakeHistorySysvar', 'withdrawAuthority'],
    optional: 'custodian',
    data: lamports,
  },
  { type: 'deactivate', accounts: ['stakeAccount', 'clockSysvar', 'stakeAuthority'] },
  {
    type: 'setLockup',
    accounts: ['stakeAccount', 'custodian'],
    data: (r) => ({ lockup: someLockup(r, true) }),
  },
  {
    type: 'merge',
    accounts: ['destination', 'source', 'clockSysvar', 'stakeHistorySysvar', 'stakeAuthority'],
  },
  {
    type: 'authorizeWithSeed',
    accounts: ['stakeAccount', 'authorityBase', 'clockSysvar'],
    optional: 'custodian',
    data: (r) => ({
      newAuthorized: r.address(),
      authorityType: authorityType(r),
      authoritySeed: r.text(),
      authorityOwner: r.address(),
    }),
  },
  { type: 'initializeChecked', accounts: ['stakeAccount', 'rentSysvar', 'staker', 'withdrawer'] },
  {
    type: 'authorizeChecked',
    accounts: ['stakeAccount', 'clockSysvar', 'authority', 'newAuthority'],
    optional: 'custodian',
    data: (r) => ({ authorityType: authorityType(r) }),
  },
  {
    type: 'authorizeCheckedWithSeed',
    accounts: ['stakeAccount', 'authorityBase', 'clockSysvar', 'newAuthorized'],
    optional: 'custodian',
    data: (r) => ({ authorityType: authorityType(r), authoritySeed: r.text(), authorityOwner: r.address() }),
  },
  {
    type: 'setLockupChecked',
    accounts: ['stakeAccount', 'custodian'],
    data: (r) => ({ lockup: someLockup(r, false) }),
  },
  { type: 'getMinimumDelegation', accounts: [] },
  { type: 'deactivateDelinquent', accounts: ['stakeAccount', 'voteAccount', 'referenceVoteAccount'] },
  {
    type: 'redelegate',
    accounts: ['stakeAccount', 'newStakeAccount', 'voteAccount', 'stakeConfigAccount', 'stakeAuthority'],
  },
  { type: 'moveStake', accounts: ['source', 'destination', 'stakeAuthority'], data: lamports },
  { type: 'moveLamports', accounts: ['source', 'destination', 'stakeAuthority'], data: lamports },
];

export function parseStakeInstruction(
  data: Uint8Array,
  accounts: readonly Address[],
): ParsedInstruction | undefined {
  const reader = dataReader(data);
  const layout = LAYOUTS[reader.u32()];
  const info = layout && named(layout.accounts, accounts);
  if (layout === undefined || info === undefined) return undefined;
  const last = layout.optional === undefined ? undefined : accounts[layout.accounts.length];
  const optional = layout.optional === undefined || last === undefined ? {} : { [layout.optional]: last };
  return { type: layout.type, info: { ...info, ...optional, ...layout.data?.(reader) } };
}
