import { DOMAIN_ACCOUNTS, DOMAIN_PARAMS } from './domains.ts';
import { FOUNDING_ACCOUNTS } from './founding.ts';
import { ACCUSED_FIELDS, BONDED_FIELDS, ELECTION_ACCOUNTS, ELECTION_PARAMS } from './elections.ts';
import { GOVERNANCE_ACCOUNTS, GOVERNANCE_FIELDS, GOVERNANCE_PARAMS, SEASONED_FIELDS } from './governance.ts';
import type { AccountSchema, FieldTable } from './types.ts';

/** Every account begins with this header. `status` and `flags` mean what the account's doc says. */
export const HEADER = {
  tag: 'u8',
  version: 'u8',
  bump: 'u8',
  status: 'u8',
  flags: 'u32',
} as const satisfies FieldTable;
export const ACCOUNT_VERSION = 2;

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
/** Hours back from the newest that can still be recorded of a resource: bits of `resource.recorded`. */
export const RECORD_WINDOW = 512;
/** Most leaves of one `record`: with the longest proof that is needed, they stay within 40,000 compute units. */
export const RECORD_LEAVES = 6;
/** Weeks of a claim's window. */
export const CLAIM_WINDOW = 256;
/** Months whose results a resource keeps. */
export const MONTHS_KEPT = 12;
/** Most disputes that a verdict lists. */
export const MAX_DISPUTES = 100;
/** End of a span that is still open, and no hour of any other use. */
export const OPEN_SPAN = 2n ** 64n - 1n;
/** Set in a quote's `flags`: its mint may have a freeze authority. */
export const QUOTE_FREEZABLE = 1;

/** Roles a stake can back (whitepaper §2.5). */
export const ROLE = { publisher: 0, edge: 1, guard: 2, peerpool: 3, user: 4 } as const;
/** `removed` by an election. */
export const NODE_STATUS = { active: 0, left: 1, removed: 2 } as const;
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
export const VERDICT_STATUS = { committed: 0, revealed: 1 } as const;
export const HOUR_STATUS = { open: 0, final: 1 } as const;
export const EPOCH_STATUS = { open: 0, decided: 1, endorsed: 2 } as const;

/** Most quote mints that pools may have. */
export const MAX_QUOTES = 4;

/** The parameters fixed at genesis; governance may change those that are not periods. */
export const PARAMS = {
  /** Seconds a sample (300). */
  sampleSecs: 'u32',
  /** Samples after an hour's end in which its reports are accepted (6). */
  reportSlots: 'u32',
  /** Samples after an hour's end in which verdicts are committed (9). Above `reportSlots`. */
  commitSlots: 'u32',
  /** Samples after an hour's end in which verdicts are revealed (12). Above `commitSlots`. */
  verdictSlots: 'u32',
  /** Hours after `verdictSlots` in which the hour's own set can make it final (24). */
  finalHours: 'u32',
  /** Hours after those in which the set of the day can; void for good afterwards (336). */
  lateHours: 'u32',
  /** Hours a week (168). */
  hoursPerWeek: 'u32',
  /** Samples a month, at most 8,928 (8,640). */
  monthSlots: 'u32',
  /** Seconds between the begin of unbonding and withdrawal (21 days). Outlasts two weeks and an hour's finality. */
  unbondSecs: 'u32',
  /** Seconds a pool's average price looks back (86,400). */
  twapSecs: 'u32',
  /** Seconds that the average looks back which the price of the moment is compared with (1,800). */
  spotSecs: 'u32',
  /** How far the price of the moment may be off that average, in basis points (300). */
  spotBps: 'u32',
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
  /** Part of what is kept that goes to guards, in basis points (2000). */
  guardShareBps: 'u32',
  /** Most that open bytes earn in a year on an edge's stake, in basis points (900). */
  openYieldBps: 'u32',
  /** MEDIA base units for 10⁹ billable bytes. */
  feePerGb: 'u64',
  /** kbit/s of quota for one whole MEDIA of staked worth. */
  quotaKbpsPerMedia: 'u64',
  /** Worth in MEDIA base units that an edge must stake (25 MEDIA). */
  minEdgeStake: 'u64',
  /** Worth in MEDIA base units that a guard must stake. */
  minGuardStake: 'u64',
  /** MEDIA base units behind staked LP that a pool needs before its LP gives rights. */
  minPoolMedia: 'u64',
  /** Bytes below which a resource's hour is left out (1 MiB). */
  dustBytes: 'u64',
  ...GOVERNANCE_PARAMS,
  /** Mints that can be the quote side of a pool; zero for an empty place. The first is not zero. `flags`: QUOTE_FREEZABLE. */
  quotes: { array: { mint: 'pubkey', flags: 'u32', pad: 'u32' }, length: 4 },
} as const satisfies FieldTable;

