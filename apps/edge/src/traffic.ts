import type { Ended } from './serve/access-log.ts';
import type { Outcome } from './serve/phases.ts';

/** Traffic of one host since the edge began. */
export interface HostTraffic {
  readonly host: string;
  readonly requests: number;
  readonly hits: number;
  /** Bytes of answers, and of those from the cache. */
  readonly bytes: number;
  readonly hitBytes: number;
  readonly errors: number;
}

export interface PathTraffic {
  readonly host: string;
  /** Without its query. */
  readonly path: string;
  readonly requests: number;
  readonly hits: number;
  readonly bytes: number;
}

/** What an operator watches; every figure since `sinceMs`. Who asked is not in it. */
export interface TrafficSnapshot {
  readonly sinceMs: number;
  readonly hosts: readonly HostTraffic[];
  /** The most asked, at most `MAX_SHOWN_PATHS`. */
  readonly paths: readonly PathTraffic[];
  readonly errors: readonly { readonly code: string; readonly count: number }[];
  /** Requests by milliseconds to the first byte: a count for each bound of `FIRST_BYTE_BOUNDS_MS`, and one for what is above. */
  readonly firstByte: readonly number[];
}

export interface Traffic {
  /** Hits of the fast lane, with the bytes of all of them: their first bytes leave at once. `site` is what `siteOf` gives. */
  hit(site: string, target: string, bytes: number, times?: number): void;
  ended(ended: Ended): void;
  snapshot(): TrafficSnapshot;
}

/** Upper bounds in milliseconds, each about twice the one before. */
export const FIRST_BYTE_BOUNDS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000,
];

/** What anybody can make the edge remember is bounded: paths and hosts that are asked for and do not exist, too. */
const MAX_PATHS = 2_000;
const MAX_HOSTS = 1_000;
const MAX_PATH_LENGTH = 200;
const MAX_SHOWN_PATHS = 50;

const FROM_CACHE: ReadonlySet<Outcome> = new Set<Outcome>(['hit', 'stale', 'revalidated']);
const NO_TRAFFIC: ReadonlySet<Outcome> = new Set<Outcome>(['own']);

interface Sums {
  requests: number;
  hits: number;
  bytes: number;
  hitBytes: number;
  errors: number;
}

/** Where the requests for a target are counted. */
interface Counted {
  readonly host: Sums;
  readonly path: Sums;
}

const nothing = (): Sums => ({ requests: 0, hits: 0, bytes: 0, hitBytes: 0, errors: 0 });

function add(sums: Sums, bytes: number, kind: 'hit' | 'miss' | 'error', times: number): void {
  sums.requests += times;
  sums.bytes += bytes;
  if (kind === 'hit') {
    sums.hits += times;
    sums.hitBytes += bytes;
  } else if (kind === 'error') sums.errors += times;
}

/** How a path is shown: without its query, and cut. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return path.length > MAX_PATH_LENGTH ? `${path.slice(0, MAX_PATH_LENGTH)}…` : path;
}

/** Counts requests by site and path; a few additions a request. `siteOf` gives the one host of whatever names a site. */
export function createTraffic(nowMs: () => number, siteOf: (host: string) => string): Traffic {
  const sinceMs = nowMs();
  const hosts = new Map<string, Sums>();
  const paths = new Map<string, Sums>();
  /** Sums by site and target: a hit makes no string for its figures. As long as no sum is dropped. */
  const lately = new Map<string, Map<string, Counted>>();
  let latelyKept = 0;
  const errors = new Map<string, number>();
  const firstByte = Array.from({ length: FIRST_BYTE_BOUNDS_MS.length + 1 }, () => 0);

  function sumsOf(table: Map<string, Sums>, key: string, most: number): Sums {
    const known = table.get(key);
    if (known !== undefined) return known;
    if (table.size >= most) {
      dropRarest(table, most);
      forgetLately();
    }
    const fresh = nothing();
    table.set(key, fresh);
    return fresh;
  }

  function forgetLately(): void {
    lately.clear();
    latelyKept = 0;
  }

  function countedOf(site: string, target: string): Counted {
    const known = lately.get(site)?.get(target);
    if (known !== undefined) return known;
    if (latelyKept >= MAX_PATHS) forgetLately();
    const path = sumsOf(paths, `${site} ${pathOf(target)}`, MAX_PATHS);
    const fresh = { host: sumsOf(hosts, site, MAX_HOSTS), path };
    const ofSite = lately.get(site) ?? new Map<string, Counted>();
    lately.set(site, ofSite.set(target, fresh));
    latelyKept += 1;
    return fresh;
  }

  function count(
    site: string,
    target: string,
    bytes: number,
    kind: 'hit' | 'miss' | 'error',
    times: number,
  ): void {
    const { host, path } = countedOf(site, target);
    add(host, bytes, kind, times);
    add(path, bytes, kind, times);
  }

  function first(ms: number): void {
    const at = FIRST_BYTE_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const index = at === -1 ? FIRST_BYTE_BOUNDS_MS.length : at;
    firstByte[index] = (firstByte[index] ?? 0) + 1;
  }

  return {
    hit(site, target, bytes, times = 1) {
      count(site, target, bytes, 'hit', times);
      firstByte[0] = (firstByte[0] ?? 0) + times;
    },
    ended({ visit, outcome, reason, status, bytes, firstByteMs }) {
      if (NO_TRAFFIC.has(outcome)) return;
      const failed =
        outcome === 'refused' || outcome === 'origin-failed' || outcome === 'cut' || status >= 500;
      const kind = failed ? 'error' : FROM_CACHE.has(outcome) ? 'hit' : 'miss';
      count(siteOf(visit.request.host), visit.request.target, bytes, kind, 1);
      first(firstByteMs);
      if (!failed) return;
      const code = reason ?? `status-${status}`;
      errors.set(code, (errors.get(code) ?? 0) + 1);
    },
    snapshot: () => ({
      sinceMs,
      hosts: [...hosts].map(([host, sums]) => ({ host, ...sums })),
      paths: [...paths]
        .sort(([, a], [, b]) => b.requests - a.requests)
        .slice(0, MAX_SHOWN_PATHS)
        .map(([key, { requests, hits, bytes }]) => {
          const space = key.indexOf(' ');
          return { host: key.slice(0, space), path: key.slice(space + 1), requests, hits, bytes };
        }),
      errors: [...errors].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count),
      firstByte: [...firstByte],
    }),
  };
}

/** Keeps the half that is asked for most. */
function dropRarest(table: Map<string, Sums>, most: number): void {
  const rarest = [...table].sort(([, a], [, b]) => a.requests - b.requests).slice(0, Math.ceil(most / 2));
  for (const [key] of rarest) table.delete(key);
}
