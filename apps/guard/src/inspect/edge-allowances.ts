/**
 * What a guard spends on one edge's evidence of one hour, however often it looks. An edge that drips, or names very
 * much evidence, uses up its own allowance and nobody else's.
 */
export interface EdgeAllowance {
  /** Asks the edge something; only the time until its answers is charged. The signal ends it when the time is over. */
  ask<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Takes so many bytes off; false when there are not so many left. */
  takeBytes(bytes: number): boolean;
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
  /** Answers that are waited for, and since when: what is asked side by side is charged once. */
  waiting: number;
  sinceMs: number;
}

/** `msPerHour`: for each edge and hour. */
export function createEdgeAllowances(nowMs: () => number, msPerHour: () => number): EdgeAllowances {
  const cells = new Map<string, Cell>();
  const spentMs = new Map<string, number>();

  function charge(edge: string, cell: Cell): void {
    const spent = Math.max(0, nowMs() - cell.sinceMs);
    cell.sinceMs = nowMs();
    cell.msLeft -= spent;
    spentMs.set(edge, (spentMs.get(edge) ?? 0) + spent);
  }

  return {
    open(edge, hour, ending) {
      const key = `${edge} ${hour}`;
      const cell = cells.get(key) ?? {
        hour,
        bytesLeft: MAX_BYTES,
        msLeft: msPerHour(),
        waiting: 0,
        sinceMs: 0,
      };
      cells.set(key, cell);
      return {
        async ask(work) {
          if (cell.waiting > 0) charge(edge, cell);
          else cell.sinceMs = nowMs();
          cell.waiting += 1;
          const limit = cell.msLeft <= 0 ? AbortSignal.abort() : AbortSignal.timeout(Math.ceil(cell.msLeft));
          try {
            return await work(AbortSignal.any([limit, ending]));
          } finally {
            charge(edge, cell);
            cell.waiting -= 1;
          }
        },
        takeBytes(bytes) {
          if (bytes > cell.bytesLeft) return false;
          cell.bytesLeft -= bytes;
          return true;
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
