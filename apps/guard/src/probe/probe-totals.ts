import type { ProbeMade, ProbeTotal } from '../types.ts';

export interface ProbeTotals {
  add(probe: ProbeMade): void;
  all(): readonly ProbeTotal[];
}

/** A guard probes what sites name, and sites may name anything: what is told apart is bounded. */
const MAX_ROWS = 4_000;

/** Sums of the probes by edge, site and path, so that whoever watches a site can take them from its figures. */
export function createProbeTotals(maxRows: number = MAX_ROWS): ProbeTotals {
  const rows = new Map<string, ProbeTotal>();

  return {
    add({ edge, host, path, kind, bytes, atMs }) {
      const own = `${edge} ${host} ${path}`;
      const told = rows.has(own) || rows.size < maxRows ? path : '';
      const key = `${edge} ${host} ${told}`;
      const before = rows.get(key);
      const one = (wanted: typeof kind): number => (kind === wanted ? 1 : 0);
      rows.set(key, {
        edge,
        host,
        path: told,
        requests: (before?.requests ?? 0) + 1,
        hits: (before?.hits ?? 0) + one('hit'),
        errors: (before?.errors ?? 0) + one('error'),
        bytes: (before?.bytes ?? 0) + bytes,
        hitBytes: (before?.hitBytes ?? 0) + one('hit') * bytes,
        firstMs: before?.firstMs ?? atMs,
        lastMs: atMs,
      });
    },
    all: () => [...rows.values()],
  };
}

/** Whether an edge said that an answer was from its cache: its own member of Cache-Status is the last one (RFC 9211 §2). */
export function saidHit(cacheStatus: string | undefined): boolean {
  const own = /(?:^|,)\s*medianet((?:\s*;[^,]*)?)$/.exec(cacheStatus ?? '')?.[1] ?? '';
  return /;\s*hit\s*(?:;|$)/.test(own) || /;\s*fwd-status=304\s*(?:;|$)/.test(own);
}
