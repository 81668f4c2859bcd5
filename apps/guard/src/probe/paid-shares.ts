import type { Hour } from '@media-network/protocol';

/**
 * What each edge was credited of each resource in the newest final hour. Probes go where edges are paid: whoever registers ten
 * thousand resources that nobody uses would otherwise draw nearly all of them away from those that are used.
 */
export interface PaidShares {
  note(hour: Pick<Hour, 'edges'>, at: bigint): void;
  /** A resource in proportion to what the edge was credited of it; undefined where nothing is known. `random` from 0 up to 1. */
  draw(edge: string, random: number): string | undefined;
}

interface Shares {
  readonly resources: readonly string[];
  /** Bytes of each with those before it. */
  readonly sums: readonly number[];
}

export function createPaidShares(): PaidShares {
  let newest = -1n;
  let byEdge: ReadonlyMap<string, Shares> = new Map();

  return {
    note(hour, at) {
      if (at <= newest) return;
      newest = at;
      byEdge = new Map(hour.edges.map(({ edge, rows }) => [edge, sharesOf(rows)]));
    },
    draw(edge, random) {
      const shares = byEdge.get(edge);
      const all = shares?.sums.at(-1) ?? 0;
      if (shares === undefined || all === 0) return undefined;
      const wanted = random * all;
      let [low, high] = [0, shares.sums.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((shares.sums[middle] ?? 0) > wanted) high = middle;
        else low = middle + 1;
      }
      return shares.resources[low];
    },
  };
}

function sharesOf(rows: Hour['edges'][number]['rows']): Shares {
  let sum = 0;
  const sums = rows.map(({ credited }) => (sum += Number(credited)));
  return { resources: rows.map(({ resource }) => resource), sums };
}
