export interface CacheKeyParts {
  /** Who owns the resource; nothing of another tenant can share a key. */
  readonly tenant: string;
  /** Only where an origin answers differently by scheme. */
  readonly scheme?: 'http' | 'https';
  /** Only where an origin answers differently by host. */
  readonly host?: string;
  /** Raw path and query. */
  readonly target: string;
}

/**
 * The primary key. The method is always GET (HEAD is answered from it). Every part but the last is
 * length-prefixed and the tenant is first, so no choice of parts can collide with another tenant's.
 */
export function cacheKey(parts: CacheKeyParts): string {
  const scheme = parts.scheme ?? '';
  const host = parts.host ?? '';
  return `${parts.tenant.length}:${parts.tenant}${scheme.length}:${scheme}${host.length}:${host}${parts.target}`;
}

/** What all keys of a tenant begin with. */
export function tenantPrefix(tenant: string): string {
  return `${tenant.length}:${tenant}`;
}

/** What all keys of a tenant, scheme and host have in common: everything of a key but its target. */
export function keyScope(key: string): string {
  let at = 0;
  for (let part = 0; part < 3; part += 1) {
    const colon = key.indexOf(':', at);
    at = colon + 1 + Number(key.slice(at, colon));
  }
  return key.slice(0, at);
}
