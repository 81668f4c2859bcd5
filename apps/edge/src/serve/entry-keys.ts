import { cacheKey } from '@media-network/http-cache';
import type { CacheStore, StoredEntry } from '@media-network/http-cache';
import { createSearchRules } from './search-rules.ts';

type Scheme = 'http' | 'https';

/** A resource, the version of its settings, and how it was asked for. */
export interface KeyedResource {
  readonly resource: string;
  readonly settingsVersion: number;
  readonly scheme: Scheme;
}

/** Primary keys of objects. */
export interface EntryKeys {
  /**
   * The resource is first and length-prefixed, so no target can reach into another tenant's; the version of
   * the settings is part of the tenant, so that a new origin starts with an empty cache; http and https are
   * two resources (RFC 9110 §4.2.2). Of the target counts what its path's responses say.
   */
  of(resource: string, settingsVersion: number, scheme: Scheme, target: string): string;
  /** What all keys of the resource have in common. */
  scope(resource: string, settingsVersion: number, scheme: Scheme): string;
  /** The key under which a response is kept, by what it says of its query. */
  after(of: KeyedResource, target: string, headers: readonly string[]): string;
}

/** A resource as it was asked for lately. */
interface Recent extends KeyedResource {
  readonly prefix: string;
  /** Keys by target: one that is there already has its hash with it for the look-up that follows. */
  readonly keys: Map<string, string>;
}

const MAX_RECENT_KEYS = 4_096;
const MAX_RECENT_RESOURCES = 16;

export function createEntryKeys(): EntryKeys {
  const rules = createSearchRules();
  /** The one that was asked for last is first: requests of one resource follow each other. */
  const recent: Recent[] = [];

  function recentOf(resource: string, settingsVersion: number, scheme: Scheme): Recent {
    for (let i = 0; i < recent.length; i += 1) {
      const each = recent[i];
      if (each === undefined) break;
      if (each.resource !== resource || each.settingsVersion !== settingsVersion || each.scheme !== scheme)
        continue;
      if (i > 0) recent.unshift(...recent.splice(i, 1));
      return each;
    }
    // The target is the last part of a key and goes in as it is, so all before it can be kept.
    const prefix = cacheKey({ tenant: `${resource}.${settingsVersion}`, scheme, target: '' });
    const fresh = { resource, settingsVersion, scheme, prefix, keys: new Map<string, string>() };
    recent.unshift(fresh);
    recent.length = Math.min(recent.length, MAX_RECENT_RESOURCES);
    return fresh;
  }

  return {
    of(resource, settingsVersion, scheme, target) {
      const { prefix, keys } = recentOf(resource, settingsVersion, scheme);
      if (!rules.none) return prefix + rules.keyed(prefix, target);
      const known = keys.get(target);
      if (known !== undefined) return known;
      if (keys.size >= MAX_RECENT_KEYS) keys.clear();
      const key = prefix + target;
      keys.set(target, key);
      return key;
    },
    scope: (resource, settingsVersion, scheme) => recentOf(resource, settingsVersion, scheme).prefix,
    after({ resource, settingsVersion, scheme }, target, headers) {
      const { prefix } = recentOf(resource, settingsVersion, scheme);
      rules.learn(prefix, target, headers);
      return prefix + rules.keyed(prefix, target);
    },
  };
}

/** What is stored of a target for a viewer without any fields, over either scheme. */
export async function findStored(
  store: Pick<CacheStore, 'lookup'>,
  keys: EntryKeys,
  resource: string,
  settingsVersion: number,
  target: string,
): Promise<StoredEntry | undefined> {
  for (const scheme of ['http', 'https'] as const) {
    const entry = await store.lookup(keys.of(resource, settingsVersion, scheme, target), () => undefined);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
