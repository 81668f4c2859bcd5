import { activeIn, resourceLabel } from '@media-network/protocol';
import type { EdgeChain, ResourceView } from '../chain/edge-chain.ts';
import { hourAt, sampleAt, sampleStartMs } from '../chain/periods.ts';
import type { OriginSettings } from '../origin/origin-settings.ts';
import { sha256 } from '../report/report-builder.ts';
import { createQuota } from './quota.ts';
import type { Quota } from './quota.ts';
import { createShare } from './share.ts';
import type { Share } from './share.ts';

/** A resource as the data plane knows it. One object for as long as the resource is on chain. */
export interface Tenant {
  /** The resource's address as 32 bytes, hex. */
  readonly key: string;
  readonly label: string;
  readonly host: string;
  readonly quota: Quota;
  readonly share: Share;
  /** As last seen on chain. */
  view: ResourceView;
  /** Settings of the newest version we have the key of; may lag behind `view.settingsVersion`. */
  settings: { readonly version: number; readonly plain: OriginSettings } | undefined;
}

/** Host → resource, in memory, following the chain. */
export interface TenantBook {
  /** By the host of a request: lower-case, no port. */
  byHost(host: string): Tenant | undefined;
  /** By address as hex. */
  byKey(key: string): Tenant | undefined;
  tenants(): readonly Tenant[];
  readonly size: number;
}

export interface TenantBookOptions {
  readonly zone: string;
  /** Address of the resource that is meant where a request names this machine by address, not by a host of the zone. */
  readonly defaultResource?: string;
  /** Bytes of a resource that were counted in a sample. */
  readonly served?: (key: string, sample: number) => number;
  /** Guards should be asked how far a resource may be served in this sample. */
  readonly onWanted?: (key: string) => void;
}

/** What a request names when no name was resolved: an IP address, or this machine. */
const NO_NAME = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]|localhost)$/;

interface Meters {
  readonly nowMs: () => number;
  readonly shareOf: (key: string) => Share;
}

/** Most resources of a network are never asked for at one edge: what counts down for one is made when it is first looked at. */
class HeldTenant implements Tenant {
  readonly key: string;
  readonly label: string;
  readonly host: string;
  view: ResourceView;
  settings: Tenant['settings'] = undefined;
  readonly #meters: Meters;
  #quota: Quota | undefined = undefined;
  #share: Share | undefined = undefined;

  constructor(view: ResourceView, label: string, host: string, meters: Meters) {
    this.key = view.key;
    this.label = label;
    this.host = host;
    this.view = view;
    this.#meters = meters;
  }

  get quota(): Quota {
    this.#quota ??= createQuota(this.view.quotaKbps, this.#meters.nowMs());
    return this.#quota;
  }

  get share(): Share {
    this.#share ??= this.#meters.shareOf(this.key);
    return this.#share;
  }

  /** As the chain has it now. */
  see(view: ResourceView, now: number): void {
    if (this.view.quotaKbps !== view.quotaKbps) this.#quota?.setKbps(view.quotaKbps, now);
    this.view = view;
  }
}

export function createTenantBook(
  chain: Pick<EdgeChain, 'resources' | 'onResources' | 'nowMs' | 'periods'>,
  options: TenantBookOptions,
): TenantBook {
  const byHost = new Map<string, HeldTenant>();
  const byKey = new Map<string, HeldTenant>();

  const meters: Meters = {
    nowMs: () => chain.nowMs(),
    shareOf: (key) =>
      createShare({
        sampleAt: (chainMs) => sampleAt(chain.periods, chainMs),
        startMs: (sample) => sampleStartMs(chain.periods, sample),
        served: (sample) => options.served?.(key, sample) ?? 0,
        onWanted: () => options.onWanted?.(key),
      }),
  };

  function follow(changed?: Iterable<string>): void {
    const now = chain.nowMs();
    const hour = hourAt(chain.periods, now);
    const present = chain.resources();
    for (const key of changed ?? new Set([...present.keys(), ...byKey.keys()])) {
      const view = present.get(key);
      const known = byKey.get(key);
      if (view === undefined || isGone(view, hour)) {
        if (known !== undefined) byHost.delete(known.host);
        byKey.delete(key);
      } else if (known === undefined) add(view);
      else {
        known.see(view, now);
      }
    }
  }

  function add(view: ResourceView): void {
    const label = resourceLabel(view.address, sha256);
    const tenant = new HeldTenant(view, label, `${label}.${options.zone}`, meters);
    byKey.set(view.key, tenant);
    byHost.set(tenant.host, tenant);
  }

  chain.onResources(follow);
  follow();
  function byDefault(host: string): Tenant | undefined {
    if (options.defaultResource === undefined || !NO_NAME.test(host)) return undefined;
    return byHost.get(`${resourceLabel(options.defaultResource, sha256)}.${options.zone}`);
  }
  return {
    byHost: (host) => byHost.get(host) ?? byDefault(host),
    byKey: (key) => byKey.get(key),
    tenants: () => [...byKey.values()],
    get size() {
      return byKey.size;
    },
  };
}

/**
 * Whether a resource is served in an hour: while it is active, and from the moment that guards have authorised it, though
 * its hours begin with the next one. Nobody pays for those first bytes, so they are within the edge's slack. What is paused
 * is served until its hour is over; what is taken off the network, by its publisher or by a vote, not for another moment.
 */
export function isServed(view: ResourceView, hour: number): boolean {
  return view.status === 'active' || (!isRemoved(view) && activeIn(view, BigInt(hour)));
}

/** Taken off the network for good. */
export function isRemoved({ status }: Pick<ResourceView, 'status'>): boolean {
  return status === 'removed' || status === 'released';
}

/** Removed, and its last hour is over: its host is nobody's. Until then receipts for what was served come in. */
function isGone(view: ResourceView, hour: number): boolean {
  return isRemoved(view) && !activeIn(view, BigInt(hour));
}
