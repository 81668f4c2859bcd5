export {
  ACCOUNTS,
  ACCOUNT_VERSION,
  EPOCH_STATUS,
  HEADER,
  HOUR_STATUS,
  LOCKED_LP,
  MAX_GUARDS,
  MAX_QUOTES,
  MEDIA_DECIMALS,
  MEDIA_SUPPLY,
  NODE_STATUS,
  PARAMS,
  PRICE_RING,
  REPORT_STATUS,
  RESOURCE_STATUS,
  ROLE,
  SAMPLES_PER_REPORT,
  SAMPLE_RING,
  SETTINGS_STATUS,
  VOTE_REJECT,
} from './accounts.ts';
export type { AccountName } from './accounts.ts';
export { PROGRAM_ERRORS, VERDICT_REASON } from './errors.ts';
export type { ProgramErrorCode } from './errors.ts';
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
