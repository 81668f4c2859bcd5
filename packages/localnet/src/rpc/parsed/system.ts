import type { Address } from '@solana/kit';
import { dataReader, named } from './layout.ts';
import type { InstructionLayout, ParsedInstruction } from './layout.ts';

/** The system program's instructions by their tag (agave, `parse_system.rs`). */
const LAYOUTS: readonly InstructionLayout[] = [
  {
    type: 'createAccount',
    accounts: ['source', 'newAccount'],
    data: (r) => ({ lamports: r.u64(), space: r.u64(), owner: r.address() }),
  },
  { type: 'assign', accounts: ['account'], data: (r) => ({ owner: r.address() }) },
  { type: 'transfer', accounts: ['source', 'destination'], data: (r) => ({ lamports: r.u64() }) },
  {
    type: 'createAccountWithSeed',
    accounts: ['source', 'newAccount'],
    data: (r) => ({
      base: r.address(),
      seed: r.text(),
      lamports: r.u64(),
      space: r.u64(),
      owner: r.address(),
    }),
  },
  { type: 'advanceNonce', accounts: ['nonceAccount', 'recentBlockhashesSysvar', 'nonceAuthority'] },
  {
    type: 'withdrawFromNonce',
    accounts: ['nonceAccount', 'destination', 'recentBlockhashesSysvar', 'rentSysvar', 'nonceAuthority'],
    data: (r) => ({ lamports: r.u64() }),
  },
  {
    type: 'initializeNonce',
    accounts: ['nonceAccount', 'recentBlockhashesSysvar', 'rentSysvar'],
    data: (r) => ({ nonceAuthority: r.address() }),
  },
  {
    type: 'authorizeNonce',
    accounts: ['nonceAccount', 'nonceAuthority'],
    data: (r) => ({ newAuthorized: r.address() }),
  },
  { type: 'allocate', accounts: ['account'], data: (r) => ({ space: r.u64() }) },
  {
    type: 'allocateWithSeed',
    accounts: ['account'],
    data: (r) => ({ base: r.address(), seed: r.text(), space: r.u64(), owner: r.address() }),
  },
  {
    type: 'assignWithSeed',
    accounts: ['account'],
    data: (r) => ({ base: r.address(), seed: r.text(), owner: r.address() }),
  },
  {
    type: 'transferWithSeed',
    accounts: ['source', 'sourceBase', 'destination'],
    data: (r) => ({ lamports: r.u64(), sourceSeed: r.text(), sourceOwner: r.address() }),
  },
  { type: 'upgradeNonce', accounts: ['nonceAccount'] },
];

export function parseSystem(data: Uint8Array, accounts: readonly Address[]): ParsedInstruction | undefined {
  const reader = dataReader(data);
  const layout = LAYOUTS[reader.u32()];
  const info = layout && named(layout.accounts, accounts);
  return info && { type: layout.type, info: { ...info, ...layout.data?.(reader) } };
}
