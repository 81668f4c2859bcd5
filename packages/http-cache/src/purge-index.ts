import { keyOwner, keyScope } from './cache-key.ts';
import type { Entry } from './entry.ts';

/** Where a purge finds what it means without looking at everything. */
export interface PurgeIndex {
  join(entry: Entry): void;
  leave(entry: Entry): void;
  /** What of an owner's has this tag. */
  tagged(owner: string, tag: string): readonly Entry[];
  /** Scopes (`keyScope`) in which an owner has anything. */
  scopes(owner: string): readonly string[];
  /** What of an owner's is kept of a path under a rule of its query. */
  ruled(owner: string, path: string): readonly Entry[];
}

function put(map: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const members = map.get(key);
  if (members === undefined) map.set(key, new Set([entry]));
  else members.add(entry);
}

function take(map: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const members = map.get(key);
  members?.delete(entry);
  if (members?.size === 0) map.delete(key);
}

/** No owner holds a line break. */
const within = (owner: string, what: string): string => `${owner}\n${what}`;

function ruledPath(entry: Entry, scope: string): string | undefined {
  const { key } = entry;
  return key.includes('#', scope.length)
    ? key.slice(scope.length, key.indexOf('?', scope.length))
    : undefined;
}

export function createPurgeIndex(): PurgeIndex {
  const byTag = new Map<string, Set<Entry>>();
  const byRuledPath = new Map<string, Set<Entry>>();
  /** Owner → scope → entries. */
  const scopes = new Map<string, Map<string, number>>();

  function count(owner: string, scope: string, by: 1 | -1): void {
    const own = scopes.get(owner) ?? new Map<string, number>();
    const now = (own.get(scope) ?? 0) + by;
    if (now > 0) own.set(scope, now);
    else own.delete(scope);
    if (own.size === 0) scopes.delete(owner);
    else if (now === 1) scopes.set(owner, own);
  }

  return {
    join(entry) {
      const owner = keyOwner(entry.key);
      const scope = keyScope(entry.key);
      count(owner, scope, 1);
      for (const tag of entry.meta.tags) put(byTag, within(owner, tag), entry);
      const path = ruledPath(entry, scope);
      if (path !== undefined) put(byRuledPath, within(owner, path), entry);
    },
    leave(entry) {
      const owner = keyOwner(entry.key);
      const scope = keyScope(entry.key);
      count(owner, scope, -1);
      for (const tag of entry.meta.tags) take(byTag, within(owner, tag), entry);
      const path = ruledPath(entry, scope);
      if (path !== undefined) take(byRuledPath, within(owner, path), entry);
    },
    tagged: (owner, tag) => [...(byTag.get(within(owner, tag)) ?? [])],
    scopes: (owner) => [...(scopes.get(owner)?.keys() ?? [])],
    ruled: (owner, path) => [...(byRuledPath.get(within(owner, path)) ?? [])],
  };
}
