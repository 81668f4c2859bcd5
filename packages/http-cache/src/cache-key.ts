export interface CacheKeyParts {
  /** Who owns the resource; nothing of another tenant can share a key. `owner.version` where one owner has several. */
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

/** Whose a key is: its tenant up to the first dot. */
export function keyOwner(key: string): string {
  const start = key.indexOf(':') + 1;
  const end = start + Number(key.slice(0, start - 1));
  const dot = key.indexOf('.', start);
  return key.slice(start, dot === -1 || dot > end ? end : dot);
}

/** Whether a key is of this owner, without making anything of it. */
export function isKeyOf(key: string, owner: string): boolean {
  const start = key.indexOf(':') + 1;
  if (!key.startsWith(owner, start)) return false;
  const end = start + owner.length;
  return key.codePointAt(end) === 46 || end === start + Number(key.slice(0, start - 1));
}

/** No target has a line break, so no target makes the key of a part. */
const PART = '\n';

/** The key of something that is kept beside what a key has, and goes with it. */
export function partKey(key: string, part: string): string {
  return key + PART + part;
}

/** The key that a part belongs to; of any other key itself. */
export function wholeKey(key: string): string {
  const at = key.indexOf(PART);
  return at === -1 ? key : key.slice(0, at);
}
