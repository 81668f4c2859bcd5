import type { AccountMetaSchema, AccountSchema, FieldTable, InstructionSchema } from './types.ts';

/** What an election came to; open while guards may vote. */
export const ELECTION_STATUS = { open: 0, removed: 1, slashed: 2, rejected: 3, undecided: 4 } as const;
/**
 * Kinds of evidence (docs/chain.md, Elections). `counters`: two commits of one boot, hour and slot. `overreport`: a report above what
 * the counters rose by. `views`: two views of one guard and moment. `probes`: nothing that the accused has signed.
 */
export const EVIDENCE_KIND = { counters: 1, overreport: 2, views: 4, probes: 5 } as const;
export const ELECTION_VOTE = { uphold: 1, reject: 2 } as const;

/** Votes of an election are kept by guard number. */
const VOTE = { no: 'u32', vote: 'u32' } as const satisfies FieldTable;

/** Fields of config; each may be 0, which counts as the value in brackets. */
export const ELECTION_PARAMS = {
  /** LP worth this many MEDIA base units is bound while evidence is committed and its election open [minEdgeStake]. */
  electionBond: 'u64',
  /** Seconds in which guards vote [votingSecs]. */
  electionVoteSecs: 'u32',
  /** Seconds after that in which the accused may appeal [timelockSecs]. */
  electionAppealSecs: 'u32',
  /** Seconds between the commitment to evidence and its election [sampleSecs]. */
  evidenceDelaySecs: 'u32',
  /** Part of what is slashed that goes to the elector, in basis points [2000]. */
  slashElectorBps: 'u32',
  /** Most elections of one node at once [4]. */
  maxElections: 'u32',
  electionPad: 'u32',
  electionReserved: { bytes: 16 },
} as const satisfies FieldTable;

/** Fields of a guard and of an edge. */
export const ACCUSED_FIELDS = {
  /** Elections of this node that are open. */
  elections: 'u32',
  electionsPad: 'u32',
  /** Unix seconds at which an election removed it last; 0 for never. */
  removedAt: 'i64',
} as const satisfies FieldTable;

/** Fields of a stake. */
export const BONDED_FIELDS = {
  /** Part of `lp` bound by evidence that its guard has committed to, and by elections of it. */
  bonded: 'u64',
  /** Elections that are open and that this stake answers for. */
  elections: 'u32',
  electionsPad: 'u32',
} as const satisfies FieldTable;

export const ELECTION_ACCOUNTS = {
  evidence: {
    tag: 15,
    doc: 'What a guard has committed to and not shown: a hash over evidence.',
    seeds: [{ text: 'ec' }, { account: 'guard' }, { arg: 'nonce', as: 'u64' }],
    fields: {
      guard: 'pubkey',
      /** Stake of the guard whose LP is bound. */
      stake: 'pubkey',
      payer: 'pubkey',
      nonce: 'u64',
      commitment: { bytes: 32 },
      /** Unix seconds. */
      committedAt: 'i64',
      /** LP bound. */
      bond: 'u64',
      reserved: { bytes: 16 },
    },
  },
  election: {
    tag: 16,
    doc: 'An election of a node: what it is accused of and what guards say. `status` is ELECTION_STATUS.',
    seeds: [{ text: 'el' }, { account: 'accused' }, { arg: 'kind', as: 'u8' }, { arg: 'number', as: 'u64' }],
    fields: {
      /** Edge or guard. */
      accused: 'pubkey',
      /** Stake that falls. */
      accusedStake: 'pubkey',
      /** Guard that elects. */
      elector: 'pubkey',
      electorOwner: 'pubkey',
      electorStake: 'pubkey',
      payer: 'pubkey',
      /** Hour that the evidence is about; of probes hour · 2³² + number of the elector. */
      number: 'u64',
      /** Week whose set votes. */
      week: 'u64',
      /** Unix seconds at which the elector committed to its evidence: an earlier one takes its place. */
      committedAt: 'i64',
      startedAt: 'i64',
      /** Votes count until then, and it is final from then on. */
      endsAt: 'i64',
      /** Unix seconds of the appeal; 0 for none. */
      appealedAt: 'i64',
      /** LP of `electorStake` bound. */
      bond: 'u64',
      /** LP that fell, and how much of it the elector got. */
      slashed: 'u64',
      rewarded: 'u64',
      /** SHA-256 of the evidence file. */
      file: { bytes: 32 },
      /** SHA-256 of the file of the appeal. */
      appeal: { bytes: 32 },
      /** EVIDENCE_KIND. */
      fault: 'u32',
      /** Guards of the set. */
      setCount: 'u32',
      /** 1 where the accused's own signature stands against it, so that its stake falls. */
      slashes: 'u32',
      voteCount: 'u32',
      votes: { array: VOTE, length: 21 },
      reserved: { bytes: 64 },
    },
  },
} as const satisfies Record<string, AccountSchema>;

const cfg = { name: 'config', pda: [{ text: 'cfg' }] } as const satisfies AccountMetaSchema;
const system = { name: 'systemProgram', address: 'system' } as const satisfies AccountMetaSchema;
const guardSet = {
  name: 'guardSet',
  pda: [{ text: 'gs' }, { arg: 'week', as: 'u64' }],
} as const satisfies AccountMetaSchema;
const paying = {
  name: 'operator',
  signer: true,
  writable: true,
  doc: 'Of the guard; pays rent.',
} as const satisfies AccountMetaSchema;

