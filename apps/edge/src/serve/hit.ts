import type { EntryMeta, StoredEntry } from '@media-network/http-cache';
import { errorCode } from '@media-network/runtime';
import { servedObject } from './account.ts';
import type { Answer } from './answer.ts';
import { represent, ttlSeconds } from './represent.ts';
import type { Representation } from './represent.ts';
import { cacheStatus } from './response-head.ts';
import type { Visit } from './visit.ts';

/** A stored entry as what a request may be answered from. `meta` may be newer than the entry's. */
export function storedRepresentation(entry: StoredEntry, meta: EntryMeta, target: string): Representation {
  return {
    meta,
    length: entry.length,
    sha256: entry.sha256,
    object: servedObject(target, entry.sha256, entry.length),
    stored: true,
    body(span) {
      if (span === undefined) return entry.body ?? entry.read();
      return entry.body?.subarray(span.start, span.end) ?? entry.read(span);
    },
    unread: () => undefined,
  };
}

/** Answers from the cache. */
export function hit(visit: Visit, entry: StoredEntry, nowMs: number): Answer {
  const ttl = { ttlSeconds: ttlSeconds(entry.meta, nowMs) };
  return fromEntry(visit, entry, nowMs, {
    phase: 'hit',
    outcome: 'hit',
    reason: undefined,
    cacheStatus: cacheStatus(entry.meta.headers, { kind: 'hit', ...ttl }),
  });
}

/** Answers from the cache with what is no longer fresh: while it is refreshed, or in place of an error. */
export function stale(
  visit: Visit,
  entry: StoredEntry,
  why: 'refresh' | { readonly error: unknown },
  nowMs: number,
): Answer {
  const detail = why === 'refresh' ? 'stale-while-revalidate' : 'stale-if-error';
  return fromEntry(visit, entry, nowMs, {
    phase: 'hit',
    outcome: 'stale',
    reason: why === 'refresh' ? undefined : errorCode(why.error),
    cacheStatus: cacheStatus(entry.meta.headers, {
      kind: 'hit',
      ttlSeconds: ttlSeconds(entry.meta, nowMs),
      detail,
    }),
  });
}

function fromEntry(
  visit: Visit,
  entry: StoredEntry,
  nowMs: number,
  made: Pick<Answer, 'phase' | 'outcome' | 'reason' | 'cacheStatus'>,
): Answer {
  const { request } = visit;
  const answer = represent(request, storedRepresentation(entry, entry.meta, request.target), made, nowMs);
  if (answer === undefined) throw new Error('a stored entry has every part of itself');
  return answer;
}
