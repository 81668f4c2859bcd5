import type { AccountMetaSchema, AccountSchema, FieldTable, InstructionSchema } from './types.ts';

/** Worth in MEDIA base units that a domain needs where the config says 0: 25 MEDIA, as for an edge. */
export const DOMAIN_STAKE = 25_000_000_000n;

/** What governance may set of domains; fields of the config. */
export const DOMAIN_PARAMS = {
  /** Worth in MEDIA base units of the LP that a domain of PeerPool needs; 0 counts as 25 MEDIA. */
  domainStake: 'u64',
  /** Hours between a domain's notice and its end; 0 counts as a week. */
  domainNoticeHours: 'u32',
  pad3: 'u32',
} as const satisfies FieldTable;

export const DOMAIN_ACCOUNTS = {
  domain: {
    tag: 24,
    doc: 'A domain whose pages may use PeerPool by themselves, and the LP set aside for it.',
    seeds: [{ text: 'dom' }, { arg: 'key', as: 'pubkey' }],
    fields: {
      /** SHA-256 of the name. */
      key: 'pubkey',
      owner: 'pubkey',
      pool: 'pubkey',
      stake: 'pubkey',
      /** LP of the owner's stake set aside for it. */
      lp: 'u64',
      /** Unix seconds. */
      registeredAt: 'i64',
      /** Unix seconds of the notice under which it ends; 0 for none. */
      noticeAt: 'i64',
      /** Host name in lower case, without a dot at the end. */
      name: { str: 126 },
      reserved: { bytes: 64 },
    },
  },
} as const satisfies Record<string, AccountSchema>;

const cfg = { name: 'config', pda: [{ text: 'cfg' }] } as const satisfies AccountMetaSchema;
const system = { name: 'systemProgram', address: 'system' } as const satisfies AccountMetaSchema;
const owner = { name: 'owner', signer: true } as const satisfies AccountMetaSchema;
const stake = { name: 'stake', writable: true } as const satisfies AccountMetaSchema;
const domain = { name: 'domain', writable: true } as const satisfies AccountMetaSchema;

export const DOMAIN_INSTRUCTIONS = {
  registerDomain: {
    id: 82,
    doc: 'Allows the pages of a domain into PeerPool: sets LP of a stake of the role peerpool aside for it. First come; `key` is the SHA-256 of the name.',
    accounts: [
      { ...owner, writable: true },
      cfg,
      { name: 'pool' },
      stake,
      { ...domain, pda: [{ text: 'dom' }, { arg: 'key', as: 'pubkey' }] },
      system,
    ],
    args: { key: 'pubkey', lp: 'u64', name: { str: 126 } },
  },
  noticeDomain: {
    id: 83,
    doc: 'Gives notice to a domain: its owner at any time, anybody when the LP set aside for it is no longer worth what a domain needs.',
    accounts: [{ name: 'caller', signer: true }, cfg, { name: 'pool' }, domain],
    args: {},
  },
  keepDomain: {
    id: 84,
    doc: 'Sets so much LP aside for a domain from now on, enough for one, and takes a notice back.',
    accounts: [owner, cfg, { name: 'pool' }, stake, domain],
    args: { lp: 'u64' },
  },
  freeDomain: {
    id: 85,
    doc: 'Ends a domain whose notice is over; its LP is free again, its rent goes back to the owner. Anyone may.',
    accounts: [cfg, stake, domain, { name: 'owner', writable: true }],
    args: {},
  },
} as const satisfies Record<string, InstructionSchema>;
