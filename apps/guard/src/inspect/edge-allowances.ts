/**
 * What a guard spends on one edge's evidence of one hour, however often it looks. An edge that drips, or names very
 * much evidence, uses up its own allowance and nobody else's.
 */
export interface EdgeAllowance {
  /** Ends what is asked of the edge when its time is over. */
  readonly signal: AbortSignal;
  /** Takes so many bytes off; false when there are not so many left. */
  takeBytes(bytes: number): boolean;
  /** To be called when the guard is done with asking; charges the time that passed. */
  stop(): void;
}

export interface EdgeAllowances {
  open(edge: string, hour: bigint, ending: AbortSignal): EdgeAllowance;
  /** Milliseconds spent on an edge of late: the quick ones are looked at first. */
  spentMs(edge: string): number;
  forgetBefore(hour: bigint): void;
}

/** A quarter of a million sessions and 60,000 resources, or so. */
const MAX_BYTES = 128 * 2 ** 20;

interface Cell {
  readonly hour: bigint;
  bytesLeft: number;
  msLeft: number;
}

/** `msPerHour`: for each edge and hour. */
export function createEdgeAllowances(nowMs: () => number, msPerHour: () => number): EdgeAllowances {
  const cells = new Map<string, Cell>();
  const spentMs = new Map<string, number>();
  return {
    open(edge, hour, ending) {
      const key = `${edge} ${hour}`;
      const cell = cells.get(key) ?? { hour, bytesLeft: MAX_BYTES, msLeft: msPerHour() };
      cells.set(key, cell);
      const since = nowMs();
      const limit = AbortSignal.timeout(Math.max(1, Math.ceil(cell.msLeft)));
      return {
        signal: AbortSignal.any([limit, ending]),
        takeBytes(bytes) {
          if (bytes > cell.bytesLeft) return false;
          cell.bytesLeft -= bytes;
          return true;
        },
        stop() {
          const spent = Math.max(0, nowMs() - since);
          cell.msLeft -= spent;
          spentMs.set(edge, (spentMs.get(edge) ?? 0) + spent);
        },
      };
    },
    spentMs: (edge) => spentMs.get(edge) ?? 0,
    forgetBefore(hour) {
      let forgotten = false;
      for (const [key, cell] of cells) {
        if (cell.hour >= hour) continue;
        cells.delete(key);
        forgotten = true;
      }
      if (!forgotten) return;
      // What was long ago counts less and less.
      for (const [edge, spent] of spentMs) {
        if (spent < 10) spentMs.delete(edge);
        else spentMs.set(edge, spent / 2);
      }
    },
  };
}
