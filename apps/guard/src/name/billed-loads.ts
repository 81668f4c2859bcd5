/** What an edge put on the chain of one hour, to be paid for it. */
export interface ReportedHour {
  readonly edge: string;
  readonly bytes: bigint;
}

/** What edges say that they serve, held against what they report to be paid for. */
export interface BilledLoads {
  /** What an edge's books have, in bytes of the month, in an hour. */
  note(edge: string, hour: bigint, bytes: number): void;
  /** Reads the reports of hours that are over, once each. Never rejects. */
  readUntil(hour: bigint, reports: (hour: bigint) => Promise<readonly ReportedHour[]>): Promise<void>;
  /** What an edge's word is to be multiplied by: 1, or more where it reported more than it said. */
  partOf(edge: string): number;
}

/** Reports of an hour are there when the next one is over. */
const AFTER_HOURS = 2n;
/** Readings are not at the hour's turn, and so much of a difference is nobody's fault. */
const TOLERATED = 1.1;
const TOLERATED_BYTES = 2 ** 20;
/** What an edge reports beyond its word counts up to here: it cannot take itself off the network for others. */
const MOST_PART = 10;
const EDGES_KEPT = 10_000;

interface Books {
  /** By hour: what the books had at its first reading. */
  readonly first: Map<bigint, number>;
  part: number;
}

export function createBilledLoads(): BilledLoads {
  const books = new Map<string, Books>();
  let readTo: bigint | undefined;

  function judge(hour: bigint, { edge, bytes }: ReportedHour): void {
    const of = books.get(edge);
    const [begin, end] = [of?.first.get(hour), of?.first.get(hour + 1n)];
    // A new month is begun at 0.
    if (of === undefined || begin === undefined || end === undefined || end < begin) return;
    const [said, reported] = [end - begin, Number(bytes)];
    const differs = reported > said * TOLERATED + TOLERATED_BYTES;
    of.part = differs ? Math.min(MOST_PART, reported / Math.max(1, said)) : 1;
  }

  return {
    note(edge, hour, bytes) {
      const of = books.get(edge) ?? { first: new Map<bigint, number>(), part: 1 };
      books.delete(edge);
      books.set(edge, of);
      if (!of.first.has(hour)) of.first.set(hour, bytes);
      for (const old of of.first.keys()) if (old < hour - AFTER_HOURS - 1n) of.first.delete(old);
      const [oldest] = books.size > EDGES_KEPT ? books.keys() : [];
      if (oldest !== undefined) books.delete(oldest);
    },
    async readUntil(hour, reports) {
      const last = hour - AFTER_HOURS;
      if (readTo !== undefined && last <= readTo) return;
      const first = readTo;
      readTo = last;
      // An hour of which there is no first reading was not watched whole.
      if (first === undefined || last < 0n) return;
      for (const each of await reports(last).catch(() => [])) judge(last, each);
    },
    partOf: (edge) => books.get(edge)?.part ?? 1,
  };
}
