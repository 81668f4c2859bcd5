import { seedOf } from '../hash.ts';
import { steeredHash } from '../pick-edges.ts';
import type { HomeOf, RegionOf, SteeredAsker } from '../pick-edges.ts';
import { regionDistance } from '../region.ts';
import { detours, isOpen, medianOf, nextShare } from '../share.ts';
import { capacityOf, provenOf } from './capacities.ts';
import type { CapacityView } from './capacities.ts';
import { createEdgeWord } from './edge-word.ts';
import { createHomes } from './homes.ts';
import type { Candidate } from './homes.ts';
import { prefixKey, prefixOfKey } from './prefix-key.ts';
import { createRttTable } from './rtt-table.ts';
import type { RttKey } from './rtt-table.ts';

/** What one guard has of one window. */
export interface WindowView {
  readonly guard: string;
  readonly loads: readonly (CapacityView & { readonly edge: string; readonly share: number })[];
  /** What pages and the guard measured. */
  readonly rtts: readonly MeasuredRtt[];
  /** What edges told. */
  readonly told: readonly MeasuredRtt[];
}

export interface MeasuredRtt {
  readonly prefix: SteeredAsker;
  readonly edge: string;
  readonly ms: number;
  readonly count: number;
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
  /** What challenges have proven of an edge, in kbit/s; 0 for nothing. */
  provenOf(edge: string): number;
  /** What an edge is taken to be able to serve, in kbit/s; undefined where nobody knows of a limit. */
  capacityOf(edge: string): number | undefined;
  readonly homeOf: HomeOf;
  /** Prefixes that have a home. */
  readonly homes: number;
}

/** `networkOf`: whose network a prefix is in, which tells more of it than its region. */
export function createSteering(regionOf?: RegionOf, networkOf?: RegionOf): Steering {
  const table = createRttTable();
  const word = createEdgeWord();
  const homes = createHomes();
  let shares = new Map<string, number>();
  let proven = new Map<string, number>();
  let capacities = new Map<string, number>();

  function readLoads(views: readonly WindowView[], alive: readonly LiveEdge[], move: boolean): void {
    const said = new Map<string, WindowView['loads'][number][]>();
    for (const { loads } of views)
      for (const load of loads) {
        const of = said.get(load.edge) ?? [];
        said.set(load.edge, of);
        of.push(load);
      }
    proven = new Map(
      alive.map(({ id }) => {
        const of = said.get(id) ?? [];
        return [id, of.length === 0 ? (proven.get(id) ?? 0) : provenOf(of)];
      }),
    );
    const reach = Math.max(0, ...proven.values());
    const moved = new Map<string, number>();
    const able = new Map<string, number>();
    for (const { id } of alive) {
      const of = said.get(id) ?? [];
      const claimed = medianOf(of.map((each) => each.claimed)) ?? 0;
      const can = capacityOf(claimed, proven.get(id) ?? 0, reach);
      const before = medianOf(of.map(({ share }) => share)) ?? shares.get(id) ?? 1;
      const served = medianOf(of.flatMap((each) => (each.served === undefined ? [] : [each.served])));
      // Of an edge that nobody knows a limit of nothing is known to be too much.
      moved.set(id, move ? nextShare(before, can === undefined ? 0 : (served ?? 0) / can) : before);
      if (can !== undefined) able.set(id, can);
    }
    [shares, capacities] = [moved, able];
  }

  function decide(
    key: number,
    alive: readonly LiveEdge[],
    open: (prefix: SteeredAsker, edge: string, detourMs: number) => boolean,
  ): void {
    const prefix = prefixOfKey(key);
    const keys = keysOf(prefix, key);
    const region = regionOf?.(prefix);
    const near = alive.map(({ id, region: at }) => {
      const prior = region === undefined ? UNKNOWN_MS : (PRIOR_MS[regionDistance(region, at)] ?? UNKNOWN_MS);
      const ms = word.drawn(keys, id, table.estimate(keys, id, prior), table);
      return { id, ms, share: shares.get(id) ?? 1 };
    });
    const further = detours(near);
    homes.decide(
      key,
      near.map(({ id, ms }, i): Candidate => {
        const detourMs = further[i] ?? 0;
        return { edge: id, ms, open: open(prefix, id, detourMs), detourMs };
      }),
    );
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
      readLoads(ordered, alive, moveShares);
      const measured = new Set<number>();
      for (const { rtts } of ordered)
        for (const { prefix, edge, ms, count } of rtts) {
          const key = prefixKey(prefix);
          if (key === undefined || (measured.size >= MAX_DECIDED && !measured.has(key))) continue;
          measured.add(key);
          table.add({ keys: keysOf(prefix, key), edge, ms, count });
        }
      // Of whom one edge alone tells, and nobody else, nothing follows: it could tell of all the world.
      for (const { key, told } of toldBy(ordered)) {
        word.add({ ...told, keys: keysOf(prefixOfKey(key), key) }, table);
        if (measured.has(key) || (table.edgesOf(key) === 0 && word.edgesOf(key) < 2)) continue;
        if (measured.size < MAX_DECIDED) measured.add(key);
      }
      const seeds = new Map(alive.map(({ id }) => [id, seedOf(id)]));
      const open = (prefix: SteeredAsker, edge: string, detourMs: number): boolean => {
        const seed = seeds.get(edge);
        return seed !== undefined && isOpen(steeredHash(prefix), seed, shares.get(edge) ?? 1, detourMs);
      };
      // Who was not measured moves only where it has to.
      for (const [key, edge, detourMs] of homes.all())
        if (!open(prefixOfKey(key), edge, detourMs)) measured.add(key);
      for (const key of measured) decide(key, alive, open);
    },
    shareOf: (edge) => shares.get(edge) ?? 1,
    provenOf: (edge) => proven.get(edge) ?? 0,
    capacityOf: (edge) => capacities.get(edge),
    homeOf(asker) {
      const key = homes.size === 0 ? undefined : prefixKey(asker);
      return key === undefined ? undefined : homes.of(key);
    },
    get homes() {
      return homes.size;
    },
  };
}

interface ToldPair {
  readonly key: number;
  readonly told: { readonly edge: string; readonly ms: number; readonly count: number };
}

/** What edges told, where more than half of the guards pass it on: the middle of what these say that an edge said. */
function toldBy(views: readonly WindowView[]): readonly ToldPair[] {
  const pairs = new Map<string, { key: number; edge: string; ms: number[]; counts: number[] }>();
  for (const { told } of views) {
    const seen = new Set<string>();
    for (const { prefix, edge, ms, count } of told) {
      const key = prefixKey(prefix);
      const name = `${key} ${edge}`;
      // A guard that says a thing twice is one guard.
      if (key === undefined || seen.has(name)) continue;
      seen.add(name);
      const of = pairs.get(name) ?? { key, edge, ms: [], counts: [] };
      pairs.set(name, of);
      of.ms.push(ms);
      of.counts.push(count);
    }
  }
  return [...pairs.entries()]
    .filter(([, { ms }]) => ms.length * 2 > views.length)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { key, edge, ms, counts }]) => ({
      key,
      told: { edge, ms: medianOf(ms) ?? 0, count: medianOf(counts) ?? 0 },
    }));
}
