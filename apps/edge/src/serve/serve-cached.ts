import { lookupIn } from '@media-network/http-cache';
import type {
  CacheStatusOutcome,
  Collapser,
  HeaderLookup,
  Lead,
  StoredEntry,
} from '@media-network/http-cache';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { DeliverDeps } from './deliver.ts';
import { deliverResponse, followFill, readOut, servePassed } from './deliver-fetched.ts';
import { deliverEntry, ttl } from './deliver-stored.ts';
import type { AdmittedExchange } from './exchange.ts';
import { drain, fetchWhole, isReceived, jobOf } from './fetch.ts';
import type { FetchDeps, FetchJob } from './fetch.ts';
import { entryKey, lookUp } from './look-up.ts';
import type { LookUp } from './look-up.ts';

export interface ServeCachedDeps extends FetchDeps, DeliverDeps {
  readonly collapser: Collapser;
  readonly log: Log;
  /** Keys that are refreshed in the background. */
  readonly refreshing: Set<string>;
}

/** Times a request may look again after somebody else's fetch; then it asks for itself. */
const MAX_TURNS = 4;

/** look up → (hit | revalidate | fetch, collapsed) → deliver, for a GET or HEAD without a body. */
export async function serveCached(exchange: AdmittedExchange, deps: ServeCachedDeps): Promise<void> {
  const { store, clock, collapser } = deps;
  const { request } = exchange;
  const key = entryKey(exchange.tenant.key, exchange.settingsVersion, request.target);
  const header = lookupIn(request.rawHeaders);
  for (let turns = 0; turns < MAX_TURNS; turns += 1) {
    exchange.phase = 'look-up';
    // A moment from being stored: then it is a hit like any other.
    const arrived = deps.fills.get(key);
    if (arrived !== undefined && isReceived(arrived)) await arrived.ended;
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
      case 'lead': {
        // Somebody's fetch may have ended between our look and our turn.
        const now = await lookUp(store, key, header, clock.nowMs());
        if (now.kind === 'hit') {
          turn.lead.done();
          continue;
        }
        return lead(exchange, jobOf(exchange, key), found, turn.lead, header, deps);
      }
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

/** Stale-while-revalidate: one fetch in the background, whoever started it. Never rejects. */
async function refresh(
  job: FetchJob,
  entry: StoredEntry,
  header: HeaderLookup,
  generation: number,
  deps: ServeCachedDeps,
): Promise<void> {
  if (deps.refreshing.has(job.key)) return;
  deps.refreshing.add(job.key);
  let duty: Lead | undefined;
  try {
    const turn = await deps.collapser.enter(job.key, header, generation);
    if (turn.kind === 'follow') await readOut(turn.body);
    if (turn.kind !== 'lead') return;
    duty = turn.lead;
    const fetched = await fetchWhole(job, entry, deps);
    if (fetched.kind === 'filling') {
      duty.share(fetched.fill);
      await fetched.done;
    } else if (fetched.kind === 'confirmed') duty.done();
    else {
      duty.uncacheable();
      await drain(fetched.response);
    }
  } catch (error) {
    duty?.failed(error);
    deps.log.debug({ code: errorCode(error), err: errorMessage(error) }, 'background revalidation failed');
  } finally {
    deps.refreshing.delete(job.key);
  }
}

function gone(): MediaError {
  return new MediaError({ code: 'edge/aborted', message: 'The viewer went away.', source: 'client' });
}
