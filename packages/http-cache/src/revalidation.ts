import { entityTagsMatch, parseEntityTag } from './conditional.ts';
import { entryMeta } from './entry-meta.ts';
import { freshnessOf } from './freshness.ts';
import type { OriginResponse } from './freshness.ts';
import { endToEndHeaders, headerLines, headerValue } from './headers.ts';
import type { HeaderLookup, RawHeaders } from './headers.ts';
import { formatHttpDate } from './http-date.ts';
import type { EntryMeta } from './store.ts';

/** Fields that ask the origin whether what we hold still holds (RFC 9111 §4.3.1); empty when it cannot be asked. */
export function validatorsFor(stored: { readonly headers: RawHeaders }): string[] {
  const fields: string[] = [];
  const tag = headerLines(stored.headers, 'etag')[0];
  const changed = headerLines(stored.headers, 'last-modified')[0];
  if (tag !== undefined) fields.push('If-None-Match', tag);
  if (changed !== undefined) fields.push('If-Modified-Since', changed);
  return fields;
}

/** What describes the stored bytes and therefore stays when a 304 says otherwise (RFC 9111 §3.2). */
const BODY_METADATA = new Set([
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'digest',
  'content-digest',
  'repr-digest',
]);

/**
 * Whether a 304 speaks of the stored response (RFC 9111 §4.3.4): a strong tag must be equal, a weak one
 * match weakly, without a tag Last-Modified must be equal; one without validators is taken at its word,
 * since we asked about a single response.
 */
export function confirms(stored: { readonly headers: RawHeaders }, notModified: RawHeaders): boolean {
  const tagText = headerValue(notModified, 'etag');
  if (tagText !== undefined) {
    const theirs = parseEntityTag(tagText);
    const ours = parseEntityTag(headerValue(stored.headers, 'etag') ?? '');
    return (
      theirs !== undefined &&
      ours !== undefined &&
      entityTagsMatch(theirs, ours, theirs.weak ? 'weak' : 'strong')
    );
  }
  const changed = headerValue(notModified, 'last-modified');
  return changed === undefined || changed === headerValue(stored.headers, 'last-modified');
}

/**
 * Metadata after a 304: each field it carries replaces all lines of that name, except those about the
 * body; age and freshness begin anew from the 304's times (RFC 9111 §3.2, §4.3.4).
 */
export function metaAfterNotModified(
  stored: EntryMeta,
  header: HeaderLookup,
  notModified: OriginResponse,
): EntryMeta {
  const fresh = endToEndHeaders(notModified.headers);
  const replaced = new Set<string>();
  const added: string[] = [];
  for (let i = 0; i + 1 < fresh.length; i += 2) {
    const name = fresh[i] ?? '';
    const lower = name.toLowerCase();
    if (BODY_METADATA.has(lower) || lower === 'set-cookie') continue;
    replaced.add(lower);
    added.push(name, fresh[i + 1] ?? '');
  }
  if (!replaced.has('date')) {
    // A recipient with a clock dates what comes undated (RFC 9110 §6.6.1); the old Date would age the new life.
    replaced.add('date');
    added.push('Date', formatHttpDate(notModified.receivedAtMs));
  }
  const headers: string[] = [];
  for (let i = 0; i + 1 < stored.headers.length; i += 2) {
    const name = stored.headers[i] ?? '';
    if (!replaced.has(name.toLowerCase())) headers.push(name, stored.headers[i + 1] ?? '');
  }
  headers.push(...added);
  const response = {
    status: stored.status,
    statusText: stored.statusText,
    headers,
    requestedAtMs: notModified.requestedAtMs,
    receivedAtMs: notModified.receivedAtMs,
    policy: notModified.policy,
  };
  return entryMeta(header, response, freshnessOf(response));
}
