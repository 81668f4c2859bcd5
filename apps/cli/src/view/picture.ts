import type { MoneyFigures } from './money.ts';
import {
  NO_TRAFFIC,
  addTraffic,
  errorSums,
  firstByteWithin,
  largest,
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
  /** Edges in whose figures guards' probes are, all or some, for they cannot be told apart. */
  readonly mixedEdges: number;
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
  /** By edge what it has counted since it began, and the sum of what edges had counted that began anew. */
  const counted = new Map<string, { readonly sinceMs: number; readonly traffic: SiteTraffic }>();
  let ended = before;

  /** Totals never fall: a probe may be told of before an edge has counted it, and an edge may stay silent or begin anew. */
  function remember(edge: string, sinceMs: number, traffic: SiteTraffic): SiteTraffic {
    const known = counted.get(edge);
    const same = known?.sinceMs === sinceMs;
    if (known !== undefined && !same) ended = addTraffic(ended, known.traffic);
    const most = same ? largest(known.traffic, traffic) : traffic;
    counted.set(edge, { sinceMs, traffic: most });
    return most;
  }

  let last: { readonly atMs: number; readonly sites: SiteTraffic } | undefined;
  return ({ title, notes, sights, money }) => {
    const rows = sights.map((sight) => ({
      endpoint: sight.endpoint,
      traffic:
        sight.traffic === undefined
          ? undefined
          : remember(sight.edge, sight.traffic.sinceMs, siteTraffic(sight)),
      reports: sight.reports,
    }));
    const sites = [...counted.values()].reduce((sum, each) => addTraffic(sum, each.traffic), ended);
    const atMs = nowMs();
    const seconds = last === undefined ? 0 : (atMs - last.atMs) / 1000;
    const rate = (pick: (traffic: SiteTraffic) => number): number | undefined =>
      last === undefined || seconds <= 0
        ? undefined
        : Math.max(0, (pick(sites) - pick(last.sites)) / seconds);
    const asked = rows.some(({ traffic }) => traffic !== undefined && traffic.requests > 0);
    const picture = {
      title,
      notes,
      sites,
      requestsPerSecond: rate(({ requests }) => requests),
      bytesPerSecond: rate(({ bytes }) => bytes),
      // Probes are among those times: without a request of a viewer they would be all there is.
      firstByteP50Ms: asked ? firstByteWithin(sights, 0.5) : undefined,
      firstByteP95Ms: asked ? firstByteWithin(sights, 0.95) : undefined,
      mixedEdges: sights.filter(({ traffic, probesApart }) => traffic !== undefined && !probesApart).length,
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
    mixedEdges: picture.mixedEdges,
    paths: picture.paths.slice(0, 10),
    errors: picture.errors.slice(0, 10),
    money,
  };
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
