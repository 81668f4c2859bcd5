import { PARAMS } from './accounts.ts';
import type { AccountMetaSchema, InstructionSchema } from './types.ts';

const system = { name: 'systemProgram', address: 'system' } as const satisfies AccountMetaSchema;
const token = { name: 'tokenProgram', address: 'token' } as const satisfies AccountMetaSchema;
const cfg = { name: 'config', pda: [{ text: 'cfg' }] } as const satisfies AccountMetaSchema;
const cfgMut = { ...cfg, writable: true } as const satisfies AccountMetaSchema;
const payer = {
  name: 'payer',
  signer: true,
  writable: true,
  doc: 'Pays rent.',
} as const satisfies AccountMetaSchema;
const owner = { name: 'owner', signer: true } as const satisfies AccountMetaSchema;
const operator = { name: 'operator', signer: true } as const satisfies AccountMetaSchema;
const w = <const N extends string>(
  name: N,
  doc?: string,
): { readonly name: N; readonly writable: true; readonly doc?: string } => ({
  name,
  writable: true,
  ...(doc === undefined ? {} : { doc }),
});
const r = <const N extends string>(name: N, doc?: string): { readonly name: N; readonly doc?: string } => ({
  name,
  ...(doc === undefined ? {} : { doc }),
});

const byAccount = <const T extends string, const A extends string>(text: T, account: A) =>
  [{ text }, { account }] as const;
const byWeek = (text: string) => [{ text }, { arg: 'week', as: 'u64' }] as const;
const byHour = (text: string) => [{ text }, { arg: 'hour', as: 'u64' }] as const;

/**
 * All instructions. Where an account has no `pda`, the program checks it against an address stored in
 * another account of the same instruction, or by owner, tag and stored keys; `docs/chain.md` says which.
 */
