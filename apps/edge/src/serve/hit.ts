import type { StoredEntry } from '@media-network/http-cache';
import { errorCode } from '@media-network/runtime';
import type { Answer } from './answer.ts';
import { fromStored } from './from-stored.ts';
import type { StoredDeps } from './from-stored.ts';
import { ttlSeconds } from './represent.ts';
import { cacheStatus } from './response-head.ts';
import type { AdmittedVisit } from './visit.ts';

/** Answers from the cache. */
export function hit(visit: AdmittedVisit, entry: StoredEntry, deps: StoredDeps): Promise<Answer> {
  const { meta } = entry;
  const made = {
    phase: 'hit',
    outcome: 'hit',
    reason: undefined,
    cacheStatus: cacheStatus(meta.headers, {
      kind: 'hit',
      ttlSeconds: ttlSeconds(meta, deps.clock.nowMs()),
    }),
  } as const;
  return fromStored(visit, entry, meta, made, deps);
}

/** Answers from the cache with what is no longer fresh: while it is refreshed, or in place of an error. */
export function stale(
  visit: AdmittedVisit,
  entry: StoredEntry,
  why: 'refresh' | { readonly error: unknown },
  deps: StoredDeps,
): Promise<Answer> {
  const { meta } = entry;
  const made = {
    phase: 'hit',
    outcome: 'stale',
    reason: why === 'refresh' ? undefined : errorCode(why.error),
    cacheStatus: cacheStatus(meta.headers, {
      kind: 'hit',
      ttlSeconds: ttlSeconds(meta, deps.clock.nowMs()),
      detail: why === 'refresh' ? 'stale-while-revalidate' : 'stale-if-error',
    }),
  } as const;
  return fromStored(visit, entry, meta, made, deps);
}
