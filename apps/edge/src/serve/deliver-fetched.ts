import { evaluateConditions, evaluateRange, lookupIn } from '@media-network/http-cache';
import type { CacheStatusOutcome, EntryMeta, Fill, HeaderLookup } from '@media-network/http-cache';
import type { OriginResponse } from '../origin/origin-client.ts';
import { deliver } from './deliver.ts';
import type { DeliverDeps } from './deliver.ts';
import { ageOf, deliverCondition, deliverUnsatisfiable, perRequest } from './deliver-stored.ts';
import type { AdmittedExchange } from './exchange.ts';
import { counted, drain, fetchThrough } from './fetch.ts';
import type { FetchDeps } from './fetch.ts';
import { holdBeginning } from './hold.ts';
import type { Outcome } from './phases.ts';
import { cacheStatus, passedHeaders, storedHeaders } from './response-head.ts';

/** A range that begins this far into an object waits for the fill to get there; a farther one is asked for apart. */
const NEAR_BYTES = 2 ** 20;

/** Delivers what is on its way into the cache. */
export async function followFill(
  exchange: AdmittedExchange,
  fill: Fill,
  body: AsyncIterable<Buffer>,
  header: HeaderLookup,
  status: CacheStatusOutcome,
  outcome: Outcome,
  deps: FetchDeps & DeliverDeps,
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
  // Nobody reads the body for a HEAD, but the cache wants it.
  if (request.method === 'HEAD') void readOut(body);
  const held = request.method === 'HEAD' ? undefined : await holdBeginning(body, length, deps.clock);
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

/** Asks the origin for this viewer alone and keeps nothing. */
export async function servePassed(
  exchange: AdmittedExchange,
  reason: 'miss' | 'stale' | 'partial' | 'method' | 'request',
  detail: string,
  deps: FetchDeps & DeliverDeps,
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

/** Delivers an answer of the origin as it comes. */
export async function deliverResponse(
  exchange: AdmittedExchange,
  response: OriginResponse,
  status: CacheStatusOutcome,
  deps: FetchDeps & DeliverDeps,
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

function contentLengthOf(meta: EntryMeta): number | undefined {
  const value = lookupIn(meta.headers)('content-length');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Reads a body to its end for the cache's sake: a fill whose last reader leaves is given up. */
export async function readOut(body: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const _ of body);
  } catch {
    // Whoever fills it knows, and tells those who wait for it.
  }
}
