import { fraction, mix, prefixHash, seedOf } from './hash.ts';
import { regionDistance } from './region.ts';

/** Bits of an address that edges are picked by. */
export const STEERED_BITS: Readonly<Record<4 | 6, number>> = { 4: 24, 6: 48 };

/** An edge that may be answered with. */
export interface SteeredEdge {
  /** Its account's address: what it is placed by. */
  readonly id: string;
  /** Where its operator says it is, such as `eu-west`. */
  readonly region: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** Part of all prefixes that are let to it, from 0 to 1. */
  readonly share: number;
}

/** Whom edges are picked for: an address prefix, zero beyond its bits. */
export interface SteeredAsker {
  readonly family: 4 | 6;
  readonly address: Uint8Array;
  readonly bits: number;
}

/** Where a prefix is, by a table; undefined where the table does not know. */
export type RegionOf = (asker: SteeredAsker) => string | undefined;

/** The edge that a prefix was found to be best at; undefined where nobody measured. */
export type HomeOf = (asker: SteeredAsker) => string | undefined;

export interface EdgePicker {
  /** Writes places of edges in the list into `into`, the best first; how many. `site`: 32 bits of whose viewers they are. */
  pick(asker: SteeredAsker, site: number, into: Int32Array): number;
  /** Whether anything of an answer hangs on who asks. */
  readonly tailored: boolean;
}

/**
 * Picks edges: the prefix's home where it has one, then those nearest, of those the ones open to the prefix, in the order of a rendezvous hash over site, prefix and
 * edge. So no edge gets more prefixes than its share; which go where is the same at every guard; and when an edge leaves,
 * only what was at it moves. Where no edge is open to a prefix, the one that comes nearest to being open takes it: somebody must.
 */
export function createEdgePicker(
  edges: readonly SteeredEdge[],
  regionOf?: RegionOf,
  homeOf?: HomeOf,
): EdgePicker {
  const seeds = edges.map(({ id }) => seedOf(id));
  const places = edges.map(({ id }) => seedOf(`${id} place`));
  const shares = edges.map(({ share }) => share);
  const indexOf = new Map(edges.map(({ id }, index) => [id, index]));
  const costs = new Float64Array(edges.length);
  /** By region asked from: how far each edge is. A table has few regions. */
  const distances = new Map<string, readonly number[]>();

  function distancesFrom(region: string): readonly number[] {
    let found = distances.get(region);
    if (found === undefined) {
      found = edges.map((edge) => regionDistance(region, edge.region));
      distances.set(region, found);
    }
    return found;
  }

  return {
    tailored: edges.length > 1,
    pick(asker, site, into) {
      const prefix = steeredHash(asker);
      const region = regionOf?.(asker);
      const far = region === undefined ? undefined : distancesFrom(region);
      const home = indexOf.get(homeOf?.(asker) ?? '') ?? -1;
      const place = mix(prefix, site);
      let count = 0;
      let nearest = -1;
      let nearestBy = -1;
      for (let edge = 0; edge < edges.length; edge += 1) {
        // A share of 0.3 is open to the same three tenths of all prefixes at every guard.
        const share = shares[edge] ?? 0;
        const hash = fraction(mix(prefix, seeds[edge] ?? 0));
        // A home was found to be open, by more than the share: who has nothing else nearby.
        if (hash >= share && edge !== home) {
          const by = share / (hash + Number.EPSILON);
          if (by > nearestBy) [nearest, nearestBy] = [edge, by];
          continue;
        }
        // Nearer first, then the higher score: one number that is less for what is better.
        costs[edge] =
          edge === home ? -1 : (far?.[edge] ?? 0) * 2 ** 32 + (2 ** 32 - 1 - mix(place, places[edge] ?? 0));
        count = insert(into, count, edge, costs);
      }
      if (count > 0 || nearest < 0 || into.length === 0) return count;
      into[0] = nearest;
      return 1;
    },
  };
}

/** What tells prefixes apart: of IPv6 the 48 bits that are routed, whatever more is known. */
export function steeredHash({ family, address, bits }: SteeredAsker): number {
  return prefixHash(family, address, family === 6 ? Math.min(bits, STEERED_BITS[6]) : bits);
}

/** Puts an edge into the first `count` of `into`, least cost first; its length bounds them. */
function insert(into: Int32Array, count: number, edge: number, costs: Float64Array): number {
  const cost = costs[edge] ?? 0;
  let at = count;
  while (at > 0 && cost < (costs[into[at - 1] ?? 0] ?? 0)) at -= 1;
  if (at >= into.length) return count;
  const kept = Math.min(count + 1, into.length);
  for (let i = kept - 1; i > at; i -= 1) into[i] = into[i - 1] ?? 0;
  into[at] = edge;
  return kept;
}
