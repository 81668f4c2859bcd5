import type { AccountMetaSchema, AccountSchema, FieldTable, InstructionSchema } from './types.ts';

/**
 * Governance (whitepaper §6, §8.1): what a proposal may do, with every parameter's bounds. The tables of
 * `docs/governance.md` and of the program's checks come from here.
 */

export const PROPOSAL_STATUS = { voting: 0, passed: 1, rejected: 2, executed: 3 } as const;
/** What has voted: a lock of MEDIA, or staked LP. `status` of a vote. */
export const VOTE_SOURCE = { lock: 0, stake: 1 } as const;
/** Levels of what has been there without a break (docs/governance.md, Weight). */
export const SEASONED_LEVELS = 3;
/** Weeks of a quarter, in which grants are bounded together. */
export const QUARTER_WEEKS = 13;
/** Room of an action in a proposal. */
export const ACTION_BYTES = 72;
/** Most that a proposal's link has. */
export const LINK_MAX = 120;
/** Bytes of a buffer that one `checkUpgrade` hashes. */
export const UPGRADE_SLICE = 49_152;
/** Most that a vote may add to rewards, as a part of fees; at most half of fees are kept, so the return stays below 0.9. */
export const MAX_REWARD_BOOST_BPS = 3_900;

const DAY = 86_400;
const SUPPLY = 10_000_000_000_000_000n;

/** When a changed parameter holds. */
export type Holds = 'week' | 'once' | 'refresh' | 'proposals' | 'joins' | 'sample';

/** A field of the config that a vote may set. */
export interface Parameter {
  readonly type: 'u32' | 'u64';
  readonly min: bigint;
  readonly max: bigint;
  readonly unit: string;
  readonly doc: string;
  readonly holds: Holds;
  /** At most halved or doubled by one proposal, so that no single vote does away with what protects from the next. */
  readonly gradual?: true;
}

const u32 = (
  min: number,
  max: number,
  unit: string,
  holds: Holds,
  doc: string,
  more: { readonly gradual?: true } = {},
): Parameter => ({ type: 'u32', min: BigInt(min), max: BigInt(max), unit, holds, doc, ...more });
const u64 = (
  min: bigint,
  max: bigint,
  unit: string,
  holds: Holds,
  doc: string,
  more: { readonly gradual?: true } = {},
): Parameter => ({ type: 'u64', min, max, unit, holds, doc, ...more });
const gradual = { gradual: true } as const;
const BASE = 'MEDIA base units';

