export { accessOf } from './access.ts';
export type { Access, Asker } from './access.ts';
export {
  addedVary,
  isSharedWholly,
  keptFields,
  preflightFields,
  sharedFields,
  viewersFields,
} from './answer-fields.ts';
export type { AnswerFacts } from './answer-fields.ts';
export { MIN_CODED_BYTES } from './verbs/compress.ts';
export type { CompressRule } from './verbs/compress.ts';
export { changed } from './field.ts';
export { lifetimeOf } from './lifetime.ts';
export type { Lifetime } from './lifetime.ts';
export { MAX_LINE } from './line.ts';
export { canonicalName, connectionOptions } from './names.ts';
export type { Reading } from './line.ts';
export { rulePath } from './path.ts';
export type { PathPattern } from './path.ts';
export { isPicked } from './picked.ts';
export type { EdgeFacts } from './picked.ts';
export { redirected } from './place.ts';
export type { Elsewhere } from './place.ts';
export {
  allFor,
  askedTarget,
  askedWith,
  closes,
  firstClosing,
  firstFor,
  isPlainPath,
  keyedTarget,
  targetAsPut,
} from './request.ts';
export type { AskedView, FieldView } from './request.ts';
export { MAX_RULES, NO_RULES, VERBS, readRules, shapingLines } from './rules.ts';
export type { Rules, RulesReading } from './rules.ts';
export {
  GRANT_COOKIE,
  bareTarget,
  grantCookie,
  grantOf,
  grantOfCookie,
  grantText,
  grantedTarget,
  grants,
} from './signed-url.ts';
export type { Grant, SignedGrant } from './signed-url.ts';
export type { Verb } from './verb.ts';
export type { LimitRule } from './verbs/limit.ts';
export type { SigningKeyRule } from './verbs/signing-key.ts';
export { SLICE_BYTES } from './verbs/slice.ts';
export type { SliceRule } from './verbs/slice.ts';
export type { BalanceRule } from './verbs/balance.ts';
export { EJECT } from './verbs/eject.ts';
export type { EjectRule } from './verbs/eject.ts';
export { FAILOVER } from './verbs/failover.ts';
export type { FailoverRule } from './verbs/failover.ts';
export type { HealthRule } from './verbs/health.ts';
export type { OriginRule } from './verbs/origin.ts';
export type { TierRule } from './verbs/tier.ts';
export { fieldsForS3, isForS3, signedForS3 } from './s3.ts';
export type { S3Access } from './s3.ts';
