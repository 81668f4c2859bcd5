import type { Found } from '@media-network/chain';

/** In which hour a resource's quota changed last, as far as this guard has seen. */
export interface QuotaHours {
  /** To be called with what was read, each round. */
  note(resources: readonly Found<'resource'>[], hour: bigint): void;
  hasChangedIn(resource: string, hour: bigint): boolean;
}

/**
 * A quota is recomputed once an hour and resource: where a price swings by more than what is worth a transaction, every guard in
 * its turn would send one.
 */
export function createQuotaHours(): QuotaHours {
  let seen = new Map<string, { readonly quotaKbps: number; readonly changedIn: bigint | undefined }>();
  let last: readonly Found<'resource'>[] | undefined;
  return {
    note(resources, hour) {
      // The same array in two snapshots between which no resource has changed.
      if (resources === last) return;
      last = resources;
      const next: typeof seen = new Map();
      for (const { address, quotaKbps } of resources) {
        const before = seen.get(address);
        const changed = before !== undefined && before.quotaKbps !== quotaKbps;
        next.set(address, { quotaKbps, changedIn: changed ? hour : before?.changedIn });
      }
      seen = next;
    },
    hasChangedIn: (resource, hour) => seen.get(resource)?.changedIn === hour,
  };
}
