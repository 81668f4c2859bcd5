import { readCacheGroups } from './cache-groups.ts';
import type { Freshness, OriginResponse } from './freshness.ts';
import { endToEndHeaders, headerLines, withoutHeaders } from './headers.ts';
import type { HeaderLookup } from './headers.ts';
import type { EntryMeta } from './store.ts';
import { readVary, secondaryKey } from './vary.ts';

const NOT_KEPT: ReadonlySet<string> = new Set(['age']);

/** Metadata of a response that `storability` let through. */
export function entryMeta(
  header: HeaderLookup,
  response: OriginResponse & { readonly statusText?: string },
  freshness: Freshness,
): EntryMeta {
  const varying = readVary(response.headers);
  const vary = varying === '*' ? [] : varying;
  const groups = readCacheGroups(response.headers);
  return {
    status: response.status,
    statusText: response.statusText ?? '',
    headers: withoutHeaders(endToEndHeaders(response.headers), NOT_KEPT),
    requestedAtMs: response.requestedAtMs,
    receivedAtMs: response.receivedAtMs,
    freshness,
    vary,
    varyKey: secondaryKey(vary, header),
    tags: readTags(response),
    ...(groups.length === 0 ? {} : { groups }),
  };
}

/** Tags of Cache-Tag (comma-separated) and Surrogate-Key (space-separated), each once, at most 256. */
function readTags(response: OriginResponse): string[] {
  const tags = new Set<string>();
  for (const line of headerLines(response.headers, 'cache-tag'))
    for (const tag of line.split(',')) tags.add(tag.trim());
  for (const line of headerLines(response.headers, 'surrogate-key'))
    for (const tag of line.split(/\s+/)) tags.add(tag);
  tags.delete('');
  return [...tags].slice(0, 256);
}
