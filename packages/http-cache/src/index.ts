export { invalidatedGroups, readCacheGroups } from './cache-groups.ts';
export { cacheKey, keyOwner, keyScope, partKey, tenantPrefix, wholeKey } from './cache-key.ts';
export type { CacheKeyParts } from './cache-key.ts';
export { deltaSeconds, parseCacheControl, parseTargetedCacheControl } from './cache-control.ts';
export type { Directives } from './cache-control.ts';
export { cacheStatusField, cacheStatusMember } from './cache-status.ts';
export type { CacheStatusOutcome, ForwardReason } from './cache-status.ts';
export { createCollapser } from './collapser.ts';
export type { Collapser, CollapserOptions, EnterOptions, Lead, Turn } from './collapser.ts';
export { entityTagsMatch, evaluateConditions, parseEntityTag } from './conditional.ts';
export type { ConditionOutcome, EntityTag } from './conditional.ts';
export { entryMeta } from './entry-meta.ts';
export { fillFrom } from './fill-from.ts';
export type { FillFromOptions, FillFromResult } from './fill-from.ts';
export {
  ageValueSeconds,
  correctedInitialAgeMs,
  currentAgeSeconds,
  dateValueMs,
  effectiveDirectives,
  freshnessLifetime,
  freshnessOf,
  reuse,
} from './freshness.ts';
export type {
  Freshness,
  LifetimePolicy,
  LifetimeSource,
  OriginResponse,
  PolicyLifetime,
  Reuse,
} from './freshness.ts';
export {
  endToEndHeaders,
  headerLines,
  headerValue,
  listMembers,
  lookupIn,
  withoutHeaders,
} from './headers.ts';
export type { HeaderLookup, RawHeaders } from './headers.ts';
export { formatHttpDate, parseHttpDate } from './http-date.ts';
export { invalidatedTargets, invalidates } from './invalidation.ts';
export { readNoVarySearch, ruledTarget, significantSearch } from './no-vary-search.ts';
export type { SearchRule } from './no-vary-search.ts';
export type { PurgeSelector } from './purge-selector.ts';
export type { Swept } from './purge-sweeps.ts';
export { evaluateRange, parseRange } from './range.ts';
export type { RangeOutcome } from './range.ts';
export { confirms, metaAfterNotModified, validatorsFor } from './revalidation.ts';
export { storability } from './storability.ts';
export type { CacheableRequest, NoStoreReason, Storability } from './storability.ts';
export type {
  BeginOptions,
  ByteSpan,
  CacheStore,
  CommitOptions,
  CommitResult,
  EntryMeta,
  Fill,
  NotStoredReason,
  OnDisturbed,
  OnVoided,
  PurgeTarget,
  StoreState,
  StoreStats,
  StoredEntry,
} from './store.ts';
export { openCacheStore } from './tiered-store.ts';
export type { CacheStoreOptions } from './tiered-store.ts';
export { PolicyNode, createTinyLfu, policyHash } from './tiny-lfu.ts';
export type { TinyLfu, TinyLfuOptions } from './tiny-lfu.ts';
export { readVary, secondaryKey } from './vary.ts';
