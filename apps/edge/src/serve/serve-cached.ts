import { currentAgeSeconds, evaluateConditions, evaluateRange, lookupIn } from '@media-network/http-cache';
import type {
  CacheStatusOutcome,
  Collapser,
  EntryMeta,
  Fill,
  HeaderLookup,
  Lead,
  StoredEntry,
} from '@media-network/http-cache';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { OriginResponse } from '../origin/origin-client.ts';
import { servedObject } from './account.ts';
import { deliver } from './deliver.ts';
import type { DeliverDeps } from './deliver.ts';
import type { AdmittedExchange } from './exchange.ts';
import { counted, drain, fetchThrough, fetchWhole, isReceived, jobOf } from './fetch.ts';
import type { FetchDeps, FetchJob } from './fetch.ts';
import { holdBeginning } from './hold.ts';
import { entryKey, lookUp } from './look-up.ts';
import type { LookUp } from './look-up.ts';
import type { Outcome } from './phases.ts';
import { cacheStatus, passedHeaders, storedHeaders } from './response-head.ts';

export interface ServeCachedDeps extends FetchDeps, DeliverDeps {
  readonly collapser: Collapser;
  readonly log: Log;
  /** Keys that are refreshed in the background. */
  readonly refreshing: Set<string>;
}

/** Times a request may look again after somebody else's fetch; then it asks for itself. */
const MAX_TURNS = 4;
/** A range that begins this far into an object waits for the fill to get there; a farther one is asked for apart. */
const NEAR_BYTES = 2 ** 20;

/** look up → (hit | revalidate | fetch, collapsed) → deliver, for a GET or HEAD without a body. */
export async function serveCached(exchange: AdmittedExchange, deps: ServeCachedDeps): Promise<void> {
  const { store, clock, collapser } = deps;
  const { request } = exchange;
  const key = entryKey(exchange.tenant.key, exchange.settingsVersion, request.target);
  const header = lookupIn(request.rawHeaders);
  for (let turns = 0; turns < MAX_TURNS; turns += 1) {
    exchange.phase = 'look-up';
    const generation = store.generation;
    const found = await lookUp(store, key, header, clock.nowMs());
    if (found.kind === 'hit')
      return deliverEntry(
        exchange,
        found.entry,
        found.entry.meta,
        'hit',
        { kind: 'hit', ttlSeconds: ttl(found.entry.meta, clock.nowMs()) },
        header,
        deps,
      );
    if (found.kind === 'stale') {
      void refresh(jobOf(exchange, key), found.entry, header, generation, deps);
      return deliverEntry(
        exchange,
        found.entry,
        found.entry.meta,
        'stale',
        { kind: 'hit', ttlSeconds: ttl(found.entry.meta, clock.nowMs()), detail: 'stale-while-revalidate' },
        header,
        deps,
      );
    }
    // HEAD is answered from what is stored; on a miss it is not worth the whole body.
    if (found.kind === 'miss' && request.method === 'HEAD')
      return servePassed(exchange, 'miss', 'head', deps);
    exchange.phase = found.kind === 'revalidate' ? 'revalidate' : 'fetch';
    const turn = await collapser.enter(key, header, generation, request.signal);
    if (request.signal.aborted) {
      if (turn.kind === 'lead') turn.lead.failed(gone());
      return;
    }
    switch (turn.kind) {
      case 'again':
        continue;
      case 'alone':
        return servePassed(exchange, found.kind === 'miss' ? 'miss' : 'stale', turn.reason, deps);
      case 'failed':
        return serveStaleOrThrow(exchange, found, turn.error, header, deps);
      case 'follow':
        if (isReceived(turn.fill)) {
          // A moment from being stored: then it is a hit like any other.
          await turn.fill.ended;
          await turn.body[Symbol.asyncIterator]().return?.();
          continue;
        }
        return followFill(
          exchange,
          turn.fill,
          turn.body,
          header,
          { kind: 'forward', reason: 'miss', collapsed: true },
          'collapsed',
          deps,
        );
      case 'lead':
        return lead(exchange, jobOf(exchange, key), found, turn.lead, header, deps);
    }
  }
  return servePassed(exchange, 'miss', 'contended', deps);
}

