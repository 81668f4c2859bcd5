import { NODE_STATUS } from '@media-network/chain/schema';
import type { Found, MediaClient } from '@media-network/chain';
import type { TrafficSnapshot } from '@media-network/edge/traffic';
import { byEndpoint } from '../by-endpoint.ts';
import { parseProbes, separate } from './probed.ts';
import type { Probed } from './probed.ts';
import type { EdgeSight } from './traffic-source.ts';

const TIMEOUT_MS = 3_000;

/** The body of an answer; an edge that stops within it tells as little as one that does not answer. */
async function ask(base: string, path: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(path, base), {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return await response.text();
    await response.body?.cancel();
    return undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Figures of a Prometheus page by name and labels: `media_edge_requests_total{outcome="hit"}` → 12. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const figures = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*(?:\{[^}]*\})?) (\S+)/.exec(line);
    const value = Number(match?.[2]);
    if (match?.[1] !== undefined && Number.isFinite(value)) figures.set(match[1], value);
  }
  return figures;
}

/** What an edge that tells its paths to nobody else shows of its sums. */
function trafficOf(figures: ReadonlyMap<string, number>, host: string): TrafficSnapshot {
  const outcome = (...names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (figures.get(`media_edge_requests_total{outcome="${name}"}`) ?? 0), 0);
  const bytes = figures.get('media_edge_bytes_total') ?? 0;
  const errors = outcome('refused', 'origin-failed', 'cut');
  return {
    sinceMs: 0,
    hosts: [
      {
        host,
        requests: outcome('hit', 'stale', 'revalidated', 'miss', 'pass', 'collapsed') + errors,
        hits: outcome('hit', 'stale', 'revalidated'),
        bytes,
        hitBytes: Math.max(0, bytes - (figures.get('media_edge_origin_bytes_total') ?? 0)),
        errors,
      },
    ],
    paths: [],
    errors: [],
    firstByte: [],
  };
}

/** What guards tell of their probes, and whether all of them do. */
interface Told {
  readonly probed: readonly Probed[];
  readonly byAll: boolean;
}

async function sightOf(edge: Found<'edge'>, guards: Told): Promise<EdgeSight> {
  const [own, metrics] = await Promise.all([ask(edge.control, '/v1/traffic'), ask(edge.control, '/metrics')]);
  const figures = metrics === undefined ? undefined : parseMetrics(metrics);
  // The shape is this project's own edge's; another's would show as zeros.
  const told = parsed(own) as TrafficSnapshot | undefined;
  const traffic = told ?? (figures === undefined ? undefined : trafficOf(figures, edge.endpoint));
  // Sums without sites cannot be told apart, whatever guards tell.
  const apart = separate(edge.address, told?.sinceMs, guards.probed);
  return {
    edge: edge.address,
    endpoint: edge.endpoint,
    traffic,
    originBytes: figures?.get('media_edge_origin_bytes_total') ?? 0,
    reports: figures?.get('media_edge_reports_submitted_total') ?? 0,
    ...apart,
    probesApart: apart.probesApart && guards.byAll,
  };
}

/** What guards tell this machine of their probes. */
async function probesOf(client: MediaClient): Promise<Told> {
  const guards = (await client.guards()).filter((guard) => guard.status === NODE_STATUS.active);
  const told = await Promise.all(
    guards.map(async (guard) => parseProbes(parsed(await ask(guard.endpoint, '/v1/probes')))),
  );
  return { probed: told.flatMap((each) => each ?? []), byAll: !told.includes(undefined) };
}

/** Every active edge, or those that `only` names by account, owner or URL. */
export async function edgeSights(
  client: MediaClient,
  only: ReadonlySet<string>,
): Promise<readonly EdgeSight[]> {
  const edges = (await client.edges()).filter(
    (edge) =>
      edge.status === NODE_STATUS.active &&
      (only.size === 0 ||
        [edge.address, edge.owner, edge.endpoint, edge.control].some((each) => only.has(each))),
  );
  // Guards first: what an edge tells then has counted every probe that they tell of.
  const guards = await probesOf(client);
  return Promise.all(edges.sort(byEndpoint).map((edge) => sightOf(edge, guards)));
}
