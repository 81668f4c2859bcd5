import {
  cacheStatusField,
  cacheStatusMember,
  formatHttpDate,
  headerLines,
  headerValue,
  withoutHeaders,
} from '@media-network/http-cache';
import type { CacheStatusOutcome, EntryMeta } from '@media-network/http-cache';
import { VIA } from '../origin/origin-headers.ts';

/** Our name in Cache-Status. */
export const CACHE_NAME = 'medianet';

/** Fields that the edge writes itself, whatever an origin says. */
const OURS = new Set([
  // Other ways to reach the host that the viewer came by: that is the edge.
  'alt-svc',
  'cache-status',
  'connection',
  'content-length',
  'keep-alive',
  'media-edge',
  'media-error',
  'media-hour',
  'media-request',
  'media-served',
  'transfer-encoding',
  'via',
]);
const OURS_ON_HITS = new Set([...OURS, 'age', 'repr-digest']);

const COOKIE_DOMAIN = /;[ \t]*domain[ \t]*(?:=[^;]*)?(?=;|$)/gi;

/** What stays the same in every response from a stored entry: its fields, Date, Via, Repr-Digest. */
export function storedHeaders(meta: EntryMeta, sha256: Buffer | undefined): string[] {
  const headers = withoutHeaders(meta.headers, OURS_ON_HITS);
  if (headerLines(headers, 'date').length === 0) headers.push('Date', formatHttpDate(meta.receivedAtMs));
  headers.push('Via', viaOf(meta.headers));
  // RFC 9530: of the representation, so the same for a part of it.
  if (sha256 !== undefined && (meta.status === 200 || meta.status === 203))
    headers.push('Repr-Digest', `sha-256=:${sha256.toString('base64')}:`);
  return headers;
}

/** A response that is passed on as it comes. */
export function passedHeaders(headers: readonly string[]): string[] {
  const kept = withoutHeaders(headers, OURS);
  for (let i = 0; i + 1 < kept.length; i += 2) {
    // Resources are neighbours under one zone: a cookie for the zone would be sent to all of them.
    if (kept[i]?.toLowerCase() === 'set-cookie')
      kept[i + 1] = (kept[i + 1] ?? '').replaceAll(COOKIE_DOMAIN, '');
  }
  kept.push('Via', viaOf(headers));
  return kept;
}

/** The whole Cache-Status field; caches nearer to the origin come first (RFC 9211). */
export function cacheStatus(upstreamHeaders: readonly string[], outcome: CacheStatusOutcome): string {
  return cacheStatusField(
    headerValue(upstreamHeaders, 'cache-status'),
    cacheStatusMember(CACHE_NAME, outcome),
  );
}

/** The Cache-Status of a hit whose time to live was not said yet. Ours is the last of its members. */
export function withTtl(hitStatus: string, ttl: number): string {
  return `${hitStatus}; ttl=${ttl}`;
}

function viaOf(headers: readonly string[]): string {
  const upstream = headerValue(headers, 'via');
  return upstream === undefined ? VIA : `${upstream}, ${VIA}`;
}
