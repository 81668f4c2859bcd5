/** How long fetches from the edge take, from the newest ones. Milliseconds and bytes a millisecond. */
export interface EdgeTimes {
  add(ms: number, bytes: number): void;
  /** Ninety-five of a hundred took no longer; a careful guess before the first. */
  readonly p95Ms: number;
  /** Mean bytes a millisecond; undefined before the first. */
  readonly bytesPerMs: number | undefined;
}

const KEPT = 20;
/** Before anything is known: what a segment takes on a line that just plays it. */
const UNKNOWN_MS = 1_000;

export function createEdgeTimes(): EdgeTimes {
  const taken: { readonly ms: number; readonly bytes: number }[] = [];
  return {
    add(ms, bytes) {
      taken.push({ ms: Math.max(1, ms), bytes });
      if (taken.length > KEPT) taken.shift();
    },
    get p95Ms() {
      if (taken.length === 0) return UNKNOWN_MS;
      const sorted = taken.map(({ ms }) => ms).sort((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.ceil(0.95 * sorted.length) - 1)] ?? UNKNOWN_MS;
    },
    get bytesPerMs() {
      if (taken.length === 0) return undefined;
      const total = taken.reduce((sum, each) => ({ ms: sum.ms + each.ms, bytes: sum.bytes + each.bytes }));
      return total.bytes / total.ms;
    },
  };
}
