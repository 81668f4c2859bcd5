import { createHash } from 'node:crypto';
import type { Found } from '@media-network/chain';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { belowKey } from '@media-network/dns';
import { resourceLabel } from '@media-network/protocol';
import { seedOf } from '@media-network/steering';
import type { Site, SteeredEdge } from '@media-network/steering';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** One that is paused or out of credit has its name still: the edge says why it is not served. */
const NAMED: ReadonlySet<number> = new Set([
  RESOURCE_STATUS.pending,
  RESOURCE_STATUS.active,
  RESOURCE_STATUS.paused,
  RESOURCE_STATUS.exhausted,
]);

/** 255 rounds of five seconds are twenty minutes. */
const MOST_FAILURES = 8;

/** Which edges a resource's publisher has picked; undefined for all. */
export type PickedBy = (edge: SteeredEdge) => boolean;
/** What is known of a resource's picks. `unread`: its settings were not read yet. */
export type Picks =
  | { readonly kind: 'unread' }
  | { readonly kind: 'read'; readonly picked: PickedBy | undefined };

/** The names of resources, as a zone takes them. */
export interface SiteIndex {
  /** The same map for the same list and picks: resources are many, and seldom change. */
  of(resources: readonly Found<'resource'>[]): ReadonlyMap<string, Site>;
  /** Reads the picks of at most `most` resources whose settings were not read yet. Whether any are left. */
  readPicks(resources: readonly Found<'resource'>[], most: number, signal: AbortSignal): Promise<boolean>;
}

interface Name {
  readonly key: string;
  readonly seed: number;
  /** Made anew when the picks are others: answers are kept by it. */
  site: Site;
  /** Version of the settings whose picks are in it; 0 for none. */
  version: number;
  /** Times that they could not be read, and calls for which they are left alone: a guard may never be able to. */
  failures: number;
  rest: number;
}

/** `picksOf`: the picks in the settings in force; `unread` where they cannot be read now. Never rejects. */
export function createSiteIndex(picksOf: (resource: Found<'resource'>) => Promise<Picks>): SiteIndex {
  /** A label costs a hash, and an address keeps it for ever. */
  const names = new Map<string, Name>();
  let changed = false;
  let latest: { readonly of: readonly Found<'resource'>[]; readonly sites: ReadonlyMap<string, Site> } = {
    of: [],
    sites: new Map(),
  };

  function nameOf(address: string): Name {
    let name = names.get(address);
    if (name === undefined) {
      const label = resourceLabel(address, sha256);
      const seed = seedOf(label);
      name = { key: belowKey(label), seed, site: { seed }, version: 0, failures: 0, rest: 0 };
      names.set(address, name);
    }
    return name;
  }

  return {
    of(resources) {
      if (latest.of === resources && !changed) return latest.sites;
      changed = false;
      const sites = new Map<string, Site>();
      for (const { address, status } of resources) {
        if (!NAMED.has(status)) continue;
        const { key, site } = nameOf(address);
        sites.set(key, site);
      }
      if (names.size > 2 * resources.length + 1_000) names.clear();
      latest = { of: resources, sites };
      return sites;
    },
    async readPicks(resources, most, signal) {
      let read = 0;
      for (const resource of resources) {
        if (!NAMED.has(resource.status) || signal.aborted) continue;
        const name = nameOf(resource.address);
        if (name.version === resource.settingsVersion) continue;
        if (name.rest > 0) {
          name.rest -= 1;
          continue;
        }
        if (read >= most) return true;
        read += 1;
        const picks = await picksOf(resource);
        if (picks.kind === 'unread') {
          name.failures = Math.min(MOST_FAILURES, name.failures + 1);
          name.rest = 2 ** name.failures - 1;
          continue;
        }
        name.failures = 0;
        name.version = resource.settingsVersion;
        if (picks.picked === undefined && name.site.picked === undefined) continue;
        name.site = { seed: name.seed, picked: picks.picked };
        changed = true;
      }
      return false;
    },
  };
}