export const INSTRUCTIONS = {
  genesis: {
    id: 0,
    doc: 'Creates the network: config, MEDIA mint with its whole supply, fund. First come, once.',
    accounts: [
      payer,
      cfgMut,
      { name: 'mediaMint', writable: true, pda: [{ text: 'mint' }] },
      { name: 'fund', writable: true, pda: [{ text: 'fund' }] },
      w(
        'treasury',
        'MEDIA token account of the payer at its associated address; gets the supply. Created here.',
      ),
      system,
      token,
      { name: 'ataProgram', address: 'ata' },
    ],
    args: PARAMS,
  },
  createPool: {
    id: 1,
    doc: 'Creates the pool of a quote mint with its LP mint and vaults, empty.',
    accounts: [
      payer,
      cfg,
      r('quoteMint', 'SPL Token mint, not MEDIA, no freeze authority.'),
      { name: 'pool', writable: true, pda: byAccount('pool', 'quoteMint') },
      r('mediaMint'),
      { name: 'lpMint', writable: true, pda: byAccount('lp', 'pool') },
      { name: 'mediaVault', writable: true, pda: byAccount('vm', 'pool') },
      { name: 'quoteVault', writable: true, pda: byAccount('vq', 'pool') },
      { name: 'lpVault', writable: true, pda: byAccount('vl', 'pool') },
      { name: 'buybackVault', writable: true, pda: byAccount('vb', 'pool') },
      system,
      token,
    ],
    args: {},
  },
  addLiquidity: {
    id: 2,
    doc: 'Deposits both sides, at most the maxima, for at least `minLp` LP.',
    accounts: [
      owner,
      cfg,
      w('pool'),
      w('lpMint'),
      w('mediaVault'),
      w('quoteVault'),
      w('ownerMedia'),
      w('ownerQuote'),
      w('ownerLp'),
      token,
    ],
    args: { maxMedia: 'u64', maxQuote: 'u64', minLp: 'u64' },
  },
  removeLiquidity: {
    id: 3,
    doc: 'Burns `lp` for both sides, at least the minima.',
    accounts: [
      owner,
      cfg,
      w('pool'),
      w('lpMint'),
      w('mediaVault'),
      w('quoteVault'),
      w('ownerMedia'),
      w('ownerQuote'),
      w('ownerLp'),
      token,
    ],
    args: { lp: 'u64', minMedia: 'u64', minQuote: 'u64' },
  },
  swap: {
    id: 4,
    doc: 'Swaps `amountIn` for at least `minOut`. Direction 0: MEDIA in, quote out; 1: quote in, MEDIA out.',
    accounts: [
      owner,
      cfg,
      w('pool'),
      w('mediaVault'),
      w('quoteVault'),
      w('ownerMedia'),
      w('ownerQuote'),
      token,
    ],
    args: { direction: 'u8', amountIn: 'u64', minOut: 'u64' },
  },
  stake: {
    id: 5,
    doc: 'Moves LP of the owner into a stake, creating it if need be.',
    accounts: [
      { ...owner, writable: true },
      cfg,
      w('pool'),
      {
        name: 'stake',
        writable: true,
        pda: [{ text: 'stk' }, { account: 'owner' }, { account: 'pool' }, { arg: 'role', as: 'u8' }],
      },
      w('lpVault'),
      w('ownerLp'),
      system,
      token,
    ],
    args: { role: 'u8', lp: 'u64' },
  },
  beginUnbond: {
    id: 6,
    doc: 'Starts the way out for LP that nothing holds. `node` is the edge or guard account of the owner for those roles, any account otherwise.',
    accounts: [owner, cfg, r('pool'), w('stake'), r('node')],
    args: { lp: 'u64' },
  },
  withdraw: {
    id: 7,
    doc: 'Pays out all unbonding LP once its period is over.',
    accounts: [owner, cfg, w('pool'), w('stake'), w('lpVault'), w('ownerLp'), token],
    args: {},
  },
  registerGuard: {
    id: 8,
    doc: 'Registers a guard, or brings one that left back under its old number.',
    accounts: [
      { ...owner, writable: true },
      cfgMut,
      r('pool'),
      r('stake'),
      { name: 'guard', writable: true, pda: byAccount('grd', 'owner') },
      system,
    ],
    args: { operator: 'pubkey', sealKey: { bytes: 32 }, region: { bytes: 8 }, endpoint: { str: 126 } },
  },
  updateGuard: {
    id: 9,
    doc: 'Changes what a guard says of itself.',
    accounts: [owner, w('guard')],
    args: { operator: 'pubkey', sealKey: { bytes: 32 }, region: { bytes: 8 }, endpoint: { str: 126 } },
  },
  leaveGuard: {
    id: 10,
    doc: 'A guard leaves; its stake can then unbond.',
    accounts: [owner, w('guard')],
    args: {},
  },
  registerEdge: {
    id: 11,
    doc: 'Registers an edge, or brings one that left back.',
    accounts: [
      { ...owner, writable: true },
      cfg,
      r('pool'),
      r('stake'),
      { name: 'edge', writable: true, pda: byAccount('edge', 'owner') },
      system,
    ],
    args: { operator: 'pubkey', region: { bytes: 8 }, endpoint: { str: 126 }, control: { str: 126 } },
  },
  updateEdge: {
    id: 12,
    doc: 'Changes what an edge says of itself.',
    accounts: [owner, w('edge')],
    args: { operator: 'pubkey', region: { bytes: 8 }, endpoint: { str: 126 }, control: { str: 126 } },
  },
  leaveEdge: {
    id: 13,
    doc: 'An edge leaves; its stake can then unbond.',
    accounts: [owner, w('edge')],
    args: {},
  },
  joinGuardSet: {
    id: 14,
    doc: "Enters a guard into a week's set, in place of the lowest when full.",
    accounts: [
      { ...operator, writable: true },
      cfg,
      r('pool'),
      r('stake'),
      r('guard'),
      { name: 'guardSet', writable: true, pda: byWeek('gs') },
      system,
    ],
    args: { week: 'u64' },
  },
  registerResource: {
    id: 15,
    doc: 'Creates a resource as a draft and sets LP of the stake aside for it.',
    accounts: [
      { name: 'publisher', signer: true, writable: true },
      cfg,
      r('pool'),
      w('stake'),
      {
        name: 'resource',
        writable: true,
        pda: [{ text: 'res' }, { account: 'publisher' }, { arg: 'id', as: 'u64' }],
      },
      system,
    ],
    args: { id: 'u64', lp: 'u64', unattestedBound: 'u64' },
  },
  attachRing: {
    id: 16,
    doc: 'Binds a zeroed account of the right size, owned by the program, to a resource as its sample ring.',
    accounts: [{ name: 'publisher', signer: true }, w('resource'), w('ring')],
    args: {},
  },
  openSettings: {
    id: 17,
    doc: 'Opens the buffer for version `settingsVersion` (the one in force + 1), `capacity` bytes.',
    accounts: [
      { name: 'publisher', signer: true, writable: true },
      r('resource'),
      {
        name: 'settings',
        writable: true,
        pda: [{ text: 'set' }, { account: 'resource' }, { arg: 'settingsVersion', as: 'u32' }],
      },
      system,
    ],
    args: { settingsVersion: 'u32', capacity: 'u32' },
  },
  writeSettings: {
    id: 18,
    doc: 'Writes bytes into an open buffer.',
    accounts: [{ name: 'publisher', signer: true }, r('resource'), w('settings')],
    args: { offset: 'u32' },
    tail: 'bytes',
  },
  sealSettings: {
    id: 19,
    doc: 'Seals the buffer, if its SHA-256 is the one given, and puts it in force; the one before is closed. A draft becomes pending.',
    accounts: [
      { name: 'publisher', signer: true, writable: true },
      w('resource'),
      w('settings'),
      w('previous', 'Settings in force; the system program if there are none.'),
    ],
    args: { length: 'u32', sha256: { bytes: 32 } },
  },
  updateResource: {
    id: 20,
    doc: 'Sets the LP set aside and the bound on unattested bytes.',
    accounts: [{ name: 'publisher', signer: true }, cfg, r('pool'), w('stake'), w('resource')],
    args: { lp: 'u64', unattestedBound: 'u64' },
  },
  pauseResource: {
    id: 21,
    doc: 'Pauses (1) or resumes (0) a resource; resuming goes through the guards again.',
    accounts: [{ name: 'publisher', signer: true }, cfg, w('resource')],
    args: { paused: 'u8' },
  },
  removeResource: {
    id: 22,
    doc: 'Takes a resource off the network. Its LP stays until all its hours are settled.',
    accounts: [{ name: 'publisher', signer: true }, cfg, w('resource')],
    args: {},
  },
  releaseResource: {
    id: 23,
    doc: 'Closes a removed resource with its ring and settings and frees its LP, 2 × finalHours after removal.',
    accounts: [
      { name: 'publisher', signer: true, writable: true },
      cfg,
      w('stake'),
      w('resource'),
      w('ring'),
      w('settings', 'Settings in force; the system program if there are none.'),
    ],
    args: {},
  },
  authorise: {
    id: 24,
    doc: "A guard's vote to activate a pending resource. More than two thirds of the current week's set activate it with the quota of its stake.",
    accounts: [operator, cfg, r('guard'), { name: 'guardSet', pda: byWeek('gs') }, r('pool'), w('resource')],
    args: { week: 'u64' },
  },
  refreshQuota: {
    id: 25,
    doc: "Recomputes a resource's quota from its stake; pays debt from LP set aside anew; exhausts or revives it. Anyone may.",
    accounts: [cfg, r('pool'), w('resource')],
    args: {},
  },
  submitReport: {
    id: 26,
    doc: "An edge's report of an hour, within `reportSlots` of its end.",
    accounts: [
      { ...operator, writable: true },
      cfg,
      r('edge'),
      r('pool'),
      r('stake'),
      {
        name: 'report',
        writable: true,
        pda: [{ text: 'rep' }, { account: 'edge' }, { arg: 'hour', as: 'u64' }],
      },
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
      system,
    ],
    args: { hour: 'u64', bytes: 'u64', root: { bytes: 32 }, entryCount: 'u32' },
  },
  vote: {
    id: 27,
    doc: "A guard's verdicts on reports of an hour: the tail is one byte a report, 0 to confirm or the reason of rejection.",
    accounts: [
      operator,
      cfg,
      r('guard'),
      { name: 'guardSet', pda: byWeek('gs') },
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
    ],
    remaining: { name: 'report', writable: true, doc: 'The reports, in the order of the tail.' },
    args: { week: 'u64', hour: 'u64' },
    tail: 'bytes',
  },
  proposeHour: {
    id: 28,
    doc: "A guard's vote for the root of an hour whose reports are fixed. A later vote replaces an earlier one until the hour is final.",
    accounts: [
      operator,
      cfg,
      r('guard'),
      { name: 'guardSet', pda: byWeek('gs') },
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
    ],
    args: { week: 'u64', hour: 'u64', root: { bytes: 32 } },
  },
  record: {
    id: 29,
    doc: "Records a resource's hour by proof: samples into its ring, fee due. Anyone may. The tail is the Merkle proof, 32 bytes a step.",
    accounts: [cfg, { name: 'hourAccount', pda: byHour('hr') }, w('resource'), w('ring')],
    args: { hour: 'u64', previous: 'u64', slots: { bytes: 96 }, billable: 'u64' },
    tail: 'bytes',
  },
  charge: {
    id: 30,
    doc: "Takes a resource's due fee out of its stake as LP at fair value. Anyone may. `epoch` is that of `dueWeek`, or of the current week if that one is closed.",
    accounts: [
      payer,
      cfg,
      w('pool'),
      w('stake'),
      w('resource'),
      { name: 'dueEpoch', pda: byWeek('ep'), writable: true },
      w('epoch', 'The epoch that gets the fee; `dueEpoch` itself unless that is closed.'),
      system,
    ],
    args: { week: 'u64' },
  },
  unwrap: {
    id: 31,
    doc: "Burns a pool's fee LP: MEDIA to the fund for the epoch's rewards, quote to the buyback vault. Anyone may.",
    accounts: [
      cfgMut,
      w('pool'),
      { name: 'epoch', writable: true, pda: byWeek('ep') },
      w('lpMint'),
      w('lpVault'),
      w('mediaVault'),
      w('quoteVault'),
      w('fund'),
      w('buybackVault'),
      token,
    ],
    args: { week: 'u64' },
  },
  proposeEpoch: {
    id: 32,
    doc: "A guard's vote for a week's root of cumulative claims and its rewards. More than two thirds close the epoch.",
    accounts: [
      operator,
      cfgMut,
      r('guard'),
      { name: 'guardSet', pda: byWeek('gs') },
      { name: 'epoch', writable: true, pda: byWeek('ep') },
    ],
    args: { week: 'u64', root: { bytes: 32 }, rewards: 'u64' },
  },
  claim: {
    id: 33,
    doc: 'Pays an owner what the last closed epoch says it has earned, less what it claimed. Anyone may pay for it; only the owner gets it. The tail is the Merkle proof.',
    accounts: [
      payer,
      cfgMut,
      { name: 'epoch', pda: byWeek('ep') },
      r('owner'),
      { name: 'claim', writable: true, pda: byAccount('clm', 'owner') },
      w('fund'),
      w('ownerMedia', 'MEDIA token account of the owner.'),
      system,
      token,
    ],
    args: { week: 'u64', cumulative: 'u64' },
    tail: 'bytes',
  },
  closeReport: {
    id: 34,
    doc: "Closes a report of an hour that is final or void; the rent goes back to the report's payer. Anyone may.",
    accounts: [
      cfg,
      { name: 'hourAccount', pda: byHour('hr') },
      w('report'),
      w('payer', "The report's payer."),
    ],
    args: { hour: 'u64' },
  },
  closeHour: {
    id: 35,
    doc: 'Closes an hour four weeks and `finalHours` after it; the rent goes back to its payer. Anyone may.',
    accounts: [
      cfg,
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
      w('payer', "The hour's payer."),
    ],
    args: { hour: 'u64' },
  },
} as const satisfies Record<string, InstructionSchema>;

export type InstructionName = keyof typeof INSTRUCTIONS;