/** Kinds that set parameters: each field of a kind is one of the config, by the same name. */
export const PARAMETERS = {
  dataFees: {
    feePerGb: u64(1n, 10_000_000_000n, `${BASE} for 10⁹ billable bytes`, 'week', 'What a gigabyte costs.'),
  },
  burst: {
    quotaKbpsPerMedia: u64(
      1n,
      1_000_000n,
      'kbit/s for a whole MEDIA of worth',
      'refresh',
      'Quota that staked worth gives a resource.',
    ),
    // No further than edges go by themselves (`apps/edge/src/tenant/quota.ts`).
    burstTimes: u32(1, 10, 'times the quota', 'sample', 'How far above its quota a resource may burst.'),
  },
  feeStructure: {
    dustBytes: u64(
      0n,
      1_073_741_824n,
      'bytes',
      'week',
      "Bytes below which a resource's hour is left out and billed to nobody.",
    ),
    poolFeeBps: u32(2, 1_000, 'basis points', 'once', 'Fee of a swap, which stays with the LP of the pool.'),
    domainStake: u64(
      1n,
      SUPPLY / 1_000n,
      `worth in ${BASE}`,
      'once',
      'Stake that a domain of PeerPool needs.',
    ),
    domainNoticeHours: u32(1, 10_000, 'hours', 'once', "From a domain's notice to its end."),
  },
  buyback: {
    buybackBps: u32(1, 100, "basis points of the pool's quote side", 'once', 'Most that one buyback swaps.'),
    buybackSecs: u32(1, DAY, 'seconds', 'once', 'Between two buybacks of a pool.'),
    buybackSpotBps: u32(
      1,
      1_000,
      'basis points',
      'once',
      'How far the price may be off its short average in a buyback.',
    ),
  },
  structure: {
    votingSecs: u32(1, 30 * DAY, 'seconds', 'proposals', 'How long a proposal is voted on.', gradual),
    timelockSecs: u32(
      1,
      30 * DAY,
      'seconds',
      'proposals',
      'From the end of voting until it may be executed.',
      gradual,
    ),
    seasoningSecs: u32(
      1,
      90 * DAY,
      'seconds',
      'proposals',
      'How long before a proposal tokens must have been locked or staked to vote on it.',
      gradual,
    ),
    quorumVotes: u64(1n, SUPPLY / 2n, BASE, 'proposals', 'Votes for it that a proposal needs.', gradual),
    depositQuote: u64(
      1n,
      10n ** 15n,
      'base units of the first quote mint',
      'proposals',
      'What the deposit of a proposal is worth.',
      gradual,
    ),
    depositFloor: u64(1n, SUPPLY / 100n, BASE, 'proposals', 'Least deposit, whatever the price.', gradual),
    depositCeiling: u64(1n, SUPPLY / 100n, BASE, 'proposals', 'Most deposit, whatever the price.', gradual),
    minGuards: u32(1, 21, 'guards', 'week', 'A set with fewer is not usable.'),
    maxGuards: u32(1, 21, 'guards', 'joins', "Most guards in a week's set."),
    minGuardStake: u64(0n, SUPPLY / 10n, `worth in ${BASE}`, 'joins', 'Stake that a guard needs.'),
  },
  fund: {
    guardShareBps: u32(0, 5_000, 'basis points', 'week', 'Part of what is kept that goes to guards.'),
    openYieldBps: u32(
      0,
      2_000,
      'basis points a year',
      'week',
      "Most that open bytes earn on an edge's stake.",
    ),
    rewardBoostBps: u32(
      0,
      MAX_REWARD_BOOST_BPS,
      'basis points of fees',
      'week',
      'What the fund adds to the rewards of a week, for as long as its budget lasts.',
    ),
    rewardBudget: u64(0n, SUPPLY, BASE, 'once', 'What the fund may still add to rewards in all.'),
    minEdgeStake: u64(0n, SUPPLY / 1_000n, `worth in ${BASE}`, 'week', 'Stake that an edge needs.'),
    minPoolMedia: u64(
      0n,
      SUPPLY / 10n,
      BASE,
      'once',
      'MEDIA behind staked LP that a pool needs before its LP gives rights.',
    ),
    domainStake: u64(
      1n,
      SUPPLY / 1_000n,
      `worth in ${BASE}`,
      'joins',
      'Stake behind a domain that uses PeerPool beside any CDN.',
    ),
    domainNoticeHours: u32(1, 8_760, 'hours', 'once', "Between a domain's notice and its end."),
    electionBond: u64(
      1n,
      SUPPLY / 1_000n,
      `worth in ${BASE}`,
      'once',
      'Stake that evidence binds while its election is open.',
    ),
    slashElectorBps: u32(
      1,
      5_000,
      'basis points',
      'once',
      'Part of what is slashed that goes to the elector.',
    ),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Parameter>>>>;

export type ParameterKind = keyof typeof PARAMETERS;

/** Which fields a proposal sets: bit i for the i-th of its kind. The others are zero. */
const mask = { mask: 'u32' } as const;
const fieldsOf = <const T extends Readonly<Record<string, Parameter>>>(
  table: T,
): { readonly [K in keyof T]: T[K]['type'] } =>
  // One entry for each of the table, with its type.
  Object.fromEntries(Object.entries(table).map(([name, { type }]) => [name, type])) as {
    readonly [K in keyof T]: T[K]['type'];
  };

export interface ActionSchema {
  /** `kind` of a proposal. Never reused. */
  readonly kind: number;
  /** The kind's name in the whitepaper, §6.1. */
  readonly title: string;
  readonly doc: string;
  readonly fields: FieldTable;
}

/** What a proposal can do: the ten kinds of the whitepaper (a grant is approved or stopped), and an upgrade. */
export const ACTIONS = {
  dataFees: {
    kind: 1,
    title: 'Adjust Data Transfer Fees',
    doc: 'Sets what a gigabyte costs.',
    fields: { ...mask, ...fieldsOf(PARAMETERS.dataFees) },
  },
  burst: {
    kind: 2,
    title: 'Adjust Burstable Bandwidth Quota',
    doc: 'Sets the quota that stake gives, and how far above it a resource may burst.',
    fields: { ...mask, ...fieldsOf(PARAMETERS.burst) },
  },
  feeStructure: {
    kind: 3,
    title: 'Fee Structure',
    doc: 'Sets what is too little to be billed, and the fee of swaps.',
    fields: { ...mask, ...fieldsOf(PARAMETERS.feeStructure) },
  },
  buyback: {
    kind: 4,
    title: 'Buy-back and Burn Parameters',
    doc: 'Sets how much a buyback swaps, how often, and at which price it waits.',
    fields: { ...mask, ...fieldsOf(PARAMETERS.buyback) },
  },
  integration: {
    kind: 5,
    title: 'Feature Integrations',
    doc: 'Registers a named integration with the SHA-256 of what defines it, or withdraws it.',
    fields: { name: { bytes: 32 }, sha256: { bytes: 32 }, enabled: 'u8' },
  },
  replaceGuard: {
    kind: 6,
    title: 'Replace a Media Guard',
    doc: 'Bars a guard from sets for some weeks and seats another in its place, if that one is staked.',
    fields: { guard: 'pubkey', successor: 'pubkey', weeks: 'u32' },
  },
  structure: {
    kind: 7,
    title: 'Protocol Governance Structure',
    doc: 'Sets periods, quorum and deposit of proposals, and the size of guard sets.',
    fields: { ...mask, ...fieldsOf(PARAMETERS.structure) },
  },
  grant: {
    kind: 8,
    title: 'Approve or Deny Grants',
    doc: 'Pays a grant from the fund, second by second, over at least four times what a vote to stop it takes.',
    fields: { recipient: 'pubkey', amount: 'u64', secs: 'u32' },
  },
  fund: {
    kind: 9,
    title: 'Staking & Rewards Fund structure',
    doc: 'Sets shares, yields, the stake of edges, and what the fund adds to rewards.',
    fields: { ...mask, ...fieldsOf(PARAMETERS.fund) },
  },
  removeResource: {
    kind: 10,
    title: 'Remove resources with unwanted content',
    doc: 'Takes a resource off the network, as its publisher would.',
    fields: { resource: 'pubkey' },
  },
  upgrade: {
    kind: 11,
    title: 'Upgrade of the program',
    doc: 'Puts the program in force whose bytes have the digest that was voted for.',
    fields: { digest: { bytes: 32 }, length: 'u32' },
  },
  stopGrant: {
    kind: 12,
    title: 'Approve or Deny Grants',
    doc: 'Stops a grant: what it has earned by then is paid, and no more.',
    fields: { grant: 'u64' },
  },
} as const satisfies Readonly<Record<string, ActionSchema>>;

export type ActionName = keyof typeof ACTIONS;

/** Genesis parameters of governance, all governed. */
export const GOVERNANCE_PARAMS = {
  /** Seconds before a proposal since which tokens must have been locked or staked to vote on it (14 days). */
  seasoningSecs: 'u32',
  /** MEDIA base units that must vote for a proposal (1,000,000 MEDIA). */
  quorumVotes: 'u64',
  /** What a proposal's deposit is worth, in base units of the first quote mint (10,000 USDC). */
  depositQuote: 'u64',
  /** Least and most of a deposit in MEDIA base units, whatever the price (200 and 20,000 MEDIA). */
  depositFloor: 'u64',
  depositCeiling: 'u64',
} as const satisfies FieldTable;

/** Fields of the config that governance keeps beside the parameters. */
export const GOVERNANCE_FIELDS = {
  /** How far above its quota a resource may burst; 0 counts as 10. */
  burstTimes: 'u32',
  /** Part of fees that the fund adds to rewards, in basis points, while `rewardBudget` lasts. */
  rewardBoostBps: 'u32',
  /** MEDIA that the fund may still add to rewards. */
  rewardBudget: 'u64',
  /** Proposals made so far; the next has this number + 1. */
  proposals: 'u64',
  /** MEDIA of the fund that grants have been promised and not paid. */
  grantsOwed: 'u64',
  /** Grants approved in quarter `grantQuarter` − 1; 0 for none. */
  granted: 'u64',
  grantQuarter: 'u32',
  /** Week from which the parameters of a week hold as the config has them; weeks before have the previous ones. */
  termsFrom: 'u32',
  /** Week from which the previous ones did. */
  previousFrom: 'u32',
  previousMinGuards: 'u32',
  previousFeePerGb: 'u64',
  previousDustBytes: 'u64',
  previousMinEdgeStake: 'u64',
  previousGuardShareBps: 'u32',
  previousOpenYieldBps: 'u32',
  previousRewardBoostBps: 'u32',
  /** Upgrades carried out; each voids what was checked of a buffer before it. */
  upgrades: 'u32',
} as const satisfies FieldTable;

/** So much has been there since `since`, seconds after `epochZero`. */
const LEVEL_OF = { amount: 'u64', since: 'u32' } as const satisfies FieldTable;

/** Since when what is held has been there; the newest level first, each at most the one before it. */
export const SEASONED_FIELDS = {
  /** Votes that keep what is held from leaving. */
  openVotes: 'u32',
  /** Seconds after `epochZero` of the last addition. */
  addedAt: 'u32',
  seasoned: { array: LEVEL_OF, length: SEASONED_LEVELS },
} as const satisfies FieldTable;

export const GOVERNANCE_ACCOUNTS = {
  lock: {
    tag: 18,
    doc: 'MEDIA that an owner has locked to vote with.',
    seeds: [{ text: 'lock' }, { account: 'owner' }],
    fields: {
      owner: 'pubkey',
      amount: 'u64',
      ...SEASONED_FIELDS,
      reserved: { bytes: 36 },
    },
  },
  proposal: {
    tag: 19,
    doc: 'A proposal and its votes. `status` is PROPOSAL_STATUS, `flags` its kind.',
    seeds: [{ text: 'prop' }, { arg: 'number', as: 'u64' }],
    fields: {
      /** 1 for the first. */
      number: 'u64',
      proposer: 'pubkey',
      /** MEDIA of the proposer's that the vault holds; 0 once it is returned or forfeit. */
      deposit: 'u64',
      createdAt: 'i64',
      /** Only what has been locked or staked since then votes. */
      seasonedAt: 'i64',
      votingEndsAt: 'i64',
      executableAt: 'i64',
      /** From here on it can no longer be executed. */
      expiresAt: 'i64',
      /** Votes for it that it needs. */
      quorumVotes: 'u64',
      votesFor: 'u64',
      votesAgainst: 'u64',
      executedAt: 'i64',
      /** Of the table ACTIONS, by kind. */
      action: { bytes: ACTION_BYTES },
      /** SHA-256 of the text that the link leads to. */
      textHash: { bytes: 32 },
      link: { str: LINK_MAX },
      /** Of an upgrade: the buffer that is being checked, the digest of its bytes so far, how many these are, and how many
       * upgrades there had been when that began. */
      checkedBuffer: 'pubkey',
      checkedDigest: { bytes: 32 },
      checkedBytes: 'u32',
      checkedBefore: 'u32',
      reserved: { bytes: 32 },
    },
  },
  vote: {
    tag: 20,
    doc: 'What a lock or a stake has voted on a proposal. `status` is VOTE_SOURCE, `flags` 1 for it, 0 against.',
    seeds: [{ text: 'vote' }, { account: 'proposal' }, { account: 'source' }],
    fields: {
      proposal: 'pubkey',
      /** The lock or the stake. */
      source: 'pubkey',
      owner: 'pubkey',
      weight: 'u64',
    },
  },
  grant: {
    tag: 21,
    doc: 'A grant that is being paid from the fund.',
    seeds: [{ text: 'grnt' }, { arg: 'number', as: 'u64' }],
    fields: {
      /** Number of the proposal that approved it. */
      number: 'u64',
      recipient: 'pubkey',
      amount: 'u64',
      paid: 'u64',
      startedAt: 'i64',
      /** Unix seconds at which a later vote stopped it; 0 for not. */
      stoppedAt: 'i64',
      secs: 'u32',
      pad: 'u32',
      reserved: { bytes: 32 },
    },
  },
  integration: {
    tag: 22,
    doc: 'A named integration that token holders have approved. `status` 1 is enabled, 0 withdrawn.',
    seeds: [{ text: 'intg' }, { arg: 'name', as: 'bytes' }],
    fields: {
      name: { bytes: 32 },
      /** SHA-256 of what defines it. */
      sha256: { bytes: 32 },
      /** Number of the proposal that set it last. */
      number: 'u64',
      changedAt: 'i64',
      reserved: { bytes: 32 },
    },
  },
} as const satisfies Record<string, AccountSchema>;

const owner = { name: 'owner', signer: true, writable: true } as const satisfies AccountMetaSchema;
const payer = {
  name: 'payer',
  signer: true,
  writable: true,
  doc: 'Pays rent.',
} as const satisfies AccountMetaSchema;
const cfg = { name: 'config', pda: [{ text: 'cfg' }] } as const satisfies AccountMetaSchema;
const cfgMut = { ...cfg, writable: true } as const satisfies AccountMetaSchema;
const system = { name: 'systemProgram', address: 'system' } as const satisfies AccountMetaSchema;
const token = { name: 'tokenProgram', address: 'token' } as const satisfies AccountMetaSchema;
/** MEDIA that is locked, and deposits of proposals. */
export const GOVERNANCE_VAULT = {
  name: 'vault',
  writable: true,
  pda: [{ text: 'vg' }],
} as const satisfies AccountMetaSchema;
const lock = {
  name: 'lock',
  writable: true,
  pda: [{ text: 'lock' }, { account: 'owner' }],
} as const satisfies AccountMetaSchema;
const ownerMedia = { name: 'ownerMedia', writable: true } as const satisfies AccountMetaSchema;
const proposal = { name: 'proposal', writable: true } as const satisfies AccountMetaSchema;
const voteOf = <const S extends string>(source: S) =>
  ({
    name: 'vote',
    writable: true,
    pda: [{ text: 'vote' }, { account: 'proposal' }, { account: source }],
  }) as const;
const grant = {
  name: 'grant',
  writable: true,
  pda: [{ text: 'grnt' }, { arg: 'number', as: 'u64' }],
} as const satisfies AccountMetaSchema;

export const GOVERNANCE_INSTRUCTIONS = {
  lockMedia: {
    id: 60,
    doc: 'Locks MEDIA of the owner to vote with. It counts for proposals that are made when it has lain there for the time of seasoning.',
    accounts: [owner, cfg, lock, GOVERNANCE_VAULT, ownerMedia, system, token],
    args: { amount: 'u64' },
  },
  unlockMedia: {
    id: 61,
    doc: 'Gives locked MEDIA back, the youngest first, when no vote of it is open.',
    accounts: [{ name: 'owner', signer: true }, cfg, lock, GOVERNANCE_VAULT, ownerMedia, token],
    args: { amount: 'u64' },
  },
  propose: {
    id: 62,
    doc: "Makes proposal `number`, the next one, for a deposit worth `depositQuote` at the first pool's average price, at most `maxDeposit`. It is voted on from now on.",
    accounts: [
      { name: 'proposer', signer: true, writable: true },
      cfgMut,
      { name: 'pool', doc: 'The pool of the first quote mint.' },
      { name: 'proposal', writable: true, pda: [{ text: 'prop' }, { arg: 'number', as: 'u64' }] },
      GOVERNANCE_VAULT,
      { name: 'proposerMedia', writable: true },
      system,
      token,
    ],
    args: {
      number: 'u64',
      maxDeposit: 'u64',
      kind: 'u8',
      action: { bytes: ACTION_BYTES },
      textHash: { bytes: 32 },
      link: { str: LINK_MAX },
    },
  },
  castVote: {
    id: 63,
    doc: "A lock's vote for a proposal (1) or against it (0), once, with what has been locked since before the time of seasoning.",
    accounts: [owner, cfg, { name: 'lock', writable: true }, proposal, voteOf('lock'), system],
    args: { side: 'u8' },
  },
  castStakeVote: {
    id: 64,
    doc: "A stake's vote for a proposal (1) or against it (0), once, with half the worth of the LP that has been staked since before the time of seasoning: its MEDIA side at the average price.",
    accounts: [
      owner,
      cfg,
      { name: 'pool' },
      { name: 'stake', writable: true },
      proposal,
      voteOf('stake'),
      system,
    ],
    args: { side: 'u8' },
  },
  closeVote: {
    id: 65,
    doc: 'Closes a vote on a proposal that is rejected, executed or past its time, and frees what voted; the rent goes back to its owner. Anyone may.',
    accounts: [
      { name: 'proposal' },
      { name: 'source', writable: true, doc: 'The lock or stake that voted.' },
      { name: 'vote', writable: true },
      { name: 'owner', writable: true, doc: "The vote's owner." },
    ],
    args: {},
  },
  finaliseProposal: {
    id: 66,
    doc: 'Counts the votes when voting is over. The deposit of a proposal that is rejected goes to the fund. Anyone may.',
    accounts: [cfg, proposal, GOVERNANCE_VAULT, { name: 'fund', writable: true }, token],
    args: {},
  },
  refundDeposit: {
    id: 67,
    doc: 'Returns the deposit of a proposal that has passed to who made it. Anyone may.',
    accounts: [
      cfg,
      proposal,
      GOVERNANCE_VAULT,
      { name: 'proposerMedia', writable: true, doc: 'MEDIA token account of the proposer.' },
      token,
    ],
    args: {},
  },
  executeParameters: {
    id: 68,
    doc: 'Sets the parameters that a passed proposal names. Anyone may.',
    accounts: [cfgMut, proposal],
    args: {},
  },
  executeRemoval: {
    id: 69,
    doc: 'Removes the resource that a passed proposal names. Anyone may.',
    accounts: [cfg, proposal, { name: 'resource', writable: true }],
    args: {},
  },
  executeGrant: {
    id: 70,
    doc: 'Begins to pay the grant that passed proposal `number` approves: at most a hundredth of what is free in the fund, and a twentieth a quarter. Anyone may.',
    accounts: [payer, cfgMut, proposal, { name: 'fund' }, grant, system],
    args: { number: 'u64' },
  },
  stopGrant: {
    id: 71,
    doc: 'Stops grant `number`, which a passed proposal names. Anyone may.',
    accounts: [cfgMut, proposal, grant],
    args: { number: 'u64' },
  },
  payGrant: {
    id: 72,
    doc: 'Pays what grant `number` has earned so far to its recipient. Anyone may.',
    accounts: [
      cfgMut,
      grant,
      { name: 'fund', writable: true },
      { name: 'recipientMedia', writable: true, doc: 'MEDIA token account of the recipient.' },
      token,
    ],
    args: { number: 'u64' },
  },
  executeIntegration: {
    id: 73,
    doc: 'Registers or withdraws the integration `name` that a passed proposal names. Anyone may.',
    accounts: [
      payer,
      cfg,
      proposal,
      { name: 'integration', writable: true, pda: [{ text: 'intg' }, { arg: 'name', as: 'bytes' }] },
      system,
    ],
    args: { name: { bytes: 32 } },
  },
  executeGuard: {
    id: 74,
    doc: 'Bars the guard that a passed proposal names, and seats its successor in the set of `week`, the next one, in its place. Anyone may.',
    accounts: [
      payer,
      cfg,
      proposal,
      { name: 'guard', writable: true },
      {
        name: 'successor',
        doc: 'Guard account; the system program, with its stake and pool, where none is named.',
      },
      { name: 'successorStake' },
      { name: 'successorPool' },
      { name: 'guardSet', writable: true, pda: [{ text: 'gs' }, { arg: 'week', as: 'u64' }] },
      system,
    ],
    args: { week: 'u64' },
  },
  executeUpgrade: {
    id: 75,
    doc: "Upgrades the program to a buffer that has been checked to its end. The program's upgrade authority is `authority`. Anyone may.",
    accounts: [
      payer,
      cfgMut,
      proposal,
      { name: 'authority', pda: [{ text: 'upgr' }] },
      { name: 'program', writable: true },
      { name: 'programData', writable: true },
      { name: 'buffer', writable: true },
      { name: 'rent' },
      { name: 'clock' },
      { name: 'loader' },
    ],
    args: {},
  },
  checkUpgrade: {
    id: 90,
    doc: 'Hashes the next slice of a buffer that nobody can change any more, for a passed proposal that upgrades the program; from `offset` 0, the first of any buffer. The last must give the digest that was voted for. Anyone may.',
    accounts: [
      cfg,
      proposal,
      { name: 'authority', pda: [{ text: 'upgr' }] },
      { name: 'buffer', doc: "The loader's, given to `authority`." },
    ],
    args: { offset: 'u32' },
  },
} as const satisfies Record<string, InstructionSchema>;

/** Errors of governance (6080–6099, and from 6110). */
export const GOVERNANCE_ERRORS = {
  6080: ['VotesOpen', 'Votes of it are open. Close them when their proposals are done, and ask again.'],
  6081: ['NoWeight', 'Nothing of it has been locked or staked for long enough before the proposal.'],
  6082: ['WrongKind', 'The proposal is of another kind.'],
  6083: ['Barred', 'A vote has barred the guard from sets for some weeks.'],
  6084: ['GrantTooLarge', 'The grant is above what the fund may promise at once or in this quarter.'],
  6085: ['BufferMismatch', 'The buffer does not hold the program that was voted for.'],
  6086: ['VotedAlready', 'This lock or stake has voted on the proposal already.'],
  6111: [
    'UpgradeUnchecked',
    'The buffer has not been checked up to there, or the program was upgraded since. Check it from its beginning.',
  ],
  6112: ['BufferOpen', "The buffer can still be changed. Give it to the program's upgrade authority first."],
} as const satisfies Record<number, readonly [name: string, words: string]>;
