/** A prefix, by its number, or something wider, by its name. */
export type RttKey = number | string;

/** A round trip that somebody measured, or the mean of some. */
export interface RttSample {
  /** Whose it is, and what that belongs to, the narrowest first: a prefix by its number, its network where it is, its region. */
  readonly keys: readonly RttKey[];
  readonly edge: string;
  readonly ms: number;
  /** Round trips that it is the mean of. */
  readonly count: number;
}

/**
 * Round-trip times to edges. Few of a prefix say little, so what they say is drawn towards what is known of the wider keys, the
 * more the fewer there are: no prefix moves for one lucky packet, and one that nobody measured is judged by its country.
 */
export interface RttTable {
  add(sample: RttSample): void;
  /** In milliseconds. `prior`: what is taken where nothing at all is known. */
  estimate(keys: readonly RttKey[], edge: string, prior: number): number;
  /** What is known of one key alone; `weight`: round trips that count, 24 at most. */
  known(key: RttKey, edge: string): { readonly mean: number; readonly weight: number } | undefined;
  /** Edges that something is known of from a key. */
  edgesOf(key: RttKey): number;
  /** Prefixes, networks and countries that something is known of. */
  readonly size: number;
}

/** Round trips beyond this are no network's; what a device that sleeps says. */
const MOST_MS = 2_000;
/** Round trips after which older ones count for little: some minutes of a busy prefix, days of a quiet one. */
const MEMORY = 24;
/** Round trips that weigh as much as what is known of the wider key. */
const DRAWN_BY = 4;
/** Keys that are remembered; those that nothing came for the longest go. A tenth of a KB for each edge of each. */
const MAX_KEYS = 65_536;

interface Known {
  mean: number;
  weight: number;
}

export function createRttTable(maxKeys: number = MAX_KEYS): RttTable {
  const byKey = new Map<RttKey, Map<string, Known>>();

  function put(key: RttKey, edge: string, ms: number, count: number): void {
    const of = byKey.get(key) ?? new Map<string, Known>();
    // What was heard of last stands last.
    byKey.delete(key);
    byKey.set(key, of);
    const known = of.get(edge) ?? { mean: ms, weight: 0 };
    known.weight = Math.min(MEMORY, known.weight + count);
    known.mean += (ms - known.mean) * Math.min(1, count / known.weight);
    of.set(edge, known);
    if (byKey.size <= maxKeys) return;
    const [oldest] = byKey.keys();
    if (oldest !== undefined) byKey.delete(oldest);
  }

  return {
    add({ keys, edge, ms, count }) {
      if (!Number.isFinite(ms) || ms <= 0 || ms > MOST_MS || !Number.isFinite(count) || count <= 0) return;
      for (const key of keys) put(key, edge, ms, count);
    },
    estimate(keys, edge, prior) {
      let estimate = prior;
      for (let i = keys.length - 1; i >= 0; i -= 1) {
        const known = byKey.get(keys[i] ?? '')?.get(edge);
        if (known !== undefined)
          estimate = (known.mean * known.weight + estimate * DRAWN_BY) / (known.weight + DRAWN_BY);
      }
      return estimate;
    },
    known: (key, edge) => byKey.get(key)?.get(edge),
    edgesOf: (key) => byKey.get(key)?.size ?? 0,
    get size() {
      return byKey.size;
    },
  };
}
