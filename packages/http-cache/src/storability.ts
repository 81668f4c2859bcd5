import { effectiveDirectives, freshnessOf } from './freshness.ts';
import type { Freshness, OriginResponse } from './freshness.ts';
import { headerLines } from './headers.ts';
import type { HeaderLookup } from './headers.ts';
import { readVary } from './vary.ts';

/** Why a response was not stored. Append-only: logs, metrics and Cache-Status use these names. */
export type NoStoreReason =
  | 'method'
  | 'status'
  | 'no-store'
  | 'private'
  | 'must-understand'
  | 'set-cookie'
  | 'authorization'
  | 'vary-any'
  | 'content-range'
  | 'no-freshness';

export interface CacheableRequest {
  readonly method: string;
  readonly header: HeaderLookup;
}

export type Storability =
  | { readonly kind: 'store'; readonly freshness: Freshness }
  | { readonly kind: 'pass'; readonly reason: NoStoreReason };

/** Final statuses whose caching rules we implement in full (`must-understand`, RFC 9111 §5.2.2.3). */
const UNDERSTOOD = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 451, 500, 501, 502, 503, 504,
]);

/**
 * Errors that name something of the one request, not of its target: credentials, its pace, its conditions,
 * its fields, its body (RFC 9110 §15.5, RFC 6585). Never stored, whatever they say of themselves.
 */
const OF_ONE_REQUEST = new Set([
  401, 407, 408, 411, 412, 413, 415, 416, 417, 421, 422, 425, 426, 428, 429, 431,
]);

function pass(reason: NoStoreReason): Storability {
  return { kind: 'pass', reason };
}

/**
 * Whether a shared cache may, and we do, store a response (RFC 9111 §3). Stricter than the RFC in two
 * points: a response with Set-Cookie is never stored, and one that can be neither reused nor revalidated
 * is not worth the room.
 */
export function storability(request: CacheableRequest, response: OriginResponse): Storability {
  if (request.method !== 'GET') return pass('method');
  const { status, headers } = response;
  if (status < 200 || status > 599 || status === 206 || status === 304 || OF_ONE_REQUEST.has(status))
    return pass('status');
  if (headerLines(headers, 'content-range').length > 0) return pass('content-range');
  const { directives, targeted } = effectiveDirectives(response);
  const mustUnderstand = directives.has('must-understand');
  if (mustUnderstand && !UNDERSTOOD.has(status)) return pass('must-understand');
  if (directives.has('no-store') && !mustUnderstand) return pass('no-store');
  if (directives.has('private')) return pass('private');
  if (headerLines(headers, 'set-cookie').length > 0) return pass('set-cookie');
  if (request.header('authorization') !== undefined) {
    // RFC 9111 §3.5; a targeted field speaks to this cache, but names no exception of its own.
    const allowed =
      directives.has('public') ||
      directives.has('must-revalidate') ||
      (!targeted && directives.has('s-maxage'));
    if (!allowed) return pass('authorization');
  }
  if (readVary(headers) === '*') return pass('vary-any');

  const freshness = freshnessOf(response);
  const revalidatable =
    headerLines(headers, 'etag').length > 0 || headerLines(headers, 'last-modified').length > 0;
  const usable = freshness.lifetimeSeconds > 0 && !freshness.alwaysRevalidate;
  const usableStale =
    freshness.staleWhileRevalidateUntilMs > freshness.freshUntilMs ||
    freshness.staleIfErrorUntilMs > freshness.freshUntilMs;
  if (freshness.source !== 'none') {
    return usable || usableStale || revalidatable ? { kind: 'store', freshness } : pass('no-freshness');
  }
  return status < 300 && revalidatable ? { kind: 'store', freshness } : pass('no-freshness');
}
