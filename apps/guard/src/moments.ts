/**
 * When each edge was last probed and last asked for its counters. The two stay apart: a meter that counts more
 * while somebody looks would otherwise know when.
 */
export interface Moments {
  mark(edge: string, what: 'probe' | 'ask', atMs: number): void;
  /** Milliseconds to wait until `gapMs` lies between the other kind and now; 0 for none. */
  wait(edge: string, what: 'probe' | 'ask', nowMs: number, gapMs: number): number;
}

const MAX_EDGES = 50_000;

export function createMoments(): Moments {
  const last = new Map<string, number>();
  return {
    mark(edge, what, atMs) {
      last.delete(`${what} ${edge}`);
      last.set(`${what} ${edge}`, atMs);
      for (const oldest of last.keys()) {
        if (last.size <= 2 * MAX_EDGES) break;
        last.delete(oldest);
      }
    },
    wait(edge, what, nowMs, gapMs) {
      const other = last.get(`${what === 'probe' ? 'ask' : 'probe'} ${edge}`);
      return other === undefined ? 0 : Math.max(0, other + gapMs - nowMs);
    },
  };
}
