import { createHash } from 'node:crypto';
import { errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import type { EdgeView } from '../chain/edge-chain.ts';

/** Edges in the order in which it is their turn for a name: the same at every edge, another for every name. */
export interface EdgesOfName {
  /** Reads who there is, where that was long ago. Never rejects. */
  refresh(): Promise<void>;
  /** How long a first order of this edge for a name waits for those before it. */
  turnMs(name: string): number;
  /** Others, those whose turn is first before the rest. */
  others(name: string): readonly EdgeView[];
}

const FRESH_MS = 10 * 60_000;
const WEEK_MS = 7 * 24 * 3_600_000;
/**
 * Each edge has a certificate of its own for a name, and a CA issues so many a week for the same names (five at the best
 * known; renewals that say what they replace do not count there). One of them is left for an edge that lost its folder.
 */
const A_WEEK = 4;

/** Rendezvous hashing: who has the lowest number is first. */
export function inTurn<T extends { readonly address: string }>(
  name: string,
  edges: readonly T[],
): readonly T[] {
  const numbered = edges.map((edge) => ({
    edge,
    number: createHash('sha256').update(`${name} ${edge.address}`).digest('hex'),
  }));
  return numbered.sort((a, b) => (a.number < b.number ? -1 : 1)).map(({ edge }) => edge);
}

/** How long the n-th edge waits, counted from 0. */
export function waitOf(place: number): number {
  return Math.floor(Math.max(place, 0) / A_WEEK) * WEEK_MS;
}

export function createEdgesOfName(deps: {
  readonly self: string;
  readonly edges: () => Promise<readonly EdgeView[]>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}): EdgesOfName {
  const { self, clock, log } = deps;
  let edges: readonly EdgeView[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;
  return {
    async refresh() {
      if (clock.nowMs() - readAtMs < FRESH_MS) return;
      readAtMs = clock.nowMs();
      try {
        edges = await deps.edges();
      } catch (error) {
        log.debug({ err: errorMessage(error) }, 'the edges of the network cannot be read');
      }
    },
    turnMs: (name) => waitOf(inTurn(name, edges).findIndex(({ address }) => address === self)),
    others: (name) => inTurn(name, edges).filter(({ address }) => address !== self),
  };
}
