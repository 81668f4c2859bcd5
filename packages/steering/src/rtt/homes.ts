/** An edge as seen from a prefix at one moment. */
export interface Candidate {
  readonly edge: string;
  /** Milliseconds, as estimated. */
  readonly ms: number;
  /** Whether its share lets the prefix to it. */
  readonly open: boolean;
  /** Milliseconds that the best of the others is further; 0 unless told otherwise. */
  readonly detourMs?: number;
}

/** Another edge must be better by as much, milliseconds and part, and as many times running: estimates are noisy, moves cost caches. */
const BETTER_MS = 5;
const BETTER_PART = 0.15;
const TIMES = 3;
/** Prefixes that have a home; those that were decided about the longest ago go. */
const MAX_HOMES = 65_536;

interface Home {
  edge: string;
  /** From it, when it was last decided about. */
  detourMs: number;
  /** Who was better, and how many times running. */
  rival: string;
  times: number;
}

/**
 * The edge that each prefix is led to. It stays until another was clearly better three times running; at once where it is dead,
 * or closed to the prefix.
 */
export interface Homes {
  /** Once per TTL: decides about a prefix among the edges that are alive; its home, if any is open. */
  decide(prefix: number, candidates: readonly Candidate[]): string | undefined;
  of(prefix: number): string | undefined;
  /** All prefixes with their homes, and the detour from there when it was last decided about. */
  all(): Iterable<readonly [prefix: number, edge: string, detourMs: number]>;
  readonly size: number;
}

export function createHomes(maxHomes: number = MAX_HOMES): Homes {
  const homes = new Map<number, Home>();

  return {
    decide(prefix, candidates) {
      let best: Candidate | undefined;
      for (const each of candidates)
        // Of two alike the one whose name comes first, at every guard.
        if (
          each.open &&
          (best === undefined || each.ms < best.ms || (each.ms === best.ms && each.edge < best.edge))
        )
          best = each;
      const before = homes.get(prefix);
      homes.delete(prefix);
      if (best === undefined) return undefined;
      const current = candidates.find(({ edge, open }) => edge === before?.edge && open);
      const home = before ?? { edge: best.edge, detourMs: 0, rival: '', times: 0 };
      homes.set(prefix, home);
      if (homes.size > maxHomes) {
        const [oldest] = homes.keys();
        if (oldest !== undefined) homes.delete(oldest);
      }
      if (current === undefined) Object.assign(home, { edge: best.edge, rival: '', times: 0 });
      else if (current.ms - best.ms < Math.max(BETTER_MS, BETTER_PART * current.ms)) home.times = 0;
      else {
        home.times = home.rival === best.edge ? home.times + 1 : 1;
        home.rival = best.edge;
        if (home.times >= TIMES) Object.assign(home, { edge: best.edge, rival: '', times: 0 });
      }
      home.detourMs = candidates.find(({ edge }) => edge === home.edge)?.detourMs ?? 0;
      return home.edge;
    },
    of: (prefix) => homes.get(prefix)?.edge,
    *all() {
      for (const [prefix, { edge, detourMs }] of homes) yield [prefix, edge, detourMs];
    },
    get size() {
      return homes.size;
    },
  };
}
