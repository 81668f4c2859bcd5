import { keyOwner, keyScope, wholeKey } from './cache-key.ts';
import { isKeptFor } from './no-vary-search.ts';
import { keptTarget, purgeMatcher } from './purge-selector.ts';
import type { PurgeSelector } from './purge-selector.ts';
import type { PurgeTarget } from './store.ts';

/** Remembers recent purges, so that a fill begun before one and stored after it is recognised. */
export interface PurgeLog {
  readonly generation: number;
  /** A purge of what an owner has. Many of one owner's push out none of another's. */
  add(owner: string, what: readonly PurgeSelector[], soft: boolean): void;
  /** The purge of one key. Many of these push out no purge of the other kind. */
  addKey(key: string): void;
  /** The purge of a cache group within a scope. */
  addGroup(scope: string, group: string): void;
  /**
   * What a purge since `generation` makes of it: `hard`, or `soft` where none but soft ones match. So long ago that
   * nobody remembers counts as hard.
   */
  since(generation: number, target: PurgeTarget): 'hard' | 'soft' | undefined;
}

/** Of one owner; a fill that is older than what is forgotten is not kept, which costs that owner a fetch. */
const REMEMBERED = 2_048;
const REMEMBERED_OWNERS = 16_384;
const REMEMBERED_KEYS = 65_536;

/** A map that knows up to which generation it has forgotten something. */
class Recent {
  readonly #max: number;
  readonly #at = new Map<string, number>();
  forgotten = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#at.size;
  }

  note(what: string, generation: number): void {
    this.#at.delete(what);
    this.#at.set(what, generation);
    if (this.#at.size <= this.#max) return;
    for (const [oldest, at] of this.#at) {
      this.#at.delete(oldest);
      this.forgotten = Math.max(this.forgotten, at);
      break;
    }
  }

  isAfter(what: string, since: number): boolean {
    return (this.#at.get(what) ?? 0) > since;
  }

  some(since: number, matches: (what: string) => boolean): boolean {
    for (const [what, at] of this.#at) if (at > since && matches(what)) return true;
    return false;
  }
}

/** What was purged of one owner. */
class OwnerPurges {
  readonly #targets = new Recent(REMEMBERED);
  readonly #tags = new Recent(REMEMBERED);
  readonly #prefixes = new Recent(REMEMBERED);
  #all = 0;
  #before = { generation: 0, requestedMs: 0 };
  /** The newest. */
  last = 0;

  note(what: readonly PurgeSelector[], generation: number): void {
    this.last = generation;
    for (const each of what) {
      if (each.kind === 'target') this.#targets.note(each.target, generation);
      else if (each.kind === 'tag') this.#tags.note(each.tag, generation);
      else if (each.kind === 'prefix') this.#prefixes.note(each.prefix, generation);
      else if (each.kind === 'all') this.#all = generation;
      else this.#before = { generation, requestedMs: Math.max(each.requestedMs, this.#before.requestedMs) };
    }
  }

  matches(since: number, owner: string, target: PurgeTarget): boolean {
    if (this.last <= since) return false;
    const forgotten = Math.max(
      this.#all,
      this.#targets.forgotten,
      this.#tags.forgotten,
      this.#prefixes.forgotten,
    );
    if (forgotten > since) return true;
    const { generation, requestedMs } = this.#before;
    if (generation > since && target.meta.requestedAtMs < requestedMs) return true;
    if (target.meta.tags.some((tag) => this.#tags.isAfter(tag, since))) return true;
    const kept = keptTarget(target.key);
    if (this.#targets.isAfter(kept, since)) return true;
    if (kept.includes('#') && this.#targets.some(since, (each) => isKeptFor(kept, each))) return true;
    return (
      this.#prefixes.size > 0 &&
      this.#prefixes.some(since, (prefix) => purgeMatcher(owner, [{ kind: 'prefix', prefix }])(target))
    );
  }
}

/** What was purged of all owners, in one way. */
class Purges {
  readonly #byOwner = new Map<string, OwnerPurges>();
  #forgotten = 0;

  note(owner: string, what: readonly PurgeSelector[], generation: number): void {
    const purges = this.#byOwner.get(owner) ?? new OwnerPurges();
    purges.note(what, generation);
    this.#byOwner.delete(owner);
    this.#byOwner.set(owner, purges);
    if (this.#byOwner.size <= REMEMBERED_OWNERS) return;
    for (const [oldest, { last }] of this.#byOwner) {
      this.#byOwner.delete(oldest);
      this.#forgotten = Math.max(this.#forgotten, last);
      break;
    }
  }

  matches(since: number, target: PurgeTarget): boolean {
    if (this.#forgotten > since) return true;
    if (this.#byOwner.size === 0) return false;
    const owner = keyOwner(target.key);
    return this.#byOwner.get(owner)?.matches(since, owner, target) === true;
  }
}

export function createPurgeLog(): PurgeLog {
  let generation = 0;
  const keys = new Recent(REMEMBERED_KEYS);
  const groups = new Recent(REMEMBERED_KEYS);
  const hard = new Purges();
  const soft = new Purges();

  return {
    get generation() {
      return generation;
    },
    add(owner, what, isSoft) {
      generation += 1;
      (isSoft ? soft : hard).note(owner, what, generation);
    },
    addKey(key) {
      generation += 1;
      keys.note(key, generation);
    },
    addGroup(scope, group) {
      generation += 1;
      groups.note(scope + group, generation);
    },
    since(since, target) {
      if (since === generation) return undefined;
      if (Math.max(keys.forgotten, groups.forgotten) > since) return 'hard';
      if (keys.isAfter(wholeKey(target.key), since)) return 'hard';
      const scope = groups.size === 0 ? '' : keyScope(target.key);
      if (target.meta.groups?.some((group) => groups.isAfter(scope + group, since)) === true) return 'hard';
      if (hard.matches(since, target)) return 'hard';
      return soft.matches(since, target) ? 'soft' : undefined;
    },
  };
}
