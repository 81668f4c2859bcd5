import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '@media-network/runtime';
import { isLoopbackHost, isPrivateAddress } from '@media-network/runtime/daemon';

export interface EndpointAddresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/** Addresses of a name, in any order. Rejects where there are none. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export const systemResolve: ResolveHost = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** How long what a name led to is taken for what it leads to, and how long where nobody answers what it is now. */
const KEPT_MS = 60_000;
const STALE_MS = 3_600_000;
/** Of one endpoint and family: what is said of an edge must fit into an answer. */
const MOST = 4;
const MAX_NAMES = 10_000;
const NONE: EndpointAddresses = { ipv4: [], ipv6: [] };

export interface EndpointBook {
  /** Where an endpoint of the chain is, sorted; nothing where it cannot be had, or must not be told. Never rejects. */
  of(endpoint: string): Promise<EndpointAddresses>;
}

/** `allowPrivate`: whether loopback and private addresses are told: strangers register endpoints. */
export function createEndpointBook(
  deps: { readonly clock: Clock; readonly resolve?: ResolveHost },
  { allowPrivate }: { readonly allowPrivate: boolean },
): EndpointBook {
  const resolve = deps.resolve ?? systemResolve;
  const known = new Map<string, { readonly atMs: number; readonly found: EndpointAddresses }>();

  const sorted = (addresses: readonly string[]): EndpointAddresses => {
    const told = addresses.filter((each) => allowPrivate || !isPrivateAddress(each)).toSorted();
    const of = (version: number): string[] => told.filter((each) => isIP(each) === version).slice(0, MOST);
    return { ipv4: of(4), ipv6: of(6) };
  };

  return {
    async of(endpoint) {
      const host = (URL.parse(endpoint)?.hostname ?? '').replaceAll(/^\[|\]$/g, '');
      if (host === '') return NONE;
      if (isIP(host) !== 0) return sorted([host]);
      if (isLoopbackHost(host)) return sorted(['127.0.0.1', '::1']);
      const before = known.get(host);
      const nowMs = deps.clock.nowMs();
      if (before !== undefined && nowMs - before.atMs < KEPT_MS) return before.found;
      try {
        const found = sorted(await resolve(host));
        if (known.size >= MAX_NAMES) known.clear();
        known.set(host, { atMs: nowMs, found });
        return found;
      } catch {
        return before !== undefined && nowMs - before.atMs < STALE_MS ? before.found : NONE;
      }
    },
  };
}

/**
 * Whether a name may lead to an endpoint: an answer says an address and no port, and viewers go to the one of the scheme. On
 * one machine, where every node has a port of its own, viewers know it from elsewhere.
 */
export function reachedByName(endpoint: string): boolean {
  const url = URL.parse(endpoint);
  if (url === null) return false;
  return url.port === '' || isLoopbackHost(url.hostname);
}