/** This request fetches, for itself and for those who wait. */
async function lead(
  exchange: AdmittedExchange,
  job: FetchJob,
  found: LookUp,
  duty: Lead,
  header: HeaderLookup,
  deps: ServeCachedDeps,
): Promise<void> {
  const stored = found.kind === 'revalidate' ? found.entry : undefined;
  const reason = stored === undefined ? 'miss' : 'stale';
  let fetched;
  try {
    fetched = await fetchWhole(job, stored, deps);
  } catch (error) {
    duty.failed(error);
    return serveStaleOrThrow(exchange, found, error, header, deps);
  }
  if (fetched.kind === 'confirmed' && stored !== undefined) {
    duty.done();
    return deliverEntry(
      exchange,
      stored,
      fetched.meta,
      'revalidated',
      { kind: 'forward', reason: 'stale', originStatus: 304, stored: true },
      header,
      deps,
    );
  }
  if (fetched.kind === 'filling') {
    duty.share(fetched.fill);
    const status: CacheStatusOutcome = {
      kind: 'forward',
      reason,
      originStatus: fetched.response.status,
      stored: true,
      ttlSeconds: ttl(fetched.fill.meta, deps.clock.nowMs()),
    };
    const body = fetched.fill.follow();
    if (body === undefined)
      throw new MediaError({
        code: 'edge/internal',
        message: 'A fill that has just begun cannot be followed.',
        source: 'internal',
      });
    return followFill(exchange, fetched.fill, body, header, status, 'miss', deps);
  }
  duty.uncacheable();
  if (fetched.kind === 'confirmed')
    throw new MediaError({ code: 'edge/internal', message: 'A 304 came unasked.', source: 'internal' });
  const { response } = fetched;
  if (response.status >= 500 && found.kind === 'revalidate' && found.staleIfError) {
    await drain(response);
    return deliverStale(exchange, found.entry, `origin-${response.status}`, header, deps);
  }
  if (header('range') !== undefined && fetched.reason === 'too-large') {
    // The origin can cut the range better than we can: ask it for that alone.
    await drain(response);
    return servePassed(exchange, reason, fetched.reason, deps);
  }
  return deliverResponse(
    exchange,
    response,
    { kind: 'forward', reason, originStatus: response.status, detail: fetched.reason },
    deps,
  );
}

/** Delivers what is on its way into the cache. */
async function followFill(
  exchange: AdmittedExchange,
  fill: Fill,
  body: AsyncIterable<Buffer>,
  header: HeaderLookup,
  status: CacheStatusOutcome,
  outcome: Outcome,
  deps: ServeCachedDeps,
): Promise<void> {
  const { request } = exchange;
  const length = contentLengthOf(fill.meta);
  const range = header('range');
  if (range !== undefined && length !== undefined && request.method === 'GET' && fill.meta.status === 200) {
    const part = evaluateRange('GET', header, fill.meta, length);
    if (part.kind === 'partial') {
      const span = part.start <= NEAR_BYTES ? fill.follow({ start: part.start, end: part.end }) : undefined;
      // The whole goes on into the cache; nobody reads it from its start here.
      void readOut(body);
      if (span === undefined) return servePassed(exchange, 'partial', 'range', deps);
      exchange.outcome = outcome;
      const headers = [
        ...storedHeaders(fill.meta, undefined),
        'Content-Range',
        part.contentRange,
        ...perRequest(exchange, fill.meta, status),
      ];
      return deliver(
        exchange,
        { status: 206, statusText: 'Partial Content', headers, contentLength: part.end - part.start },
        span,
        deps,
      );
    }
    if (part.kind === 'unsatisfiable') {
      void readOut(body);
      return deliverUnsatisfiable(exchange, fill.meta, part.contentRange, status, deps);
    }
  }
  // RFC 9110 §13.2.1: conditions count against what a request without them would get.
  const condition = evaluateConditions(header, fill.meta, deps.clock.nowMs());
  if (condition !== 'send') {
    void readOut(body);
    exchange.outcome = outcome;
    return deliverCondition(exchange, fill.meta, undefined, condition, status, deps);
  }
  const held = await holdBeginning(body, length, deps.clock);
  exchange.outcome = outcome;
  const headers = [
    ...storedHeaders(fill.meta, undefined),
    ...ageOf(fill.meta, deps.clock.nowMs()),
    ...perRequest(exchange, fill.meta, status),
  ];
  return deliver(
    exchange,
    { status: fill.meta.status, statusText: fill.meta.statusText, headers, contentLength: length },
    held,
    deps,
  );
}

