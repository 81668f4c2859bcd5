import { cacheKey } from '@media-network/http-cache';
import type { CacheStore, StoredEntry } from '@media-network/http-cache';
import type { OriginFacts } from '../origin/origin-settings.ts';
import { KeyMemo } from './key-memo.ts';
import { createSearchRules } from './search-rules.ts';

type Scheme = 'http' | 'https';

/** A resource, what its settings ask and keep, and how it was asked for. */
export interface KeyedResource {
  readonly resource: string;
  /** `OriginFacts.cacheShape`. */
  readonly shape: string;
  readonly scheme: Scheme;
  /** The host that was asked for; empty for that of the zone. */
  readonly name: string;
}

/** How a request asks for a resource: what its answers depend on before any of its fields is looked at. */
export function keyedBy(
  tenant: { readonly key: string; readonly host: string },
  { cacheShape }: Pick<OriginFacts, 'cacheShape'>,
  request: { readonly scheme: Scheme; readonly host: string },
): KeyedResource {
  const name = request.host === tenant.host ? '' : request.host;
  return { resource: tenant.key, shape: cacheShape, scheme: request.scheme, name };
}

/** Primary keys of objects. */
export interface EntryKeys {
  /**
   * The resource is first and length-prefixed, so no target can reach into another tenant's; what its
   * settings ask and keep is part of the tenant, so that a new origin starts with an empty cache; http and https are
   * two resources (RFC 9110 §4.2.2), and so is each host of it, which the origin is told (X-Forwarded-Host): a
   * redirect from one name to another would lead the other to itself. Of the target counts what its path's
   * responses say.
   */
  of(by: KeyedResource, target: string): string;
  /** What all keys of the resource, asked for like that, have in common. */
  scope(by: KeyedResource): string;
  /** The key under which a response is kept, by what it says of its query. */
  after(by: KeyedResource, target: string, headers: readonly string[]): string;
}

/** A resource as it was asked for lately. */
interface Recent extends KeyedResource {
  readonly prefix: string;
  readonly keys: KeyMemo;
}

const MAX_RECENT_RESOURCES = 16;
/** Keys that are made until all are a generation older. Of the longest targets all that are kept take some 30 MB. */
const MAX_NEW_KEYS = 16_384;

export function createEntryKeys(): EntryKeys {
  const rules = createSearchRules();
  /** The one that was asked for last is first: requests of one resource follow each other. */
  const recent: Recent[] = [];
  let newKeys = 0;

  function recentOf({ resource, shape, scheme, name }: KeyedResource): Recent {
    for (let i = 0; i < recent.length; i += 1) {
      const each = recent[i];
      if (each === undefined) break;
      if (each.resource !== resource || each.shape !== shape || each.scheme !== scheme || each.name !== name)
        continue;
      if (i > 0) recent.unshift(...recent.splice(i, 1));
      return each;
    }
    // The target is the last part of a key and goes in as it is, so all before it can be kept.
    const prefix = cacheKey({ tenant: `${resource}.${shape}`, scheme, host: name, target: '' });
    const fresh = { resource, shape, scheme, name, prefix, keys: new KeyMemo() };
    recent.unshift(fresh);
    recent.length = Math.min(recent.length, MAX_RECENT_RESOURCES);
    return fresh;
  }

  return {
    of(by, target) {
      const { prefix, keys } = recentOf(by);
      if (!rules.none) return prefix + rules.keyed(prefix, target);
      const known = keys.get(target);
      if (known !== undefined) return known;
      const key = prefix + target;
      newKeys += 1;
      if (newKeys > MAX_NEW_KEYS) {
        newKeys = 1;
        for (const each of recent) each.keys.age();
      }
      keys.keep(target, key);
      return key;
    },
    scope: (by) => recentOf(by).prefix,
    after(by, target, headers) {
      const { prefix } = recentOf(by);
      rules.learn(prefix, target, headers);
      return prefix + rules.keyed(prefix, target);
    },
  };
}

/** Every way in which a resource can be asked for under hosts that are its own. */
export function waysOf(
  resource: string,
  { cacheShape: shape }: Pick<OriginFacts, 'cacheShape'>,
  names: readonly string[],
): KeyedResource[] {
  return ['', ...names].flatMap((name) =>
    (['http', 'https'] as const).map((scheme) => ({ resource, shape, scheme, name })),
  );
}

/** What is stored of a target for a viewer without any fields, over either scheme and under any host. */
export async function findStored(
  store: Pick<CacheStore, 'lookup'>,
  keys: EntryKeys,
  ways: readonly KeyedResource[],
  target: string,
): Promise<StoredEntry | undefined> {
  for (const way of ways) {
    const entry = await store.lookup(keys.of(way, target), () => undefined);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
