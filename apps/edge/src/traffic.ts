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
  /** Hits of the fast lane, with the bytes of all of them: their first bytes leave at once. */
  hit(host: string, target: string, bytes: number, times?: number): void;
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
  /** Names of paths by site and target: a hit makes no string for its figures. */
  const names = new Map<string, Map<string, string>>();
  let namesKept = 0;
  const errors = new Map<string, number>();
  const firstByte = Array.from({ length: FIRST_BYTE_BOUNDS_MS.length + 1 }, () => 0);

  function sumsOf(table: Map<string, Sums>, key: string, most: number): Sums {
    const known = table.get(key);
    if (known !== undefined) return known;
    if (table.size >= most) dropRarest(table, most);
    const fresh = nothing();
    table.set(key, fresh);
    return fresh;
  }

  function count(
    asked: string,
    target: string,
    bytes: number,
    kind: 'hit' | 'miss' | 'error',
    times = 1,
  ): void {
    const host = siteOf(asked);
    add(sumsOf(hosts, host, MAX_HOSTS), bytes, kind, times);
    add(sumsOf(paths, nameOf(host, target), MAX_PATHS), bytes, kind, times);
  }

  function nameOf(host: string, target: string): string {
    const known = names.get(host)?.get(target);
    if (known !== undefined) return known;
    if (namesKept >= MAX_PATHS) {
      names.clear();
      namesKept = 0;
    }
    const name = `${host} ${pathOf(target)}`;
    const ofHost = names.get(host) ?? new Map<string, string>();
    names.set(host, ofHost.set(target, name));
    namesKept += 1;
    return name;
  }

  function first(ms: number): void {
    const at = FIRST_BYTE_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const index = at === -1 ? FIRST_BYTE_BOUNDS_MS.length : at;
    firstByte[index] = (firstByte[index] ?? 0) + 1;
  }

  return {
    hit(host, target, bytes, times = 1) {
      count(host, target, bytes, 'hit', times);
      firstByte[0] = (firstByte[0] ?? 0) + times;
    },
    ended({ visit, outcome, reason, status, bytes, firstByteMs }) {
      if (NO_TRAFFIC.has(outcome)) return;
      const failed =
        outcome === 'refused' || outcome === 'origin-failed' || outcome === 'cut' || status >= 500;
      const kind = failed ? 'error' : FROM_CACHE.has(outcome) ? 'hit' : 'miss';
      count(visit.request.host, visit.request.target, bytes, kind);
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