export const ELECTION_INSTRUCTIONS = {
  commitEvidence: {
    id: 46,
    doc: 'Commits a guard to evidence that it shows later, and binds LP of its stake. Nothing of the evidence is seen.',
    accounts: [
      paying,
      cfg,
      { name: 'guard' },
      { name: 'stake', writable: true, doc: "The guard's." },
      { name: 'pool' },
      {
        name: 'evidence',
        writable: true,
        pda: [{ text: 'ec' }, { account: 'guard' }, { arg: 'nonce', as: 'u64' }],
      },
      system,
    ],
    args: { nonce: 'u64', commitment: { bytes: 32 } },
  },
  withdrawEvidence: {
    id: 47,
    doc: 'Takes back evidence that was not shown; the bond is free again.',
    accounts: [
      { name: 'operator', signer: true },
      { name: 'guard' },
      { name: 'stake', writable: true },
      { name: 'evidence', writable: true },
      { name: 'payer', writable: true, doc: "The evidence's payer." },
    ],
    args: {},
  },
  elect: {
    id: 48,
    doc: "Shows evidence that was committed to and begins the election of a node, or takes the place of an elector that committed later. Of all kinds but probes, the accused's signatures are in the Ed25519 instruction right before this one.",
    accounts: [
      paying,
      cfg,
      { name: 'guard' },
      guardSet,
      { name: 'evidence', writable: true },
      { name: 'payer', writable: true, doc: "The evidence's payer." },
      { name: 'accused', writable: true, doc: 'Edge or guard, by the kind.' },
      {
        name: 'accusedStake',
        writable: true,
        doc: 'The stake behind the accused.',
      },
      {
        name: 'reported',
        pda: [{ text: 'rep' }, { account: 'accused' }, { arg: 'number', as: 'u64' }],
        doc: 'Where the report of the accused of the hour is or would be: nobody chooses whether it counts.',
      },
      {
        name: 'election',
        writable: true,
        pda: [
          { text: 'el' },
          { account: 'accused' },
          { arg: 'kind', as: 'u8' },
          { arg: 'number', as: 'u64' },
        ],
      },
      {
        name: 'displaced',
        writable: true,
        doc: 'Stake of the elector whose place is taken, or the system program for none.',
      },
      { name: 'instructions', address: 'instructions' },
      system,
    ],
    args: {
      week: 'u64',
      kind: 'u8',
      number: 'u64',
      salt: { bytes: 32 },
      file: { bytes: 32 },
    },
  },
  voteElection: {
    id: 49,
    doc: 'A vote of a guard of the set that an election began under; the last one counts.',
    accounts: [
      { name: 'operator', signer: true },
      cfg,
      { name: 'guard' },
      guardSet,
      { name: 'election', writable: true },
    ],
    args: { week: 'u64', vote: 'u8' },
  },
  appealElection: {
    id: 50,
    doc: 'The accused names counter-evidence, once: guards that have voted may vote again for as long as appeals last.',
    accounts: [
      { name: 'signer', signer: true, doc: 'Owner or operator of the accused.' },
      cfg,
      { name: 'accused' },
      { name: 'election', writable: true },
    ],
    args: { file: { bytes: 32 } },
  },
  finaliseElection: {
    id: 51,
    doc: 'Ends an election: the accused is removed, and slashed where it signed what stands against it; or the bond is forfeit; or neither. Anyone may.',
    accounts: [
      { name: 'payer', signer: true, writable: true, doc: 'Pays rent.' },
      { ...cfg, writable: true },
      { name: 'election', writable: true },
      { name: 'accused', writable: true },
      { name: 'accusedStake', writable: true },
      { name: 'electorStake', writable: true },
      {
        name: 'reward',
        writable: true,
        doc: "The elector's stake as a guard in this pool; created where there is none.",
      },
      { name: 'pool', writable: true, doc: 'Of the stake that falls.' },
      { name: 'lpMint', writable: true },
      { name: 'lpVault', writable: true },
      { name: 'mediaVault', writable: true },
      { name: 'fund', writable: true },
      system,
      { name: 'tokenProgram', address: 'token' },
    ],
    args: {},
  },
  closeElection: {
    id: 52,
    doc: 'Closes an election that is over when its evidence is too old to elect with again; the rent goes back to its payer. Anyone may.',
    accounts: [
      cfg,
      { name: 'election', writable: true },
      { name: 'payer', writable: true, doc: "The election's payer." },
    ],
    args: {},
  },
} as const satisfies Record<string, InstructionSchema>;

export const ELECTION_ERRORS = {
  6060: ['ElectionOpen', 'An election of this node is open. Wait until it has ended.'],
  6061: ['WrongEvidence', 'What is signed does not show what this kind of evidence says.'],
  6062: [
    'NotSigned',
    "The accused's signatures are not in the Ed25519 instruction right before this one, or not by its key of that hour.",
  ],
  6063: ['OwnCase', 'A guard neither elects nor judges a node of its own owner.'],
  6064: [
    'NodeRemoved',
    'An election has removed this node. It comes back in a later week, with a stake that was filled after that.',
  ],
  6065: ['TooManyElections', 'As many elections of this node are open as there may be.'],
  6066: ['AlreadyAppealed', 'The accused has appealed already.'],
  6067: ['LaterCommitment', 'Another guard committed to evidence of this before.'],
  6068: ['EvidenceMismatch', 'The evidence is not the one that was committed to.'],
} as const satisfies Record<number, readonly [name: string, words: string]>;
