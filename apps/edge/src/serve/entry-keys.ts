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

export function createEntryKeys(): EntryKeys {
  const rules = createSearchRules();
  /** Requests of one resource follow each other. */
  let last: KeyedResource & { readonly prefix: string } = {
    resource: '',
    settingsVersion: -1,
    scheme: 'http',
    prefix: '',
  };

  /** The target is the last part of a key and goes in as it is, so all before it can be kept. */
  function scope(resource: string, settingsVersion: number, scheme: Scheme): string {
    if (resource !== last.resource || settingsVersion !== last.settingsVersion || scheme !== last.scheme) {
      const prefix = cacheKey({ tenant: `${resource}.${settingsVersion}`, scheme, target: '' });
      last = { resource, settingsVersion, scheme, prefix };
    }
    return last.prefix;
  }

  return {
    of(resource, settingsVersion, scheme, target) {
      const prefix = scope(resource, settingsVersion, scheme);
      return prefix + rules.keyed(prefix, target);
    },
    scope,
    after({ resource, settingsVersion, scheme }, target, headers) {
      const prefix = scope(resource, settingsVersion, scheme);
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
