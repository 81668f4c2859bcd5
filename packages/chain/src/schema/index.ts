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
  NODE_STATUS,
  OPEN_SPAN,
  PARAMS,
  PRICE_RING,
  QUOTE_FREEZABLE,
  RECORD_WINDOW,
  RESOURCE_STATUS,
  ROLE,
  SAMPLES_PER_REPORT,
  SAMPLE_RING,
  SETTINGS_STATUS,
  VERDICT_STATUS,
} from './accounts.ts';
export type { AccountName } from './accounts.ts';
export { LEVEL, PROGRAM_ERRORS } from './errors.ts';
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