async function deliverEntry(
  exchange: AdmittedExchange,
  entry: StoredEntry,
  meta: EntryMeta,
  outcome: Outcome,
  status: CacheStatusOutcome,
  header: HeaderLookup,
  deps: ServeCachedDeps,
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

function deliverCondition(
  exchange: AdmittedExchange,
  meta: EntryMeta,
  entry: StoredEntry | undefined,
  condition: 'not-modified' | 'precondition-failed',
  status: CacheStatusOutcome,
  deps: ServeCachedDeps,
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

function deliverUnsatisfiable(
  exchange: AdmittedExchange,
  meta: EntryMeta,
  contentRange: string,
  status: CacheStatusOutcome,
  deps: ServeCachedDeps,
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

async function serveStaleOrThrow(
  exchange: AdmittedExchange,
  found: LookUp,
  error: unknown,
  header: HeaderLookup,
  deps: ServeCachedDeps,
): Promise<void> {
  if (found.kind === 'revalidate' && found.staleIfError)
    return deliverStale(exchange, found.entry, errorCode(error), header, deps);
  throw error;
}

function deliverStale(
  exchange: AdmittedExchange,
  entry: StoredEntry,
  why: string,
  header: HeaderLookup,
  deps: ServeCachedDeps,
): Promise<void> {
  exchange.reason = why;
  return deliverEntry(
    exchange,
    entry,
    entry.meta,
    'stale',
    { kind: 'hit', ttlSeconds: ttl(entry.meta, deps.clock.nowMs()), detail: 'stale-if-error' },
    header,
    deps,
  );
}

/** Asks the origin for this viewer alone and keeps nothing. */
export async function servePassed(
  exchange: AdmittedExchange,
  reason: 'miss' | 'stale' | 'partial' | 'method' | 'request',
  detail: string,
  deps: ServeCachedDeps,
): Promise<void> {
  exchange.phase = 'fetch';
  const response = await fetchThrough(exchange, deps);
  return deliverResponse(
    exchange,
    response,
    { kind: 'forward', reason, originStatus: response.status, detail },
    deps,
  );
}

export async function deliverResponse(
  exchange: AdmittedExchange,
  response: OriginResponse,
  status: CacheStatusOutcome,
  deps: ServeCachedDeps,
): Promise<void> {
  const headers = [
    ...passedHeaders(response.rawHeaders),
    'Cache-Status',
    cacheStatus(response.rawHeaders, status),
    'Media-Request',
    exchange.id,
  ];
  const body = counted(response, deps);
  const held =
    response.framing === 'none' ? undefined : await holdBeginning(body, response.contentLength, deps.clock);
  if (held === undefined) await drain(response);
  exchange.outcome = 'pass';
  // A 304 or an answer to HEAD may name a length that is not its own.
  const contentLength =
    response.framing === 'none' && response.status === 304 ? undefined : response.contentLength;
  return deliver(
    exchange,
    { status: response.status, statusText: response.statusText, headers, contentLength },
    held,
    deps,
  );
}

/** Stale-while-revalidate: one fetch in the background, whoever started it. */
async function refresh(
  job: FetchJob,
  entry: StoredEntry,
  header: HeaderLookup,
  generation: number,
  deps: ServeCachedDeps,
): Promise<void> {
  const { log } = deps;
  if (deps.refreshing.has(job.key)) return;
  deps.refreshing.add(job.key);
  try {
    const turn = await deps.collapser.enter(job.key, header, generation);
    if (turn.kind === 'follow') await readOut(turn.body);
    if (turn.kind !== 'lead') return;
    try {
      const fetched = await fetchWhole(job, entry, deps);
      if (fetched.kind === 'filling') {
        turn.lead.share(fetched.fill);
        await fetched.done;
      } else if (fetched.kind === 'confirmed') turn.lead.done();
      else {
        turn.lead.uncacheable();
        await drain(fetched.response);
      }
    } catch (error) {
      turn.lead.failed(error);
      log.debug({ code: errorCode(error), err: errorMessage(error) }, 'background revalidation failed');
    }
  } finally {
    deps.refreshing.delete(job.key);
  }
}

function perRequest(exchange: AdmittedExchange, meta: EntryMeta, status: CacheStatusOutcome): string[] {
  return ['Cache-Status', cacheStatus(meta.headers, status), 'Media-Request', exchange.id];
}

/** Age of what comes straight from the origin: only where it came through another cache. */
function ageOf(meta: EntryMeta, nowMs: number): string[] {
  const age = currentAgeSeconds(meta.freshness, nowMs);
  return age === 0 ? [] : ['Age', String(age)];
}

function ttl(meta: EntryMeta, nowMs: number): number {
  return Math.floor((meta.freshness.freshUntilMs - nowMs) / 1000);
}

function contentLengthOf(meta: EntryMeta): number | undefined {
  const value = lookupIn(meta.headers)('content-length');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

function dateIn(headers: readonly string[]): string {
  return lookupIn(headers)('date') ?? '';
}

/** Reads a body to its end for the cache's sake: a fill whose last reader leaves is given up. */
async function readOut(body: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const _ of body);
  } catch {
    // Whoever fills it knows, and tells those who wait for it.
  }
}

function gone(): MediaError {
  return new MediaError({ code: 'edge/aborted', message: 'The viewer went away.', source: 'client' });
}
