import type { EdgeSight } from './traffic-source.ts';

const COUNTS = ['requests', 'hits', 'errors', 'bytes', 'hitBytes', 'firstMs', 'lastMs'] as const;

/** What a guard tells of its probes of one path at one edge. */
export interface Probed extends Readonly<Record<(typeof COUNTS)[number], number>> {
  readonly edge: string;
  readonly host: string;
  readonly path: string;
}

function parseRow(value: unknown): Probed | undefined {
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(value ?? {}));
  const [edge, host, path] = ['edge', 'host', 'path'].map((name) => fields.get(name));
  if (typeof edge !== 'string' || typeof host !== 'string' || typeof path !== 'string') return undefined;
  const count = (name: (typeof COUNTS)[number]): number => {
    const found = fields.get(name);
    return typeof found === 'number' && found >= 0 ? found : Number.NaN;
  };
  const [requests, hits, errors, bytes] = [count('requests'), count('hits'), count('errors'), count('bytes')];
  const [hitBytes, firstMs, lastMs] = [count('hitBytes'), count('firstMs'), count('lastMs')];
  const row = { edge, host, path, requests, hits, errors, bytes, hitBytes, firstMs, lastMs };
  return COUNTS.every((name) => Number.isFinite(row[name])) ? row : undefined;
}

/** The answer of `/v1/probes`; undefined for what is none. */
export function parseProbes(value: unknown): readonly Probed[] | undefined {
  const totals = typeof value === 'object' && value !== null && 'totals' in value ? value.totals : undefined;
  if (!Array.isArray(totals)) return undefined;
  const rows = totals.map(parseRow);
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

/**
 * The probes that an edge has counted since it began. Not apart where it began between the first probe of a path and
 * the last: how many of them it counted nobody knows, so those stay in its figures.
 */
export function separate(
  edge: string,
  sinceMs: number | undefined,
  all: readonly Probed[],
): Pick<EdgeSight, 'probes' | 'probesApart'> {
  if (sinceMs === undefined) return { probes: [], probesApart: false };
  const after = all.filter((each) => each.edge === edge && each.lastMs >= sinceMs);
  const probes = after.filter(({ firstMs }) => firstMs >= sinceMs);
  return { probes, probesApart: probes.length === after.length };
}
