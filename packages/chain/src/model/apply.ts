import { INSTRUCTIONS } from '../schema/index.ts';
import type { AccountName, InstructionName, InstructionSchema } from '../schema/index.ts';
import { buybackRules } from './buyback-rules.ts';
import { createContext } from './context.ts';
import type { Context, ModelInstruction } from './context.ts';
import { electionRules } from './election-rules.ts';
import { domainRules } from './domain-rules.ts';
import { evidenceRules } from './evidence-rules.ts';
import { customOf, fail } from './failure.ts';
import { foundingRules } from './founding-rules.ts';
import { moneyRules } from './money-rules.ts';
import { governanceRules } from './governance-rules.ts';
import { monthRules } from './month-rules.ts';
import { nodeRules } from './node-rules.ts';
import { recordRules } from './record-rules.ts';
import { resourceRules } from './resource-rules.ts';
import type { Rules } from './rules.ts';
import { settlementRules } from './settlement-rules.ts';
import { stakeRules } from './stake-rules.ts';
import type { ModelState } from './state.ts';

const rules: Rules = {
  ...moneyRules,
  ...buybackRules,
  ...stakeRules,
  ...nodeRules,
  ...resourceRules,
  ...evidenceRules,
  ...recordRules,
  ...monthRules,
  ...settlementRules,
  ...foundingRules,
  ...electionRules,
  ...domainRules,
  ...governanceRules,
};
const schemas: Readonly<Record<InstructionName, InstructionSchema>> = INSTRUCTIONS;

/** Kind of the program's account behind a name of the tables. Rings are opened by the rules: some need none. */
const KIND: Readonly<Record<string, AccountName>> = {
  config: 'config',
  pool: 'pool',
  stake: 'stake',
  guard: 'guard',
  edge: 'edge',
  guardSet: 'guardSet',
  resource: 'resource',
  settings: 'settings',
  report: 'report',
  hourAccount: 'hour',
  epoch: 'epoch',
  claim: 'claim',
  verdict: 'verdict',
  founding: 'founding',
  evidence: 'evidence',
  election: 'election',
  accusedStake: 'stake',
  electorStake: 'stake',
  domain: 'domain',
  lock: 'lock',
  proposal: 'proposal',
  vote: 'vote',
  grant: 'grant',
  integration: 'integration',
};

/** Accounts that an instruction may find missing: it creates them, or has a stand-in for none. */
const MAY_BE_MISSING: Partial<Record<InstructionName, readonly string[]>> = {
  genesis: ['config', 'founding'],
  createPool: ['pool'],
  stake: ['stake'],
  registerGuard: ['guard'],
  registerEdge: ['edge'],
  joinGuardSet: ['guardSet'],
  registerResource: ['resource'],
  openSettings: ['settings'],
  leaveGuard: ['guardSet'],
  submitReport: ['report', 'hourAccount', 'guardSet'],
  commitVerdict: ['verdict'],
  charge: ['epoch'],
  claim: ['claim'],
  registerDomain: ['domain'],
  closeReport: ['hourAccount'],
  closeVerdict: ['hourAccount'],
  commitEvidence: ['evidence'],
  elect: ['election'],
  lockMedia: ['lock'],
  propose: ['proposal'],
  castVote: ['vote'],
  castStakeVote: ['vote'],
  executeGrant: ['grant'],
  executeIntegration: ['integration'],
  executeGuard: ['guardSet'],
};

/** Accounts whose link is looked at before their kind: there may be none. */
const LINKED_FIRST: Partial<Record<InstructionName, string>> = { releaseResource: 'settings' };

export type Applied =
  | { readonly ok: true }
  | { readonly ok: false; readonly custom: number; readonly error: string };

/** What every instruction checks before its own rule: derived addresses, then the kinds of accounts. */
function checkAccounts(context: Context, name: InstructionName): void {
  const { accounts } = schemas[name];
  for (const meta of accounts) {
    if (meta.pda !== undefined && context.at(meta.name) !== context.derive(meta.name)) fail('WrongAddress');
  }
  for (const meta of accounts) {
    const kind = KIND[meta.name];
    if (kind === undefined || LINKED_FIRST[name] === meta.name) continue;
    if (MAY_BE_MISSING[name]?.includes(meta.name) === true) context.find(kind, context.at(meta.name));
    else context.open(kind, context.at(meta.name));
  }
}

/**
 * Applies one instruction to the state, whole or not at all. `now` is the chain's clock in seconds; signatures,
 * writability and lamports are taken for granted.
 */
export function apply(state: ModelState, instruction: ModelInstruction, now: bigint): Applied {
  const { context, commit } = createContext(state, instruction, now);
  try {
    checkAccounts(context, instruction.name);
    // The name picks the rule of the very instruction whose arguments these are.
    (rules[instruction.name] as (context: Context, args: unknown) => void)(context, instruction.args);
  } catch (error) {
    const custom = customOf(error);
    if (custom === undefined || !(error instanceof Error)) throw error;
    return { ok: false, custom, error: error.message };
  }
  commit();
  return { ok: true };
}
