import { FIRST_BYTE_BOUNDS_MS } from '@media-network/edge/traffic';
import type { TrafficSnapshot } from '@media-network/edge/traffic';

/** What one edge says of its traffic at one moment. Bytes and requests are since the edge began. */
export interface EdgeSight {
  /** Account of the edge. */
  readonly edge: string;
  readonly endpoint: string;
  /** Undefined when it does not answer, or tells its traffic to its own machine alone. */
  readonly traffic: TrafficSnapshot | undefined;
  readonly originBytes: number;
  readonly reports: number;
  /** What guards' probes asked of it, as far as guards tell. */
  readonly probes: { readonly requests: number; readonly bytes: number };
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

/**
 * One edge's figures. Probes ask as viewers do, and for what is cached as a rule: they are taken from the hits
 * first, and never more than there are.
 */
export function siteTraffic(sight: EdgeSight): SiteTraffic {
  const hosts = sight.traffic?.hosts ?? [];
  const sum = (pick: (host: (typeof hosts)[number]) => number): number =>
    hosts.reduce((total, host) => total + pick(host), 0);
  const { probes } = sight;
  const [requests, hits, bytes, hitBytes] = [
    sum((host) => host.requests),
    sum((host) => host.hits),
    sum((host) => host.bytes),
    sum((host) => host.hitBytes),
  ];
  const probedRequests = Math.min(probes.requests, requests);
  const probedBytes = Math.min(probes.bytes, bytes);
  return {
    requests: requests - probedRequests,
    hits: Math.max(0, hits - probedRequests),
    bytes: bytes - probedBytes,
    hitBytes: Math.max(0, hitBytes - probedBytes),
    // Probes of a site that fails fail too.
    errors: Math.min(
      sum((host) => host.errors),
      requests - probedRequests,
    ),
    originBytes: sight.originBytes,
    probes: { requests: probedRequests, bytes: probedBytes },
  };
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

export interface PathSum {
  readonly path: string;
  readonly requests: number;
  readonly hits: number;
  readonly bytes: number;
}

/** The paths of all edges, the most asked first. Probes are in these: they ask for what guards may fetch. */
export function topPaths(sights: readonly EdgeSight[]): readonly PathSum[] {
  const sums = new Map<string, PathSum>();
  for (const { traffic } of sights) {
    for (const { host, path, requests, hits, bytes } of traffic?.paths ?? []) {
      const key = `${host} ${path}`;
      const known = sums.get(key) ?? { path, requests: 0, hits: 0, bytes: 0 };
      sums.set(key, {
        path,
        requests: known.requests + requests,
        hits: known.hits + hits,
        bytes: known.bytes + bytes,
      });
    }
  }
  return [...sums.values()].sort((a, b) => b.requests - a.requests);
}

export function errorSums(
  sights: readonly EdgeSight[],
): readonly { readonly code: string; readonly count: number }[] {
  const sums = new Map<string, number>();
  for (const { traffic } of sights)
    for (const { code, count } of traffic?.errors ?? []) sums.set(code, (sums.get(code) ?? 0) + count);
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
