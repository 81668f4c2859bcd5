import { cacheKey, reuse } from '@media-network/http-cache';
import type { CacheStore, HeaderLookup, StoredEntry } from '@media-network/http-cache';

/**
 * Primary key of an object. The resource is first and length-prefixed, so no target can reach into
 * another tenant's; the version of the settings is part of the tenant, so that a new origin starts with an empty cache.
 */
export function entryKey(resource: string, settingsVersion: number, target: string): string {
  if (resource !== last.resource || settingsVersion !== last.settingsVersion) {
    last = { resource, settingsVersion, prefix: prefixOf(resource, settingsVersion) };
  }
  return last.prefix + target;
}

/** The target is the last part of a key and goes in as it is, so all before it can be kept. */
function prefixOf(resource: string, settingsVersion: number): string {
  return cacheKey({ tenant: `${resource}.${settingsVersion}`, target: '' });
}

/** Requests of one resource follow each other. */
let last = { resource: '', settingsVersion: -1, prefix: prefixOf('', -1) };

export type LookUp =
  | { readonly kind: 'hit'; readonly entry: StoredEntry }
  /** Serve it now, ask the origin meanwhile (RFC 5861). */
  | { readonly kind: 'stale'; readonly entry: StoredEntry }
  | { readonly kind: 'revalidate'; readonly entry: StoredEntry; readonly staleIfError: boolean }
  | { readonly kind: 'miss' };

export async function lookUp(
  store: CacheStore,
  key: string,
  header: HeaderLookup,
  nowMs: number,
): Promise<LookUp> {
  const entry = await store.lookup(key, header);
  if (entry === undefined) return { kind: 'miss' };
  const use = reuse(entry.meta.freshness, nowMs);
  if (use.kind === 'fresh') return { kind: 'hit', entry };
  if (use.kind === 'stale-while-revalidate') return { kind: 'stale', entry };
  return { kind: 'revalidate', entry, staleIfError: use.staleIfError };
}
