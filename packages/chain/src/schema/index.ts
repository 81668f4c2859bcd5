export {
  ACCOUNTS,
  ACCOUNT_VERSION,
  CLAIM_WINDOW,
  EPOCH_STATUS,
  HEADER,
  HOUR_STATUS,
  LOCKED_LP,
  MAX_DISPUTES,
  MAX_GUARDS,
  MAX_QUOTES,
  MEDIA_DECIMALS,
  MEDIA_SUPPLY,
  MONTHS_KEPT,
  NODE_STATUS,
  OPEN_SPAN,
  PARAMS,
  PRICE_RING,
  QUOTE_FREEZABLE,
  RECORD_LEAVES,
  RECORD_WINDOW,
  RESOURCE_STATUS,
  ROLE,
  SAMPLES_PER_REPORT,
  SAMPLE_RING,
  SETTINGS_STATUS,
  VERDICT_STATUS,
} from './accounts.ts';
export type { AccountName } from './accounts.ts';
export { ELECTION_STATUS, ELECTION_VOTE, EVIDENCE_KIND } from './elections.ts';
export { DOMAIN_PARAMS, DOMAIN_STAKE } from './domains.ts';
export { LEVEL, PROGRAM_ERRORS } from './errors.ts';
export {
  ALLOCATION_INPUT,
  FOUNDING_PARAMS,
  LEAST_LOCK_SAMPLES,
  MAX_ALLOCATIONS,
  PURPOSE,
} from './founding.ts';
export type { ProgramErrorCode } from './errors.ts';
export {
  ACTIONS,
  ACTION_BYTES,
  LINK_MAX,
  MAX_REWARD_BOOST_BPS,
  PARAMETERS,
  PROPOSAL_STATUS,
  QUARTER_WEEKS,
  UPGRADE_SLICE,
  VOTE_SOURCE,
} from './governance.ts';
export type { ActionName, ActionSchema, Holds, Parameter, ParameterKind } from './governance.ts';
export { INSTRUCTIONS } from './instructions.ts';
export type { InstructionName } from './instructions.ts';
export type {
  AccountMetaSchema,
  AccountSchema,
  FieldTable,
  FieldType,
  InstructionSchema,
  SeedPart,
} from './types.ts';
