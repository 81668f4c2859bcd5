import { minOf, quotaShares, shareGrant } from '@media-network/protocol';
import type { EdgeDemand, ServedLately } from '@media-network/protocol';

/** What a resource may be served in a sample, over all edges. */
export interface SampleBudget {
  readonly bytes: bigint;
  /** Ten times the quota, since the month has slots left for it. */
  readonly burst: boolean;
}

/** How a resource's budget of a sample is divided by this guard. */
export interface ShareTable {
  readonly budget: SampleBudget;
  /** Left for edges that come within the sample. */
  readonly reserve: bigint;
  /** Bytes by edge. */
  readonly shares: ReadonlyMap<string, bigint>;
  /** By what edges had said when it was divided: bytes by edge. */
  readonly demands: ReadonlyMap<string, bigint>;
}

/** What an edge says of a resource, and when; `soFar` is what the sample will have if it goes on so. */
export type Said = Pick<ServedLately, 'before' | 'soFar'> & {
  readonly edge: string;
  readonly resource: string;
  /** The sample that it says it in; `before` is of the one before. */
  readonly sample: bigint;
};

/**
 * The shares of the last samples, in memory. A sample's are fixed when they are first asked for, by what edges have said until then;
 * from then on only the reserve moves. So their sum holds whenever who asks.
 */
export interface ShareBook {
  hear(said: Said): void;
  table(resource: string, sample: bigint): ShareTable | undefined;
  /** Fixes the shares of a sample; those that are fixed already stay. Nothing is fixed beyond what the memory holds. */
  fix(resource: string, sample: bigint, budget: SampleBudget): void;
  /**
   * An edge's share of a sample that is fixed. One that has none, or has used up most of it, gets a part of the reserve, a few
   * times at the most. `used` is what it says it has served in the sample.
   */
  shareOf(resource: string, sample: bigint, edge: string, used: bigint): bigint;
  /**
   * Samples from one on, and before another, in which edges have served more than so many bytes by their own word. The last before it
   * is not over, or not heard of by all: there half as many are enough.
   */
  samplesAbove(resource: string, from: bigint, before: bigint, bytes: bigint): number;
  /** Forgets what is older than is of use at this sample. */
  forget(nowSample: bigint): void;
  /** Tables and edges in them, over all samples. */
  readonly rows: number;
}

/** Samples that are kept: an hour is recorded about two hours after it has ended. */
export const KEPT_SAMPLES = 48n;
/** How long what an edge says counts as its demand. */
const DEMAND_SAMPLES = 2n;
/** Rows beyond which older samples are forgotten first, some 50 MB; at twice as many nothing new is fixed. */
const MAX_ROWS = 200_000;
/** Times that an edge gets something of a sample's reserve. */
const MAX_GRANTS = 4;

interface Table {
  readonly budget: SampleBudget;
  reserve: bigint;
  readonly shares: Map<string, bigint>;
  readonly demands: ReadonlyMap<string, bigint>;
  /** Times that an edge got something of the reserve, and of all together. */
  readonly grants: Map<string, number>;
  given: number;
  /** Bytes that edges say they have served in it, none more than its share. */
  readonly served: Map<string, bigint>;
}

interface Known {
  readonly tables: Map<bigint, Table>;
  /** The newest that each edge has said. */
  readonly demands: Map<string, { readonly sample: bigint; readonly bytes: bigint }>;
}

export function createShareBook(maxRows: number = MAX_ROWS): ShareBook {
  const resources = new Map<string, Known>();
  let rows = 0;
  let forgottenAt = -1n;

  function known(resource: string): Known {
    let found = resources.get(resource);
    if (found === undefined) {
      found = { tables: new Map(), demands: new Map() };
      resources.set(resource, found);
    }
    return found;
  }

  /** What an edge says it served counts up to its share: whoever ignores its own must not get more by it. */
  function believed(tables: Known['tables'], sample: bigint, edge: string, bytes: bigint): bigint {
    const table = tables.get(sample);
    return table === undefined
      ? bytes
      : minOf(bytes, table.shares.get(edge) ?? shareGrant(table.budget.bytes, 0));
  }

  function drop(before: bigint, nowSample: bigint): void {
    for (const [resource, { tables, demands }] of resources) {
      for (const [sample, { shares }] of tables) {
        if (sample >= before) continue;
        tables.delete(sample);
        rows -= 1 + shares.size;
      }
      for (const [edge, { sample }] of demands)
        if (sample + DEMAND_SAMPLES + 1n < nowSample) demands.delete(edge);
      if (tables.size === 0 && demands.size === 0) resources.delete(resource);
    }
  }

  return {
    hear({ edge, resource, sample, before, soFar }) {
      const { tables, demands } = known(resource);
      const last = believed(tables, sample - 1n, edge, before);
      const now = believed(tables, sample, edge, soFar);
      tables.get(sample - 1n)?.served.set(edge, last);
      tables.get(sample)?.served.set(edge, now);
      const heard = demands.get(edge);
      const bytes = last > now ? last : now;
      if (heard === undefined || heard.sample < sample) demands.set(edge, { sample, bytes });
      else if (heard.sample === sample && heard.bytes < bytes) demands.set(edge, { sample, bytes });
    },
    table: (resource, sample) => resources.get(resource)?.tables.get(sample),
    fix(resource, sample, budget) {
      const { tables, demands } = known(resource);
      if (tables.has(sample) || rows >= 2 * maxRows) return;
      const wanted: EdgeDemand[] = [];
      for (const [edge, each] of demands)
        if (each.sample + DEMAND_SAMPLES >= sample && each.bytes > 0n)
          wanted.push({ edge, bytes: each.bytes });
      const { shares, reserve } = quotaShares(budget.bytes, wanted);
      tables.set(sample, {
        budget,
        reserve,
        shares: new Map(shares),
        demands: new Map(wanted.map((each) => [each.edge, each.bytes])),
        grants: new Map(),
        given: 0,
        served: new Map(),
      });
      rows += 1 + shares.size;
    },
    shareOf(resource, sample, edge, used) {
      const table = resources.get(resource)?.tables.get(sample);
      if (table === undefined) return 0n;
      const share = table.shares.get(edge);
      const grants = table.grants.get(edge) ?? 0;
      const short = share === undefined || used * 4n >= share * 3n;
      if (!short || grants >= MAX_GRANTS) return share ?? 0n;
      const grant = shareGrant(table.reserve, table.given);
      table.given += 1;
      table.reserve -= grant;
      table.grants.set(edge, grants + 1);
      table.shares.set(edge, (share ?? 0n) + grant);
      if (share === undefined) rows += 1;
      return (share ?? 0n) + grant;
    },
    samplesAbove(resource, from, before, bytes) {
      let above = 0;
      for (const [sample, { served }] of resources.get(resource)?.tables ?? []) {
        if (sample < from || sample >= before) continue;
        let sum = 0n;
        for (const each of served.values()) sum += each;
        if (sum > (sample === before - 1n ? bytes / 2n : bytes)) above += 1;
      }
      return above;
    },
    forget(nowSample) {
      if (nowSample > forgottenAt) {
        forgottenAt = nowSample;
        drop(nowSample - KEPT_SAMPLES, nowSample);
      }
      for (let keep = KEPT_SAMPLES / 2n; rows > maxRows && keep > 1n; keep /= 2n)
        drop(nowSample - keep, nowSample);
    },
    get rows() {
      return rows;
    },
  };
}
