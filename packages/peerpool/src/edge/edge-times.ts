/** How long fetches from the edge take, from the newest ones. Milliseconds and bytes a millisecond. */
export interface EdgeTimes {
  add(ms: number, bytes: number): void;
  /** Nearly all took no longer: all but the slowest of four and more; a careful guess before the first. */
  readonly slowMs: number;
  /** The middle one. */
  readonly middleMs: number;
  /** Mean bytes a millisecond; undefined before the first. */
  readonly bytesPerMs: number | undefined;
}

const KEPT = 12;
/** What is older says little, if there are a few that are newer: the first ones were slowed by the page's own start. */
const OLD_MS = 30_000;
const LEAST_KEPT = 4;
/** Before anything is known: what a segment takes on a line that just plays it. */
const UNKNOWN_MS = 1_000;

export function createEdgeTimes(nowMs: () => number): EdgeTimes {
  const taken: { readonly ms: number; readonly bytes: number; readonly atMs: number }[] = [];

  /** From fast to slow. */
  function sorted(): readonly number[] {
    const now = nowMs();
    const counted = taken.filter(({ atMs }, i) => i >= taken.length - LEAST_KEPT || now - atMs < OLD_MS);
    return counted.map(({ ms }) => ms).sort((a, b) => a - b);
  }

  return {
    add(ms, bytes) {
      taken.push({ ms: Math.max(1, ms), bytes, atMs: nowMs() });
      if (taken.length > KEPT) taken.shift();
    },
    get slowMs() {
      const all = sorted();
      // One of several is an accident, by which nobody should go for a minute.
      return all[all.length < LEAST_KEPT ? all.length - 1 : all.length - 2] ?? UNKNOWN_MS;
    },
    get middleMs() {
      const all = sorted();
      return all[all.length >> 1] ?? UNKNOWN_MS;
    },
    get bytesPerMs() {
      if (taken.length === 0) return undefined;
      const total = (of: 'ms' | 'bytes'): number => taken.reduce((sum, each) => sum + each[of], 0);
      return total('bytes') / total('ms');
    },
  };
}
