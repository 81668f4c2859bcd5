import { currentAgeSeconds, evaluateConditions, evaluateRange, lookupIn } from '@media-network/http-cache';
import type { CacheStatusOutcome, EntryMeta, HeaderLookup, StoredEntry } from '@media-network/http-cache';
import { servedObject } from './account.ts';
import { deliver } from './deliver.ts';
import type { DeliverDeps } from './deliver.ts';
import type { AdmittedExchange } from './exchange.ts';
import type { Outcome } from './phases.ts';
import { cacheStatus, storedHeaders } from './response-head.ts';

/** Delivers a stored entry: whole, a part of it, or 304, 412 or 416. `meta` may be newer than the entry's. */
export async function deliverEntry(
  exchange: AdmittedExchange,
  entry: StoredEntry,
  meta: EntryMeta,
  outcome: Outcome,
  status: CacheStatusOutcome,
  header: HeaderLookup,
  deps: DeliverDeps,
): Promise<void> {
  const { request } = exchange;
  exchange.phase = 'hit';
  exchange.outcome = outcome;
  const now = deps.clock.nowMs();
  const condition = evaluateConditions(header, meta, now);
  if (condition !== 'send') return deliverCondition(exchange, meta, entry, condition, status, deps);
  const part = evaluateRange(request.method, header, meta, entry.length);
  if (part.kind === 'unsatisfiable')
    return deliverUnsatisfiable(exchange, meta, part.contentRange, status, deps);
  exchange.account.object = servedObject(request.target, entry.sha256, entry.length);
  const headers = [
    ...storedHeaders(meta, entry.sha256),
    'Age',
    String(currentAgeSeconds(meta.freshness, now)),
    ...perRequest(exchange, meta, status),
  ];
  if (part.kind === 'partial') {
    const { start, end } = part;
    headers.push('Content-Range', part.contentRange);
    const body = entry.body?.subarray(start, end) ?? entry.read({ start, end });
    return deliver(
      exchange,
      { status: 206, statusText: 'Partial Content', headers, contentLength: end - start },
      body,
      deps,
    );
  }
  const body = entry.body ?? (request.method === 'HEAD' ? undefined : entry.read());
  return deliver(
    exchange,
    { status: meta.status, statusText: meta.statusText, headers, contentLength: entry.length },
    body,
    deps,
  );
}

export function deliverCondition(
  exchange: AdmittedExchange,
  meta: EntryMeta,
  entry: StoredEntry | undefined,
  condition: 'not-modified' | 'precondition-failed',
  status: CacheStatusOutcome,
  deps: DeliverDeps,
): Promise<void> {
  const headers = storedHeaders(meta, entry?.sha256);
  const rest = [...ageOf(meta, deps.clock.nowMs()), ...perRequest(exchange, meta, status)];
  if (condition === 'precondition-failed') {
    return deliver(
      exchange,
      {
        status: 412,
        statusText: 'Precondition Failed',
        headers: ['Date', dateIn(headers), ...rest],
        contentLength: 0,
      },
      undefined,
      deps,
    );
  }
  // RFC 9110 §15.4.5: what a 200 would have said to update a cache, not what describes a body.
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!/^(?:content-(?!location)[a-z-]+|last-modified|accept-ranges)$/i.test(name))
      kept.push(name, headers[i + 1] ?? '');
  }
  return deliver(
    exchange,
    { status: 304, statusText: 'Not Modified', headers: [...kept, ...rest], contentLength: undefined },
    undefined,
    deps,
  );
}

export function deliverUnsatisfiable(
  exchange: AdmittedExchange,
  meta: EntryMeta,
  contentRange: string,
  status: CacheStatusOutcome,
  deps: DeliverDeps,
): Promise<void> {
  exchange.outcome = 'hit';
  const headers = ['Content-Range', contentRange, ...perRequest(exchange, meta, status)];
  return deliver(
    exchange,
    { status: 416, statusText: 'Range Not Satisfiable', headers, contentLength: 0 },
    undefined,
    deps,
  );
}

/** What is said anew in every response. */
export function perRequest(
  exchange: AdmittedExchange,
  meta: EntryMeta,
  status: CacheStatusOutcome,
): string[] {
  return ['Cache-Status', cacheStatus(meta.headers, status), 'Media-Request', exchange.id];
}

/** Age of what comes straight from the origin: only where it came through another cache. */
export function ageOf(meta: EntryMeta, nowMs: number): string[] {
  const age = currentAgeSeconds(meta.freshness, nowMs);
  return age === 0 ? [] : ['Age', String(age)];
}

/** Seconds that are left of its freshness; below 0 once it is stale. */
export function ttl(meta: EntryMeta, nowMs: number): number {
  return Math.floor((meta.freshness.freshUntilMs - nowMs) / 1000);
}

function dateIn(headers: readonly string[]): string {
  return lookupIn(headers)('date') ?? '';
}
