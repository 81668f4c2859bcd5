import type { SwarmAccess } from '../swarm/mesh.ts';
import { EDGE_PREFIX } from './digest-source.ts';

/**
 * An edge's pass for a manifest that this viewer may have: it is asked for as the manifest was, with the viewer's
 * cookies and grants, and says where trackers are. Undefined where the edge gives none: then nothing is shared.
 */
export async function edgeAccess(content: string): Promise<SwarmAccess | undefined> {
  const { origin, pathname, search } = new URL(content);
  const question = new URL(`${EDGE_PREFIX}pass`, origin);
  question.searchParams.set('target', pathname + search);
  const response = await fetch(question, { signal: AbortSignal.timeout(5_000), credentials: 'same-origin' });
  if (!response.ok) return undefined;
  const { pass, trackers } = (await response.json()) as Readonly<Record<string, unknown>>;
  if (typeof pass !== 'string' || !Array.isArray(trackers)) return undefined;
  return { pass, trackers: trackers.filter((each) => typeof each === 'string') };
}
