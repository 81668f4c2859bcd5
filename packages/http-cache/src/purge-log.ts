import { keyScope } from './cache-key.ts';
import type { PurgeTarget } from './store.ts';

/** Remembers recent purges, so that a fill begun before one and stored after it is recognised. */
export interface PurgeLog {
  readonly generation: number;
  add(matches: (target: PurgeTarget) => boolean): void;
  /** The purge of one key. Many of these push out no purge of the other kind. */
  addKey(key: string): void;
  /** The purge of a cache group within a scope. */
  addGroup(scope: string, group: string): void;
  /** Whether a purge since `generation` matches; so long ago that nobody remembers counts as yes. */
  beats(generation: number, target: PurgeTarget): boolean;
}

const REMEMBERED = 1_024;
const REMEMBERED_KEYS = 65_536;

export function createPurgeLog(): PurgeLog {
  let generation = 0;
  /** Purges up to this generation may have been forgotten. */
  let forgotten = 0;
  const recent: { readonly generation: number; readonly matches: (target: PurgeTarget) => boolean }[] = [];
  /** Key → generation of its last purge, oldest first. */
  const keys = new Map<string, number>();
  /** The same for scope and group. */
  const groups = new Map<string, number>();

  function remember(among: Map<string, number>, what: string): void {
    generation += 1;
    among.delete(what);
    among.set(what, generation);
    if (among.size <= REMEMBERED_KEYS) return;
    for (const [oldest, at] of among) {
      among.delete(oldest);
      forgotten = Math.max(forgotten, at);
      break;
    }
  }

  return {
    get generation() {
      return generation;
    },
    add(matches) {
      generation += 1;
      recent.push({ generation, matches });
      if (recent.length > REMEMBERED) forgotten = Math.max(forgotten, recent.shift()?.generation ?? 0);
    },
    addKey: (key) => remember(keys, key),
    addGroup: (scope, group) => remember(groups, scope + group),
    beats(since, target) {
      if (since === generation) return false;
      if (since < forgotten) return true;
      if ((keys.get(target.key) ?? 0) > since) return true;
      const scope = groups.size === 0 ? '' : keyScope(target.key);
      if (target.meta.groups?.some((group) => (groups.get(scope + group) ?? 0) > since) === true) return true;
      return recent.some((purge) => purge.generation > since && purge.matches(target));
    },
  };
}
