import type { MoneyFigures } from './money.ts';
import {
  NO_TRAFFIC,
  addTraffic,
  errorSums,
  firstByteWithin,
  siteTraffic,
  topPaths,
} from './traffic-source.ts';
import type { EdgeSight, PathSum, SiteTraffic } from './traffic-source.ts';

export interface EdgeRow {
  readonly endpoint: string;
  /** Undefined where the edge tells nothing. */
  readonly traffic: SiteTraffic | undefined;
  readonly reports: number;
}

/** One look at a network, ready to be shown. */
export interface Picture {
  readonly title: string;
  /** Lines below the title, such as where the site is. */
  readonly notes: readonly string[];
  readonly sites: SiteTraffic;
  /** Since the look before; undefined at the first. */
  readonly requestsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** Milliseconds, as upper bounds; undefined before the first request. */
  readonly firstByteP50Ms: number | undefined;
  readonly firstByteP95Ms: number | undefined;
  readonly edges: readonly EdgeRow[];
  readonly paths: readonly PathSum[];
  readonly errors: readonly { readonly code: string; readonly count: number }[];
  readonly money: MoneyFigures;
}

export interface Look {
  readonly title: string;
  readonly notes: readonly string[];
  readonly sights: readonly EdgeSight[];
  readonly money: MoneyFigures;
}

/** Makes pictures of looks; `before` is what earlier runs had counted, so that figures go on where they were. */
export function createPainter(
  nowMs: () => number,
  before: SiteTraffic = NO_TRAFFIC,
): (look: Look) => Picture {
  let last: { readonly atMs: number; readonly sites: SiteTraffic } | undefined;
  return ({ title, notes, sights, money }) => {
    const rows = sights.map((sight) => ({
      endpoint: sight.endpoint,
      traffic: sight.traffic === undefined ? undefined : siteTraffic(sight),
      reports: sight.reports,
    }));
    const sites = rows.reduce((sum, { traffic }) => addTraffic(sum, traffic ?? NO_TRAFFIC), before);
    const atMs = nowMs();
    const seconds = last === undefined ? 0 : (atMs - last.atMs) / 1000;
    // An edge that started anew counts from nothing: that is no traffic below zero.
    const rate = (pick: (traffic: SiteTraffic) => number): number | undefined =>
      last === undefined || seconds <= 0
        ? undefined
        : Math.max(0, (pick(sites) - pick(last.sites)) / seconds);
    const picture = {
      title,
      notes,
      sites,
      requestsPerSecond: rate(({ requests }) => requests),
      bytesPerSecond: rate(({ bytes }) => bytes),
      firstByteP50Ms: firstByteWithin(sights, 0.5),
      firstByteP95Ms: firstByteWithin(sights, 0.95),
      edges: rows,
      paths: topPaths(sights),
      errors: errorSums(sights),
      money,
    };
    last = { atMs, sites };
    return picture;
  };
}

/** A picture as one JSON document; money as decimal strings of base units, paths and errors cut to the first ten. */
export function pictureJson(picture: Picture, atMs: number): object {
  const { sites, money } = picture;
  return {
    at: new Date(atMs).toISOString(),
    sites: {
      ...sites,
      hitRatio: sites.requests === 0 ? null : sites.hits / sites.requests,
      byteHitRatio: sites.bytes === 0 ? null : sites.hitBytes / sites.bytes,
      requestsPerSecond: picture.requestsPerSecond ?? null,
      bytesPerSecond: picture.bytesPerSecond ?? null,
      firstByteP50Ms: finite(picture.firstByteP50Ms),
      firstByteP95Ms: finite(picture.firstByteP95Ms),
    },
    edges: picture.edges.map(({ endpoint, traffic, reports }) => ({
      endpoint,
      traffic: traffic ?? null,
      reports,
    })),
    paths: picture.paths.slice(0, 10),
    errors: picture.errors.slice(0, 10),
    money,
  };
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
