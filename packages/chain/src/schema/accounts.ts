import type { AccountSchema, FieldTable } from './types.ts';

/** Every account begins with this header. `status` and `flags` mean what the account's doc says. */
export const HEADER = {
  tag: 'u8',
  version: 'u8',
  bump: 'u8',
  status: 'u8',
  flags: 'u32',
} as const satisfies FieldTable;
export const ACCOUNT_VERSION = 1;

/** Hard ceiling of a week's guard set: sizes of vote lists are fixed by it (whitepaper §2.9). */
export const MAX_GUARDS = 21;
/** Samples in one report: the twelve five-minute samples of an hour (whitepaper §2.6). */
export const SAMPLES_PER_REPORT = 12;
/** Entries of a pool's cumulative-price ring. */
export const PRICE_RING = 100;
/** Slots of a resource's sample ring: five-minute samples in 31 days. */
export const SAMPLE_RING = 8928;
/** LP that no one owns, so that the first depositor cannot inflate a share. */
export const LOCKED_LP = 100n;
/** 10,000,000 MEDIA at nine decimals (whitepaper §5.3). */
export const MEDIA_SUPPLY = 10_000_000_000_000_000n;
export const MEDIA_DECIMALS = 9;
/** Set in a vote (`no | VOTE_REJECT`) that rejects. */
export const VOTE_REJECT = 0x8000_0000;

/** Roles a stake can back (whitepaper §2.5). */
export const ROLE = { publisher: 0, edge: 1, guard: 2, peerpool: 3, user: 4 } as const;
export const NODE_STATUS = { active: 0, left: 1 } as const;
export const RESOURCE_STATUS = {
  draft: 0,
  pending: 1,
  active: 2,
  paused: 3,
  exhausted: 4,
  removed: 5,
  released: 6,
} as const;
export const SETTINGS_STATUS = { open: 0, sealed: 1 } as const;
export const REPORT_STATUS = { pending: 0, confirmed: 1, rejected: 2 } as const;
export const HOUR_STATUS = { open: 0, final: 1 } as const;
export const EPOCH_STATUS = { open: 0, closed: 1 } as const;

/** Most quote mints that pools may have. */
export const MAX_QUOTES = 4;

/** The parameters fixed at genesis; governance may change those that are not periods. */
export const PARAMS = {
  /** Seconds a sample (300). */
  sampleSecs: 'u32',
  /** Samples after an hour's end in which its reports are accepted (6). */
  reportSlots: 'u32',
  /** Samples after an hour's end in which verdicts are accepted (12). At least `reportSlots`. */
  verdictSlots: 'u32',
  /** Hours after `verdictSlots` in which an hour can still become final; void afterwards (24). */
  finalHours: 'u32',
  /** Hours a week (168). */
  hoursPerWeek: 'u32',
  /** Samples a month, at most 8,928 (8,640). */
  monthSlots: 'u32',
  /** Seconds between the begin of unbonding and withdrawal (14 days). */
  unbondSecs: 'u32',
  /** Seconds a pool's average price looks back (3600). */
  twapSecs: 'u32',
  /** Seconds a vote on a proposal is open (3 days). */
  votingSecs: 'u32',
  /** Seconds between a passed proposal and its execution (3 days). */
  timelockSecs: 'u32',
  /** Most guards in a week's set, at most 21. */
  maxGuards: 'u32',
  /** A set with fewer is not usable. At least 1. */
  minGuards: 'u32',
  /** Fee of a swap in basis points (25). */
  poolFeeBps: 'u32',
  /** Part of an epoch's rewards that goes to guards, in basis points (2000). */
  guardShareBps: 'u32',
  /** MEDIA base units for 10⁹ billable bytes. */
  feePerGb: 'u64',
  /** kbit/s of quota for one whole MEDIA of staked worth. */
  quotaKbpsPerMedia: 'u64',
  /** Worth in MEDIA base units that an edge must stake (25 MEDIA). */
  minEdgeStake: 'u64',
  /** Worth in MEDIA base units that a guard must stake. */
  minGuardStake: 'u64',
  /** Mints that can be the quote side of a pool; zero for an empty place. The first is not zero. */
  quotes: { array: { mint: 'pubkey' }, length: 4 },
} as const satisfies FieldTable;

const GUARD_SET_ENTRY = {
  guard: 'pubkey',
  no: 'u32',
  pad: 'u32',
  worth: 'u64',
} as const satisfies FieldTable;
const ROOT_VOTE = { no: 'u32', pad: 'u32', root: { bytes: 32 } } as const satisfies FieldTable;
const EPOCH_VOTE = {
  no: 'u32',
  pad: 'u32',
  root: { bytes: 32 },
  rewards: 'u64',
} as const satisfies FieldTable;
const PRICE_POINT = { at: 'i64', cumLo: 'u64', cumHi: 'u64' } as const satisfies FieldTable;

