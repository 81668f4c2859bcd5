import { PARAMS } from './accounts.ts';
import { DOMAIN_INSTRUCTIONS } from './domains.ts';
import { FOUNDING_INSTRUCTIONS, FOUNDING_PARAMS, founding, foundingVault } from './founding.ts';
import { ELECTION_INSTRUCTIONS } from './elections.ts';
import { GOVERNANCE_INSTRUCTIONS, GOVERNANCE_VAULT } from './governance.ts';
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

const verdict = {
  name: 'verdict',
  writable: true,
  pda: [{ text: 'vd' }, { arg: 'hour', as: 'u64' }, { account: 'guard' }],
} as const satisfies AccountMetaSchema;

/**
 * All instructions; ids 27 and 31 are retired. Where an account has no `pda`, the program checks it against an address stored in
 * another account of the same instruction, or by owner, tag and stored keys; `docs/chain.md` says which.
 */
export const INSTRUCTIONS = {
  genesis: {
    id: 0,
    doc: 'Creates the network: config, MEDIA mint with its whole supply, fund, founding allocations. First come, once. The tail is the allocations, each purpose u32 ‖ beneficiary ‖ amount u64: they are locked before anybody sees the mint.',
    accounts: [
      payer,
      cfgMut,
      { name: 'mediaMint', writable: true, pda: [{ text: 'mint' }] },
      { name: 'fund', writable: true, pda: [{ text: 'fund' }] },
      GOVERNANCE_VAULT,
      w(
        'treasury',
        'MEDIA token account of the payer at its associated address; gets what is neither locked nor of the fund. Created here.',
      ),
      founding,
      foundingVault,
      system,
      token,
      { name: 'ataProgram', address: 'ata' },
    ],
    args: { ...PARAMS, ...FOUNDING_PARAMS },
    tail: 'bytes',
  },
  createPool: {
    id: 1,
    doc: "Creates the pool of a quote mint with its LP mint and vaults, and makes the first deposit. The LP goes to the payer's associated account, which is created here.",
    accounts: [
      payer,
      cfg,
      r(
        'quoteMint',
        'SPL Token mint that the config lists; with a freeze authority only if its flag says so.',
      ),
      { name: 'pool', writable: true, pda: byAccount('pool', 'quoteMint') },
      r('mediaMint'),
      { name: 'lpMint', writable: true, pda: byAccount('lp', 'pool') },
      { name: 'mediaVault', writable: true, pda: byAccount('vm', 'pool') },
      { name: 'quoteVault', writable: true, pda: byAccount('vq', 'pool') },
      { name: 'lpVault', writable: true, pda: byAccount('vl', 'pool') },
      w('ownerMedia', 'What is deposited, of the payer.'),
      w('ownerQuote', 'What is deposited, of the payer.'),
      w('ownerLp', 'Associated LP token account of the payer; created here.'),
      system,
      token,
      { name: 'ataProgram', address: 'ata' },
    ],
    args: { media: 'u64', quote: 'u64' },
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
    doc: 'Changes what a guard says of itself. Another operator signs from now on; its signatures off chain hold from the next hour.',
    accounts: [owner, cfg, w('guard')],
    args: { operator: 'pubkey', sealKey: { bytes: 32 }, region: { bytes: 8 }, endpoint: { str: 126 } },
  },
  leaveGuard: {
    id: 10,
    doc: 'A guard leaves; its stake can then unbond. Its seat in the set of `week`, the next one, goes.',
    accounts: [owner, cfg, w('guard'), { name: 'guardSet', writable: true, pda: byWeek('gs') }],
    args: { week: 'u64' },
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
    doc: 'Changes what an edge says of itself, and takes the worth of its stake anew.',
    accounts: [owner, cfg, r('pool'), r('stake'), w('edge')],
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
    args: { id: 'u64', lp: 'u64', allowance: 'u64', vouchKey: { bytes: 32 } },
  },
  attachRing: {
    id: 16,
    doc: "Binds a zeroed account of the right size, owned by the program, to a resource as its sample ring. The tail is the seed (at most 32 bytes) with which the ring's address follows from the publisher's.",
    accounts: [{ name: 'publisher', signer: true }, w('resource'), w('ring')],
    args: {},
    tail: 'bytes',
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
    doc: 'Sets the LP set aside (0 leaves it as it is), the allowance of open bytes an hour and the vouching key; the last two hold from the next hour.',
    accounts: [{ name: 'publisher', signer: true }, cfg, r('pool'), w('stake'), w('resource')],
    args: { lp: 'u64', allowance: 'u64', vouchKey: { bytes: 32 } },
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
    doc: 'Closes a removed resource with its ring and settings and frees its LP, when no hour of it can be recorded any more.',
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
    doc: "A guard's vote to activate a pending resource, whose settings of `settingsVersion` it has looked at. More than two thirds of the current week's set activate it with the quota of its stake.",
    accounts: [operator, cfg, r('guard'), { name: 'guardSet', pda: byWeek('gs') }, r('pool'), w('resource')],
    args: { week: 'u64', settingsVersion: 'u32' },
  },
  refreshQuota: {
    id: 25,
    doc: "Recomputes a resource's quota from its stake; revives an exhausted one without debt. Anyone may.",
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
      { name: 'guardSet', pda: byWeek('gs'), doc: "The set of the hour's week, whose terms the hour gets." },
      system,
    ],
    args: { week: 'u64', hour: 'u64', bytes: 'u64', root: { bytes: 32 }, entryCount: 'u32' },
  },
  proposeHour: {
    id: 28,
    doc: "A guard's vote for the root of an hour and its number of leaves, computed from so many `reports` and `reveals`. `week` is the hour's, or the current one when the hour is late. A later vote replaces an earlier one until the hour is final.",
    accounts: [
      operator,
      cfg,
      r('guard'),
      { name: 'guardSet', pda: byWeek('gs') },
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
    ],
    args: { week: 'u64', hour: 'u64', root: { bytes: 32 }, leaves: 'u32', reports: 'u32', reveals: 'u32' },
  },
  record: {
    id: 29,
    doc: "Records an hour of `count` resources, the leaves from `index` on, by proof: samples into their rings, fees due. Anyone may. The tail is u16 length ‖ the leaves' numbers as LEB128 varints ‖ the proof, 32 bytes a step.",
    accounts: [cfg, { name: 'hourAccount', pda: byHour('hr') }],
    remaining: {
      name: 'resources',
      writable: true,
      doc: 'For each leaf its resource and its ring; the system program as the ring of a released one.',
    },
    args: { hour: 'u64', index: 'u32', count: 'u8' },
    tail: 'bytes',
  },
  charge: {
    id: 30,
    doc: 'Takes what a resource owes for a week of service out of its stake as LP at fair value, and unwraps it: MEDIA to the fund, quote set apart in its vault. Anyone may.',
    accounts: [
      payer,
      cfgMut,
      w('pool'),
      w('stake'),
      w('resource'),
      w('lpMint'),
      w('lpVault'),
      w('mediaVault'),
      w('fund'),
      { name: 'epoch', writable: true, pda: byWeek('ep') },
      system,
      token,
    ],
    args: { week: 'u64' },
  },
  proposeEpoch: {
    id: 32,
    doc: "A guard's vote for a week's root of claims and its rewards, computed while the epoch had `kept`. More than two thirds of the week's own set decide; more than two thirds of a later one, the current one, endorse it or decide anew.",
    accounts: [
      operator,
      cfgMut,
      r('guard'),
      { name: 'guardSet', pda: [{ text: 'gs' }, { arg: 'setWeek', as: 'u64' }] },
      { name: 'epoch', writable: true, pda: byWeek('ep') },
    ],
    args: { week: 'u64', setWeek: 'u64', root: { bytes: 32 }, rewards: 'u64', kept: 'u64' },
  },
  claim: {
    id: 33,
    doc: 'Pays an owner what an endorsed epoch says it earned in its week, once. Anyone may pay for it; only the owner gets it. The tail is the Merkle proof.',
    accounts: [
      payer,
      cfgMut,
      { name: 'epoch', writable: true, pda: byWeek('ep') },
      r('owner'),
      { name: 'claim', writable: true, pda: byAccount('clm', 'owner') },
      w('fund'),
      w('ownerMedia', 'MEDIA token account of the owner.'),
      system,
      token,
    ],
    args: { week: 'u64', amount: 'u64' },
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
    doc: 'Closes an hour four weeks after the last moment at which it can become final; the rent goes back to its payer. Anyone may.',
    accounts: [
      cfg,
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
      w('payer', "The hour's payer."),
    ],
    args: { hour: 'u64' },
  },
  commitVerdict: {
    id: 36,
    doc: "A guard's commitment to its verdicts on the `reports` reports of an hour.",
    accounts: [
      { ...operator, writable: true },
      cfg,
      r('guard'),
      { name: 'guardSet', pda: byWeek('gs') },
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
      verdict,
      system,
    ],
    args: { week: 'u64', hour: 'u64', commitment: { bytes: 32 }, reports: 'u32' },
  },
  writeVerdict: {
    id: 37,
    doc: 'Writes bytes of a committed verdict when commitments are over; the account grows as needed, at the expense of the operator.',
    accounts: [
      { ...operator, writable: true },
      cfg,
      r('guard'),
      { name: 'hourAccount', pda: byHour('hr') },
      verdict,
      system,
    ],
    args: { hour: 'u64', offset: 'u32' },
    tail: 'bytes',
  },
  revealVerdict: {
    id: 38,
    doc: 'Reveals a verdict whose first `length` bytes, with the rest, hash to its commitment.',
    accounts: [
      operator,
      cfg,
      r('guard'),
      { name: 'hourAccount', writable: true, pda: byHour('hr') },
      verdict,
    ],
    args: {
      hour: 'u64',
      length: 'u32',
      holding: { bytes: 32 },
      prevRoot: { bytes: 32 },
      salt: { bytes: 32 },
    },
  },
  payDebt: {
    id: 39,
    doc: "Pays a resource's debt out of LP set aside anew. Anyone may.",
    accounts: [
      cfgMut,
      w('pool'),
      w('stake'),
      w('resource'),
      w('lpMint'),
      w('lpVault'),
      w('mediaVault'),
      w('fund'),
      token,
    ],
    args: {},
  },
  closeVerdict: {
    id: 40,
    doc: 'Closes a verdict of an hour that is final or void; the rent goes back to its payer. Anyone may.',
    accounts: [
      cfg,
      { name: 'hourAccount', pda: byHour('hr') },
      w('verdict'),
      w('payer', "The verdict's payer."),
    ],
    args: { hour: 'u64' },
  },
  closeSet: {
    id: 41,
    doc: 'Closes a guard set when the last hour of its week may be closed; the rent goes back to its payer. Anyone may.',
    accounts: [cfg, { name: 'guardSet', writable: true, pda: byWeek('gs') }, w('payer', "The set's payer.")],
    args: { week: 'u64' },
  },
  closeEpoch: {
    id: 42,
    doc: 'Closes an epoch that has paid everything, or 256 weeks after it, when the last hour of its week may be closed; the rent goes back to its payer. Anyone may.',
    accounts: [cfg, { name: 'epoch', writable: true, pda: byWeek('ep') }, w('payer', "The epoch's payer.")],
    args: { week: 'u64' },
  },
  finaliseMonth: {
    id: 43,
    doc: "Finalises a month of a resource when its own sets no longer decide its hours: the program counts the ring's samples and takes `p95Kbps` only if it is their 95th percentile to the letter. Closes the months before it, which must be without samples. Once, in order. Anyone may.",
    accounts: [cfg, w('resource'), r('ring')],
    args: { month: 'u32', p95Kbps: 'u32' },
  },
  buyback: {
    id: 44,
    doc: 'Swaps a slice of the quote side of fees to MEDIA in its own pool: at most a thousandth of the pool, a minute after the last, at a price that stands still. What it brings stays in the vault to be burned. Anyone may.',
    accounts: [cfg, w('pool')],
    args: {},
  },
  burnBought: {
    id: 45,
    doc: 'Burns all MEDIA that a pool has bought back, once a week. Anyone may.',
    accounts: [cfg, w('pool'), w('mediaMint'), w('mediaVault'), token],
    args: {},
  },
  ...FOUNDING_INSTRUCTIONS,
  ...ELECTION_INSTRUCTIONS,
  ...DOMAIN_INSTRUCTIONS,
  ...GOVERNANCE_INSTRUCTIONS,
} as const satisfies Record<string, InstructionSchema>;

export type InstructionName = keyof typeof INSTRUCTIONS;
