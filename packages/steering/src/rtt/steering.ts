import { seedOf } from '../hash.ts';
import { steeredHash } from '../pick-edges.ts';
import type { HomeOf, RegionOf, SteeredAsker } from '../pick-edges.ts';
import { regionDistance } from '../region.ts';
import { isOpen, medianOf, nextShare } from '../share.ts';
import { createHomes } from './homes.ts';
import type { Candidate } from './homes.ts';
import { prefixKey, prefixOfKey } from './prefix-key.ts';
import { createRttTable } from './rtt-table.ts';
import type { RttKey } from './rtt-table.ts';

/** What one guard has of one window. */
export interface WindowView {
  readonly guard: string;
  readonly loads: readonly {
    readonly edge: string;
    /** Of what it can, 1 for all; undefined where it does not say. */
    readonly used: number | undefined;
    readonly share: number;
  }[];
  readonly rtts: readonly {
    readonly prefix: SteeredAsker;
    readonly edge: string;
    readonly ms: number;
    readonly count: number;
  }[];
}

/** An edge that may be answered with. */
export interface LiveEdge {
  readonly id: string;
  readonly region: string;
}

/** Prefixes that are decided about in one window because somebody measured: each is held against every edge. */
const MAX_DECIDED = 4_096;
/** Milliseconds that are taken where nobody measured, by how far regions are apart. */
const PRIOR_MS = [20, 50, 160];
/** Where no table knows where a prefix is. */
const UNKNOWN_MS = 80;

/** Shares of edges and homes of prefixes, once per window; a function of the views alone. */
export interface Steering {
  /**
   * One window on. `views`: those of its guards, in any order; `alive`: edges that are answered with. Shares are the middle of what
   * the guards said, moved by the middle of what they saw: who was away takes part again with the next window.
   */
  advance(
    views: readonly WindowView[],
    alive: readonly LiveEdge[],
    how?: {
      /** Whether shares are changed: what is changed before its effect has shown is changed twice. True unless told otherwise. */
      readonly moveShares: boolean;
    },
  ): void;
  /** From 0 to 1. */
  shareOf(edge: string): number;
  readonly homeOf: HomeOf;
  /** Prefixes that have a home. */
  readonly homes: number;
}

/** `networkOf`: whose network a prefix is in, which tells more of it than its region. */
export function createSteering(regionOf?: RegionOf, networkOf?: RegionOf): Steering {
  const table = createRttTable();
  const homes = createHomes();
  let shares = new Map<string, number>();

  function readShares(views: readonly WindowView[], alive: readonly LiveEdge[], move: boolean): void {
    const said = new Map<string, { used: number[]; shares: number[] }>();
    for (const { loads } of views)
      for (const { edge, used, share } of loads) {
        const of = said.get(edge) ?? { used: [], shares: [] };
        said.set(edge, of);
        of.shares.push(share);
        if (used !== undefined) of.used.push(used);
      }
    shares = new Map(
      alive.map(({ id }) => {
        const of = said.get(id);
        const before = medianOf(of?.shares ?? []) ?? shares.get(id) ?? 1;
        // Of an edge that does not say what it can nothing is known to be too much.
        return [id, move ? nextShare(before, medianOf(of?.used ?? []) ?? 0) : before];
      }),
    );
  }

  function decide(
    key: number,
    alive: readonly LiveEdge[],
    open: (prefix: SteeredAsker, edge: string) => boolean,
  ): void {
    const prefix = prefixOfKey(key);
    const keys = keysOf(prefix, key);
    const region = regionOf?.(prefix);
    const candidates = alive.map(({ id, region: at }): Candidate => {
      const prior = region === undefined ? UNKNOWN_MS : (PRIOR_MS[regionDistance(region, at)] ?? UNKNOWN_MS);
      return { edge: id, ms: table.estimate(keys, id, prior), open: open(prefix, id) };
    });
    homes.decide(key, candidates);
  }

  function keysOf(prefix: SteeredAsker, key: number): readonly RttKey[] {
    const region = regionOf?.(prefix);
    if (region === undefined) return [key];
    const network = networkOf?.(prefix);
    return network === undefined ? [key, region] : [key, `${network} ${region}`, region];
  }

  return {
    advance(views, alive, { moveShares } = { moveShares: true }) {
      // The order in which they came must not show.
      const ordered = views.toSorted((a, b) => (a.guard < b.guard ? -1 : 1));
      readShares(ordered, alive, moveShares);
      const measured = new Set<number>();
      for (const { rtts } of ordered)
        for (const { prefix, edge, ms, count } of rtts) {
          const key = prefixKey(prefix);
          if (key === undefined || (measured.size >= MAX_DECIDED && !measured.has(key))) continue;
          measured.add(key);
          table.add({ keys: keysOf(prefix, key), edge, ms, count });
        }
      const seeds = new Map(alive.map(({ id }) => [id, seedOf(id)]));
      const open = (prefix: SteeredAsker, edge: string): boolean => {
        const seed = seeds.get(edge);
        return seed !== undefined && isOpen(steeredHash(prefix), seed, shares.get(edge) ?? 1);
      };
      // Who was not measured moves only where it has to.
      for (const [key, edge] of homes.all()) if (!open(prefixOfKey(key), edge)) measured.add(key);
      for (const key of measured) decide(key, alive, open);
    },
    shareOf: (edge) => shares.get(edge) ?? 1,
    homeOf(asker) {
      const key = homes.size === 0 ? undefined : prefixKey(asker);
      return key === undefined ? undefined : homes.of(key);
    },
    get homes() {
      return homes.size;
    },
  };
}