export const ACCOUNTS = {
  config: {
    tag: 1,
    doc: 'The network: mints, parameters, totals. Signs for every vault.',
    seeds: [{ text: 'cfg' }],
    fields: {
      mediaMint: 'pubkey',
      /** MEDIA token account that holds kept fees and pays rewards (Staking & Rewards Fund). */
      fund: 'pubkey',
      /** Unix seconds at which hour 0 began. */
      epochZero: 'i64',
      ...PARAMS,
      /** Number the next guard gets; numbers are never reused and begin at 1. */
      nextGuardNo: 'u32',
      pad: 'u32',
      /** MEDIA kept from fees, all epochs. */
      kept: 'u64',
      /** MEDIA allocated to rewards by closed epochs. */
      allocated: 'u64',
      /** MEDIA paid out by claims. Never above `allocated`. */
      claimed: 'u64',
      /** Week + 1 of the last closed epoch; 0 for none. */
      lastEpoch: 'u64',
      reserved: { bytes: 128 },
    },
  },
  pool: {
    tag: 2,
    doc: 'A constant-product MEDIA/quote pool with its price ring.',
    seeds: [{ text: 'pool' }, { account: 'quoteMint' }],
    fields: {
      quoteMint: 'pubkey',
      lpMint: 'pubkey',
      mediaVault: 'pubkey',
      quoteVault: 'pubkey',
      /** Staked LP and LP taken as fees. */
      lpVault: 'pubkey',
      /** Quote side of unwrapped fees, waiting to buy MEDIA back. */
      buybackVault: 'pubkey',
      reserveMedia: 'u64',
      reserveQuote: 'u64',
      /** LP in circulation plus `LOCKED_LP`; 0 before the first deposit. */
      lpSupply: 'u64',
      /** Sum of `lp + unbonding` over all stakes of this pool. */
      staked: 'u64',
      /** LP taken as fees, not yet unwrapped, all of week `feeWeek`. */
      feeLp: 'u64',
      feeWeek: 'u64',
      /** Quote base units in `buybackVault` due for buyback. */
      toBurn: 'u64',
      /** Quote per MEDIA after the last change, Q32.32. */
      priceQ32: 'u64',
      /** Σ priceQ32 × seconds, 128-bit, at `updatedAt`. */
      cumLo: 'u64',
      cumHi: 'u64',
      updatedAt: 'i64',
      /** Index the next ring entry goes to, and how many are filled. */
      ringHead: 'u32',
      ringCount: 'u32',
      ring: { array: PRICE_POINT, length: PRICE_RING },
      reserved: { bytes: 64 },
    },
  },
  stake: {
    tag: 3,
    doc: 'LP that an owner has staked in one pool for one role. `flags` is the role.',
    seeds: [{ text: 'stk' }, { account: 'owner' }, { account: 'pool' }, { arg: 'role', as: 'u8' }],
    fields: {
      owner: 'pubkey',
      pool: 'pubkey',
      /** LP at stake. */
      lp: 'u64',
      /** Part of `lp` set aside for resources. */
      allocated: 'u64',
      /** LP on its way out: no weight, still slashable. */
      unbonding: 'u64',
      /** Unix seconds of the last begin of unbonding. */
      unbondAt: 'i64',
      /** Unix seconds of the first deposit. */
      since: 'i64',
      reserved: { bytes: 32 },
    },
  },
  guard: {
    tag: 4,
    doc: 'A Media Guard. `status` is NODE_STATUS.',
    seeds: [{ text: 'grd' }, { account: 'owner' }],
    fields: {
      owner: 'pubkey',
      /** Key that the daemon signs with; may equal the owner. */
      operator: 'pubkey',
      stake: 'pubkey',
      /** X25519 public key to which publishers wrap settings keys. */
      sealKey: { bytes: 32 },
      no: 'u32',
      pad: 'u32',
      joinedAt: 'i64',
      leftAt: 'i64',
      points: 'u64',
      /** Base URL of the guard's HTTP interface. */
      endpoint: { str: 126 },
      region: { bytes: 8 },
      reserved: { bytes: 32 },
    },
  },
  edge: {
    tag: 5,
    doc: 'A Media Edge. `status` is NODE_STATUS.',
    seeds: [{ text: 'edge' }, { account: 'owner' }],
    fields: {
      owner: 'pubkey',
      operator: 'pubkey',
      stake: 'pubkey',
      joinedAt: 'i64',
      leftAt: 'i64',
      points: 'u64',
      /** Base URL at which viewers are served. */
      endpoint: { str: 126 },
      /** Base URL at which guards fetch evidence. */
      control: { str: 126 },
      region: { bytes: 8 },
      reserved: { bytes: 32 },
    },
  },
  guardSet: {
    tag: 6,
    doc: 'The guards of one week. Open until the week has begun and `minGuards` are in; usable and frozen from then on.',
    seeds: [{ text: 'gs' }, { arg: 'week', as: 'u64' }],
    fields: {
      week: 'u64',
      count: 'u32',
      pad: 'u32',
      entries: { array: GUARD_SET_ENTRY, length: MAX_GUARDS },
    },
  },
  resource: {
    tag: 7,
    doc: 'What a publisher serves through the network. `status` is RESOURCE_STATUS.',
    seeds: [{ text: 'res' }, { account: 'publisher' }, { arg: 'id', as: 'u64' }],
    fields: {
      publisher: 'pubkey',
      id: 'u64',
      pool: 'pubkey',
      stake: 'pubkey',
      /** Sealed settings account in force; zero before the first. */
      settings: 'pubkey',
      ring: 'pubkey',
      settingsVersion: 'u32',
      quotaKbps: 'u32',
      p95Kbps: 'u32',
      pad: 'u32',
      /** LP of the publisher's stake set aside for this resource. */
      lp: 'u64',
      /** MEDIA due for hours recorded and not yet charged, all of week `dueWeek`. */
      due: 'u64',
      dueWeek: 'u64',
      /** MEDIA that the stake could not cover. */
      debt: 'u64',
      /** MEDIA charged so far. */
      charged: 'u64',
      /** Most unattested bytes an hour that are billed while nothing is attested. */
      unattestedBound: 'u64',
      /** The bound before, in force for hours below `boundFrom`. */
      previousBound: 'u64',
      /** First hour in which `unattestedBound` is in force. */
      boundFrom: 'u64',
      /** Hour + 1 recorded last; 0 for none. */
      lastHour: 'u64',
      /** Bytes recorded so far. */
      bytesTotal: 'u64',
      /** Hour in which it was paused or removed last. */
      removedHour: 'u64',
      /** Week of the votes below. */
      authWeek: 'u64',
      authCount: 'u32',
      authVotes: { array: 'u32', length: MAX_GUARDS },
      reserved: { bytes: 64 },
    },
  },
  settings: {
    tag: 8,
    doc: 'Encrypted settings of a resource, one account a version. `status` is SETTINGS_STATUS.',
    seeds: [{ text: 'set' }, { account: 'resource' }, { arg: 'settingsVersion', as: 'u32' }],
    fields: { resource: 'pubkey', settingsVersion: 'u32', length: 'u32', sha256: { bytes: 32 } },
    tail: 'bytes',
  },
  ring: {
    tag: 9,
    doc: 'Five-minute samples of a resource in kbit/s. Created with seed at top level: too large for CPI.',
    seeds: null,
    fields: { resource: 'pubkey', month: 'u64' },
    tail: 'u32',
  },
  report: {
    tag: 10,
    doc: "An edge's report of one hour with the guards' verdicts. `status` is REPORT_STATUS.",
    seeds: [{ text: 'rep' }, { account: 'edge' }, { arg: 'hour', as: 'u64' }],
    fields: {
      edge: 'pubkey',
      payer: 'pubkey',
      hour: 'u64',
      bytes: 'u64',
      root: { bytes: 32 },
      entryCount: 'u32',
      voteCount: 'u32',
      /** Guard number, with VOTE_REJECT set for a rejection. */
      votes: { array: 'u32', length: MAX_GUARDS },
      /** Reason of each vote, same order; see VERDICT_REASON. */
      reasons: { array: 'u8', length: MAX_GUARDS },
      reserved: { bytes: 15 },
    },
  },
  hour: {
    tag: 11,
    doc: "An hour's reports and the root of what follows from them. `status` is HOUR_STATUS.",
    seeds: [{ text: 'hr' }, { arg: 'hour', as: 'u64' }],
    fields: {
      hour: 'u64',
      payer: 'pubkey',
      reports: 'u32',
      decided: 'u32',
      confirmed: 'u32',
      voteCount: 'u32',
      confirmedBytes: 'u64',
      finalAt: 'i64',
      root: { bytes: 32 },
      votes: { array: ROOT_VOTE, length: MAX_GUARDS },
    },
  },
  epoch: {
    tag: 12,
    doc: "A week's money and the root of cumulative claims. `status` is EPOCH_STATUS.",
    seeds: [{ text: 'ep' }, { arg: 'week', as: 'u64' }],
    fields: {
      week: 'u64',
      payer: 'pubkey',
      /** MEDIA worth of LP taken as fees. */
      fees: 'u64',
      /** MEDIA side of unwrapped fees: the ceiling of `rewards`. */
      kept: 'u64',
      /** Quote side of unwrapped fees as MEDIA at the average price. */
      toBurn: 'u64',
      burned: 'u64',
      rewards: 'u64',
      /** Rewards of all epochs up to this one. */
      cumulative: 'u64',
      /** Week + 1 of the epoch closed before this one; 0 for none. */
      prevEpoch: 'u64',
      voteCount: 'u32',
      pad: 'u32',
      root: { bytes: 32 },
      votes: { array: EPOCH_VOTE, length: MAX_GUARDS },
      reserved: { bytes: 32 },
    },
  },
  claim: {
    tag: 13,
    doc: 'What an owner has claimed so far.',
    seeds: [{ text: 'clm' }, { account: 'owner' }],
    fields: { owner: 'pubkey', claimed: 'u64' },
  },
} as const satisfies Record<string, AccountSchema>;

export type AccountName = keyof typeof ACCOUNTS;