const GUARD_SET_ENTRY = {
  guard: 'pubkey',
  no: 'u32',
  pad: 'u32',
  worth: 'u64',
} as const satisfies FieldTable;
const ROOT_VOTE = { no: 'u32', leaves: 'u32', root: { bytes: 32 } } as const satisfies FieldTable;
const EPOCH_VOTE = {
  no: 'u32',
  pad: 'u32',
  root: { bytes: 32 },
  rewards: 'u64',
} as const satisfies FieldTable;
/** What a publisher agrees to from hour `from` on. */
const TERMS = { from: 'u64', allowance: 'u64', vouchKey: { bytes: 32 } } as const satisfies FieldTable;
/** Active in hour h when `from` ≤ h < `until`. */
const SPAN = { from: 'u64', until: 'u64' } as const satisfies FieldTable;
/** Money of a week of service; `week` is week + 1, 0 for none. */
const SERVICE_WEEK = { week: 'u64', due: 'u64', kept: 'u64' } as const satisfies FieldTable;
/** A month's result; `month` is month + 1, 0 for none. `quotaKbps` is the quota when it was finalised. */
const MONTH = { month: 'u32', p95Kbps: 'u32', quotaKbps: 'u32' } as const satisfies FieldTable;
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
      /** MEDIA kept from fees for the rewards of their weeks, all epochs. */
      kept: 'u64',
      /** MEDIA that fees brought to the fund beyond `kept`: late, above half of what they covered, or paid for a debt. */
      late: 'u64',
      /** MEDIA that endorsed epochs reward. */
      allocated: 'u64',
      /** MEDIA paid out by claims. Never above `allocated`. */
      claimed: 'u64',
      /** Most of a pool's quote side that one buyback swaps, in basis points; 0 counts as 10. */
      buybackBps: 'u32',
      /** Seconds between two buybacks of a pool; 0 counts as 60. */
      buybackSecs: 'u32',
      /** How far the price may be off its short average in a buyback, in basis points; 0 counts as 100. */
      buybackSpotBps: 'u32',
      pad2: 'u32',
      ...ELECTION_PARAMS,
      ...GOVERNANCE_FIELDS,
      ...DOMAIN_PARAMS,
      reserved: { bytes: 44 },
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
      /** Staked LP. */
      lpVault: 'pubkey',
      reserveMedia: 'u64',
      reserveQuote: 'u64',
      /** LP in circulation plus `LOCKED_LP`. */
      lpSupply: 'u64',
      /** Sum of `lp + unbonding` over all stakes of this pool. */
      staked: 'u64',
      /** Quote base units in `quoteVault` that are no reserve: the quote side of fees, due for buyback. */
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
      /** MEDIA base units in `mediaVault` that are no reserve: bought back, due to be burned. */
      bought: 'u64',
      /** MEDIA burned so far. */
      burned: 'u64',
      /** Quote base units that buybacks have swapped so far, at most 2⁶⁴ − 1. */
      spent: 'u64',
      /** Unix seconds of the last buyback. */
      boughtAt: 'i64',
      /** Week of the last burn + 1; 0 for none. */
      burnedWeek: 'u64',
      reserved: { bytes: 88 },
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
      ...BONDED_FIELDS,
      ...SEASONED_FIELDS,
      reserved: { bytes: 4 },
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
      /** Key whose signatures hold in hours below `operatorFrom`; `operator` itself where it never changed. */
      previousOperator: 'pubkey',
      operatorFrom: 'u64',
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
      ...ACCUSED_FIELDS,
      /** Week before which a vote keeps it out of sets; 0 for never. */
      barredUntil: 'u64',
      reserved: { bytes: 40 },
    },
  },
  edge: {
    tag: 5,
    doc: 'A Media Edge. `status` is NODE_STATUS.',
    seeds: [{ text: 'edge' }, { account: 'owner' }],
    fields: {
      owner: 'pubkey',
      /** Key that the daemon signs with; may equal the owner. */
      operator: 'pubkey',
      /** Key whose signatures hold in hours below `operatorFrom`; `operator` itself where it never changed. */
      previousOperator: 'pubkey',
      operatorFrom: 'u64',
      stake: 'pubkey',
      /** Worth of the stake in MEDIA base units when the edge was registered or changed last. */
      worth: 'u64',
      joinedAt: 'i64',
      leftAt: 'i64',
      points: 'u64',
      /** Base URL at which viewers are served. */
      endpoint: { str: 126 },
      /** Base URL at which guards fetch evidence. */
      control: { str: 126 },
      region: { bytes: 8 },
      ...ACCUSED_FIELDS,
      reserved: { bytes: 48 },
    },
  },
  guardSet: {
    tag: 6,
    doc: 'The guards of one week and its terms. Open until the week has begun and `minGuards` are in; usable and frozen from then on.',
    seeds: [{ text: 'gs' }, { arg: 'week', as: 'u64' }],
    fields: {
      week: 'u64',
      payer: 'pubkey',
      count: 'u32',
      /** From here to `dustBytes`: the config's when the set was created. */
      minGuards: 'u32',
      guardShareBps: 'u32',
      openYieldBps: 'u32',
      feePerGb: 'u64',
      dustBytes: 'u64',
      entries: { array: GUARD_SET_ENTRY, length: MAX_GUARDS },
      reserved: { bytes: 64 },
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
      /** 95th percentile of the month finalised last. */
      p95Kbps: 'u32',
      /** Terms in use, at least 1. */
      termsCount: 'u32',
      /** LP of the publisher's stake set aside for this resource. */
      lp: 'u64',
      /** MEDIA that the stake could not cover. */
      debt: 'u64',
      /** MEDIA charged so far. */
      charged: 'u64',
      /** Newest hour recorded + 1; 0 for none. */
      lastHour: 'u64',
      /** Bytes recorded so far. */
      bytesTotal: 'u64',
      /** Week of the votes below. */
      authWeek: 'u64',
      authCount: 'u32',
      authVotes: { array: 'u32', length: MAX_GUARDS },
      /** Oldest first; those of an hour are the last of the `termsCount` with `from` ≤ hour. */
      terms: { array: TERMS, length: 8 },
      /** Hours in which the resource is active, in no order; `from` ≥ `until` is an empty place. */
      spans: { array: SPAN, length: 8 },
      /** Money by week of service; week w is at place w mod 6. */
      weeks: { array: SERVICE_WEEK, length: 6 },
      /** Which of the newest 512 hours are recorded: bit hour mod 512, least bit of byte 0 first. */
      recorded: { bytes: RECORD_WINDOW / 8 },
      /** Months below this are closed: finalised, or past without a sample. Their samples stay as they are. */
      monthsClosed: 'u32',
      pad: 'u32',
      /** Months finalised last; month m is at place m mod 12. */
      months: { array: MONTH, length: MONTHS_KEPT },
      reserved: { bytes: 104 },
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
    fields: {
      resource: 'pubkey',
      /** Sample + 1 up to which it is written. Sample s is at place s mod 8,928. */
      head: 'u64',
    },
    tail: 'u32',
  },
  report: {
    tag: 10,
    doc: "An edge's report of one hour.",
    seeds: [{ text: 'rep' }, { account: 'edge' }, { arg: 'hour', as: 'u64' }],
    fields: {
      edge: 'pubkey',
      payer: 'pubkey',
      hour: 'u64',
      bytes: 'u64',
      root: { bytes: 32 },
      entryCount: 'u32',
      /** Reports of the hour before this one: its place in every verdict. */
      index: 'u32',
      /** Worth of the edge's stake in MEDIA base units: the less of the edge's `worth` and that at the average price. */
      worth: 'u64',
      reserved: { bytes: 24 },
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
      /** Verdicts committed and revealed. */
      commits: 'u32',
      reveals: 'u32',
      /** Guards of the week's set; 0 before the first commit. */
      setCount: 'u32',
      /** Σ bytes of the reports, at most 2⁶⁴ − 1. */
      reportedBytes: 'u64',
      /** From here to `openYieldBps`: the terms of the hour's week. */
      feePerGb: 'u64',
      dustBytes: 'u64',
      guardShareBps: 'u32',
      openYieldBps: 'u32',
      finalAt: 'i64',
      root: { bytes: 32 },
      /** Leaves of the tree whose root it is. */
      leaves: 'u32',
      voteCount: 'u32',
      /** Week of the set whose votes these are. */
      voteWeek: 'u64',
      votes: { array: ROOT_VOTE, length: MAX_GUARDS },
      reserved: { bytes: 64 },
    },
  },
  epoch: {
    tag: 12,
    doc: "A week's money and the root of its claims. `status` is EPOCH_STATUS.",
    seeds: [{ text: 'ep' }, { arg: 'week', as: 'u64' }],
    fields: {
      week: 'u64',
      payer: 'pubkey',
      /** MEDIA that charges of this week covered while the epoch was open. */
      fees: 'u64',
      /** MEDIA kept of them: the ceiling of `rewards`. */
      kept: 'u64',
      /** Quote side of them as MEDIA at the average price. */
      toBurn: 'u64',
      rewards: 'u64',
      /** MEDIA that claims took. */
      paid: 'u64',
      root: { bytes: 32 },
      /** Week of the set that decided. */
      decidedWeek: 'u64',
      /** Worth behind the seats of that set. */
      slashable: 'u64',
      /** Week in which a later set endorsed it. */
      endorsedAt: 'u64',
      voteCount: 'u32',
      laterCount: 'u32',
      /** Votes of the week's own set. */
      votes: { array: EPOCH_VOTE, length: MAX_GUARDS },
      /** Week of the later set whose votes follow. */
      laterWeek: 'u64',
      laterVotes: { array: EPOCH_VOTE, length: MAX_GUARDS },
      reserved: { bytes: 128 },
    },
  },
  claim: {
    tag: 13,
    doc: 'What an owner has claimed.',
    seeds: [{ text: 'clm' }, { account: 'owner' }],
    fields: {
      owner: 'pubkey',
      /** First week of the window. */
      base: 'u64',
      /** MEDIA claimed so far. */
      total: 'u64',
      /** Which of the weeks from `base` on are claimed: bit week mod 256, least bit of byte 0 first. */
      claimed: { bytes: CLAIM_WINDOW / 8 },
    },
  },
  verdict: {
    tag: 14,
    doc: "A guard's verdicts on the reports of an hour: first a commitment, then the payload. `status` is VERDICT_STATUS.",
    seeds: [{ text: 'vd' }, { arg: 'hour', as: 'u64' }, { account: 'guard' }],
    fields: {
      hour: 'u64',
      guard: 'pubkey',
      payer: 'pubkey',
      /** Number of the guard. */
      no: 'u32',
      /** Bytes of the payload; 0 before it is revealed. */
      length: 'u32',
      commitment: { bytes: 32 },
      holding: { bytes: 32 },
      prevRoot: { bytes: 32 },
      salt: { bytes: 32 },
      reserved: { bytes: 16 },
    },
    tail: 'bytes',
  },
  ...FOUNDING_ACCOUNTS,
  ...ELECTION_ACCOUNTS,
  ...DOMAIN_ACCOUNTS,
  ...GOVERNANCE_ACCOUNTS,
} as const satisfies Record<string, AccountSchema>;

export type AccountName = keyof typeof ACCOUNTS;
