import { keyScope, wholeKey } from './cache-key.ts';
import type { Entry } from './entry.ts';
import type { HeaderLookup } from './headers.ts';
import { isKeptFor } from './no-vary-search.ts';
import { createPurgeIndex } from './purge-index.ts';
import { keptTarget } from './purge-selector.ts';
import type { PurgeSelector } from './purge-selector.ts';
import { secondaryKey } from './vary.ts';

/** Entries by primary key, then by what Vary selects. */
export interface EntryIndex {
  readonly size: number;
  /** The most recent entry that the request selects (RFC 9111 §4.1), or the one with this exact secondary key. */
  find(key: string, header: HeaderLookup | undefined, varyKey?: string): Entry | undefined;
  /** Returns what it replaces, or pushes out where a key has too many variants, which may be itself. */
  add(entry: Entry): Entry[];
  remove(entry: Entry): void;
  /** All variants under a key. */
  variants(key: string): readonly Entry[];
  /** Every entry under a key that is a part of this one (`partKey`). */
  parts(key: string): readonly Entry[];
  /** Every entry of a scope that is in a cache group. */
  inGroup(scope: string, group: string): readonly Entry[];
  /** All that a purge of an owner's can mean; undefined where it names neither targets nor tags alone. */
  candidates(owner: string, what: readonly PurgeSelector[]): Iterable<Entry> | undefined;
  /** All entries, in no order and while others come and go. */
  every(): Iterable<Entry>;
}

/** More variants than this under one key are a client's doing: the oldest goes. */
const MAX_VARIANTS = 64;

function addTo(sets: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const members = sets.get(key);
  if (members === undefined) sets.set(key, new Set([entry]));
  else members.add(entry);
}

function removeFrom(sets: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const members = sets.get(key);
  members?.delete(entry);
  if (members?.size === 0) sets.delete(key);
}

function groupKeys(entry: Entry): string[] {
  const { groups } = entry.meta;
  if (groups === undefined) return [];
  const scope = keyScope(entry.key);
  return groups.map((group) => scope + group);
}

export function createEntryIndex(): EntryIndex {
  /** Newest first. */
  const byKey = new Map<string, Entry[]>();
  const byGroup = new Map<string, Set<Entry>>();
  const purgeIndex = createPurgeIndex();
  const byWhole = new Map<string, Set<Entry>>();
  let size = 0;

  function join(entry: Entry): void {
    purgeIndex.join(entry);
    for (const key of groupKeys(entry)) addTo(byGroup, key, entry);
    const whole = wholeKey(entry.key);
    if (whole !== entry.key) addTo(byWhole, whole, entry);
  }
  function leave(entry: Entry): void {
    purgeIndex.leave(entry);
    for (const key of groupKeys(entry)) removeFrom(byGroup, key, entry);
    const whole = wholeKey(entry.key);
    if (whole !== entry.key) removeFrom(byWhole, whole, entry);
  }

  function* every(): Generator<Entry> {
    for (const variants of byKey.values()) yield* variants;
  }

  function ofTarget(owner: string, target: string): Entry[] {
    const exact = purgeIndex
      .scopes(owner)
      .flatMap((scope) => [...(byKey.get(scope + target) ?? []), ...(byWhole.get(scope + target) ?? [])]);
    const ruled = purgeIndex.ruled(owner, target.split('?', 1)[0] ?? '');
    return [...exact, ...ruled.filter(({ key }) => isKeptFor(keptTarget(key), target))];
  }

  return {
    get size() {
      return size;
    },
    find(key, header, varyKey) {
      const variants = byKey.get(key);
      if (variants === undefined) return undefined;
      for (const entry of variants) {
        const { meta } = entry;
        if (
          header === undefined
            ? meta.varyKey === varyKey
            : meta.vary.length === 0 || secondaryKey(meta.vary, header) === meta.varyKey
        ) {
          return entry;
        }
      }
      return undefined;
    },
    add(entry) {
      const before = byKey.get(entry.key) ?? [];
      const gone = before.filter((other) => other.meta.varyKey === entry.meta.varyKey);
      const kept = before.filter((other) => other.meta.varyKey !== entry.meta.varyKey);
      // What is read back from disk may be older than what came since.
      const place = kept.findIndex((other) => other.meta.receivedAtMs <= entry.meta.receivedAtMs);
      kept.splice(place === -1 ? kept.length : place, 0, entry);
      gone.push(...kept.splice(MAX_VARIANTS));
      byKey.set(entry.key, kept);
      size += kept.length - before.length;
      join(entry);
      for (const other of gone) leave(other);
      return gone;
    },
    remove(entry) {
      const variants = byKey.get(entry.key);
      if (variants === undefined || !variants.includes(entry)) return;
      size -= 1;
      leave(entry);
      if (variants.length === 1) byKey.delete(entry.key);
      else
        byKey.set(
          entry.key,
          variants.filter((other) => other !== entry),
        );
    },
    variants: (key) => byKey.get(key) ?? [],
    parts: (key) => [...(byWhole.get(key) ?? [])],
    inGroup: (scope, group) => [...(byGroup.get(scope + group) ?? [])],
    candidates(owner, what) {
      if (!what.every(({ kind }) => kind === 'target' || kind === 'tag')) return undefined;
      return new Set(
        what.flatMap((each) => {
          if (each.kind === 'target') return ofTarget(owner, each.target);
          return each.kind === 'tag' ? purgeIndex.tagged(owner, each.tag) : [];
        }),
      );
    },
    every,
  };
}
