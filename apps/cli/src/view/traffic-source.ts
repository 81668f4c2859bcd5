import { FIRST_BYTE_BOUNDS_MS, pathOf } from '@media-network/edge/traffic';
import type { TrafficSnapshot } from '@media-network/edge/traffic';
import type { Probed } from './probed.ts';

/** What one edge says of its traffic at one moment. Bytes and requests are since the edge began. */
export interface EdgeSight {
  /** Account of the edge. */
  readonly edge: string;
  readonly endpoint: string;
  /** Undefined when it does not answer, or tells its traffic to its own machine alone. */
  readonly traffic: TrafficSnapshot | undefined;
  readonly originBytes: number;
  readonly reports: number;
  /** What guards' probes asked of it, by site and path, as far as guards tell and it has counted them. */
  readonly probes: readonly Probed[];
  /** Whether that is all of it; what is not told stays in the figures. */
  readonly probesApart: boolean;
}

/** Traffic of the sites: what edges counted without what guards' probes asked. */
export interface SiteTraffic {
  readonly requests: number;
  readonly hits: number;
  readonly bytes: number;
  readonly hitBytes: number;
  readonly errors: number;
  readonly originBytes: number;
  readonly probes: { readonly requests: number; readonly bytes: number };
}

export const NO_TRAFFIC: SiteTraffic = {
  requests: 0,
  hits: 0,
  bytes: 0,
  hitBytes: 0,
  errors: 0,
  originBytes: 0,
  probes: { requests: 0, bytes: 0 },
};

type Figures = Record<'requests' | 'hits' | 'bytes' | 'hitBytes' | 'errors', number>;

/** Each figure without the probes' part of it: an edge says what was a hit, and guards count as it says. */
function without(counted: Figures, probed: readonly Probed[]): Figures {
  const rest = (name: keyof Figures): number =>
    Math.max(0, counted[name] - probed.reduce((sum, each) => sum + each[name], 0));
  const [requests, bytes] = [rest('requests'), rest('bytes')];
  return {
    requests,
    hits: Math.min(requests, rest('hits')),
    bytes,
    hitBytes: Math.min(bytes, rest('hitBytes')),
    errors: Math.min(requests, rest('errors')),
  };
}

/** One edge's figures, site by site: what was probed of one is never taken from another. */
export function siteTraffic({ traffic, probes, originBytes }: EdgeSight): SiteTraffic {
  let sum: SiteTraffic = { ...NO_TRAFFIC, originBytes };
  for (const host of traffic?.hosts ?? []) {
    const rest = without(
      host,
      probes.filter((each) => each.host === host.host),
    );
    const probed = { requests: host.requests - rest.requests, bytes: host.bytes - rest.bytes };
    sum = addTraffic(sum, { ...rest, originBytes: 0, probes: probed });
  }
  return sum;
}

export function addTraffic(a: SiteTraffic, b: SiteTraffic): SiteTraffic {
  return {
    requests: a.requests + b.requests,
    hits: a.hits + b.hits,
    bytes: a.bytes + b.bytes,
    hitBytes: a.hitBytes + b.hitBytes,
    errors: a.errors + b.errors,
    originBytes: a.originBytes + b.originBytes,
    probes: { requests: a.probes.requests + b.probes.requests, bytes: a.probes.bytes + b.probes.bytes },
  };
}

/** Figure by figure the larger. */
export function largest(a: SiteTraffic, b: SiteTraffic): SiteTraffic {
  return {
    requests: Math.max(a.requests, b.requests),
    hits: Math.max(a.hits, b.hits),
    bytes: Math.max(a.bytes, b.bytes),
    hitBytes: Math.max(a.hitBytes, b.hitBytes),
    errors: Math.max(a.errors, b.errors),
    originBytes: Math.max(a.originBytes, b.originBytes),
    probes: {
      requests: Math.max(a.probes.requests, b.probes.requests),
      bytes: Math.max(a.probes.bytes, b.probes.bytes),
    },
  };
}

export interface PathSum {
  /** The site's name in the zone. */
  readonly host: string;
  readonly path: string;
  readonly requests: number;
  readonly hits: number;
  readonly bytes: number;
}

/** The paths of all edges without guards' probes, the most asked first. */
export function topPaths(sights: readonly EdgeSight[]): readonly PathSum[] {
  const sums = new Map<string, PathSum>();
  for (const { traffic, probes } of sights) {
    for (const counted of traffic?.paths ?? []) {
      const { host, path } = counted;
      const { requests, hits, bytes } = without(
        { ...counted, hitBytes: 0, errors: 0 },
        probes.filter((each) => each.host === host && pathOf(each.path) === path),
      );
      if (requests === 0) continue;
      const key = `${host} ${path}`;
      const known = sums.get(key) ?? { requests: 0, hits: 0, bytes: 0 };
      sums.set(key, {
        host,
        path,
        requests: known.requests + requests,
        hits: known.hits + hits,
        bytes: known.bytes + bytes,
      });
    }
  }
  return [...sums.values()].sort((a, b) => b.requests - a.requests);
}

/** The host of what is asked for under a name that an edge knows no site for. */
const NO_SITE = 'unknown';

/** Errors by code, without what guards' probes met under names that an edge did not know yet. */
export function errorSums(
  sights: readonly EdgeSight[],
): readonly { readonly code: string; readonly count: number }[] {
  const sums = new Map<string, number>();
  for (const { traffic, probes } of sights) {
    // Guards ask under a new name before every edge has heard of it.
    const strayed = probes.reduce((sum, { host, errors }) => sum + (host === NO_SITE ? errors : 0), 0);
    for (const { code, count } of traffic?.errors ?? []) {
      const rest = code === 'edge/unknown-host' ? Math.max(0, count - strayed) : count;
      if (rest > 0) sums.set(code, (sums.get(code) ?? 0) + rest);
    }
  }
  return [...sums].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
}

/**
 * Milliseconds within which a part of all requests had their first byte, as the upper bound of the class that holds
 * it; undefined when there was no request, infinite above the last bound.
 */
export function firstByteWithin(sights: readonly EdgeSight[], part: number): number | undefined {
  const counts = FIRST_BYTE_BOUNDS_MS.map(() => 0).concat(0);
  for (const { traffic } of sights)
    for (const [index, count] of (traffic?.firstByte ?? []).entries())
      counts[index] = (counts[index] ?? 0) + count;
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  let seen = 0;
  for (const [index, count] of counts.entries()) {
    seen += count;
    if (seen >= all * part) return FIRST_BYTE_BOUNDS_MS[index] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
}
