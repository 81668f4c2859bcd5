import type { AccountMetaSchema, AccountSchema, FieldTable, InstructionSchema } from './types.ts';

/** Most founding allocations of a network. */
export const MAX_ALLOCATIONS = 8;
/**
 * Samples for which founding allocations stay locked at least: seven years with their leap days, in samples of 300 s (whitepaper
 * §5.4). A network that counts faster has shorter years.
 */
export const LEAST_LOCK_SAMPLES = 736_416;
/** What a founding allocation is for. */
export const PURPOSE = { rewards: 1, ecosystem: 2, technology: 3, reserve: 4 } as const;

/** The schedule of all founding allocations; arguments of genesis beside its parameters. */
export const FOUNDING_PARAMS = {
  /** Seconds from genesis in which nothing is released. */
  lockSecs: 'u32',
  /** Seconds after those in which the allocations vest, evenly by the second; 0 for all at once. */
  vestSecs: 'u32',
  /** MEDIA base units that are free at genesis in the Staking & Rewards Fund. */
  toFund: 'u64',
} as const satisfies FieldTable;

/** As genesis takes them in its tail, one after another. */
export const ALLOCATION_INPUT = {
  /** PURPOSE. */
  purpose: 'u32',
  beneficiary: 'pubkey',
  amount: 'u64',
} as const satisfies FieldTable;

const ALLOCATION = {
  ...ALLOCATION_INPUT,
  pad: 'u32',
  /** MEDIA base units paid out so far. Never above what has vested. */
  released: 'u64',
} as const satisfies FieldTable;

export const FOUNDING_ACCOUNTS = {
  founding: {
    tag: 23,
    doc: 'MEDIA that is locked from genesis on, by whom it is for. One for the network.',
    seeds: [{ text: 'fnd' }],
    fields: {
      /** MEDIA token account that holds what is not released. */
      vault: 'pubkey',
      /** Unix seconds of genesis. */
      foundedAt: 'i64',
      ...FOUNDING_PARAMS,
      /** MEDIA base units that the founder got at genesis, free. */
      toTreasury: 'u64',
      count: 'u32',
      pad: 'u32',
      allocations: { array: ALLOCATION, length: MAX_ALLOCATIONS },
      reserved: { bytes: 64 },
    },
  },
} as const satisfies Record<string, AccountSchema>;

const cfg = { name: 'config', pda: [{ text: 'cfg' }] } as const satisfies AccountMetaSchema;
const token = { name: 'tokenProgram', address: 'token' } as const satisfies AccountMetaSchema;
/** Places of genesis and of what follows from it. */
export const founding = {
  name: 'founding',
  writable: true,
  pda: [{ text: 'fnd' }],
} as const satisfies AccountMetaSchema;
export const foundingVault = {
  name: 'foundingVault',
  writable: true,
  pda: [{ text: 'fndv' }],
} as const satisfies AccountMetaSchema;

export const FOUNDING_INSTRUCTIONS = {
  release: {
    id: 80,
    doc: 'Pays what has vested of a founding allocation to its beneficiary. Anyone may.',
    accounts: [
      cfg,
      founding,
      foundingVault,
      {
        name: 'beneficiaryMedia',
        writable: true,
        doc: 'MEDIA token account of the beneficiary; the fund, where that is the config.',
      },
      token,
    ],
    args: { index: 'u8' },
  },
  changeBeneficiary: {
    id: 81,
    doc: 'Hands what is left of a founding allocation on to somebody else; its schedule stays.',
    accounts: [{ name: 'beneficiary', signer: true }, founding],
    args: { index: 'u8', successor: 'pubkey' },
  },
} as const satisfies Record<string, InstructionSchema>;
