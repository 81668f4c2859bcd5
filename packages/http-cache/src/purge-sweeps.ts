import type { Clock } from '@media-network/runtime';
import type { Entry } from './entry.ts';
import type { PurgeTarget } from './store.ts';

/** What became of a purge. */
export interface Swept {
  /** Entries that it meant, those on their way among them. */
  readonly matched: number;
  /** False where the store was given up first: what is left is void here, and comes back to whoever opens the folder. */
  readonly whole: boolean;
}

/** One purge on its way through the store. */
export interface Sweep {
  readonly generation: number;
  readonly soft: boolean;
  readonly matches: (target: PurgeTarget) => boolean;
  /** All that it can mean; undefined where that may be any entry. */
  readonly candidates: Iterable<Entry> | undefined;
}

export interface PurgeSweepsDeps {
  readonly clock: Clock;
  /** All entries, in no order and while others come and go. */
  readonly every: () => Iterable<Entry>;
  /** Out of the store. */
  readonly bury: (entry: Entry) => void;
  /** Stale from now on, on disk, too. */
  readonly soften: (entry: Entry, generation: number) => void;
  /** Resolves when the disk has done all that it was told until now. */
  readonly settled: () => Promise<void>;
}

/**
 * Purges take hold at once, whatever they mean: until its sweep has come by, each entry that is looked up is compared
 * with the purges that are under way. The sweeps themselves leave others their turn, and never have more removals
 * under way than the disk is asked for at a time.
 */
export interface PurgeSweeps {
  /** Resolves when all that is meant is out of the store and off the disk. Never rejects. */
  begin(sweep: Sweep): Promise<Swept>;
  /** Does to an entry what purges under way mean for it; false where it is void. */
  settle(entry: Entry): boolean;
  /** Ends where it is; what is left stays void here. */
  stop(): Promise<void>;
  goOn(): void;
}

/** A sweep goes on so long before others have their turn. */
const SLICE_MS = 5;
/** Looked at between two looks at the clock. */
const STRIDE = 256;
/** Removals under way of one sweep. */
const MAX_REMOVALS = 256;

interface Running {
  readonly sweep: Sweep;
  matched: number;
  readonly over: (swept: Swept) => void;
}

/** Entries that are gone through for some purges at once. */
interface Walk {
  readonly rest: Iterator<Entry>;
  readonly purges: readonly Running[];
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export function createPurgeSweeps(deps: PurgeSweepsDeps): PurgeSweeps {
  const running = new Set<Running>();
  /** Those that look at everything and have not begun: the next walk is for all of them. */
  let waiting: Running[] = [];
  const walks = new Set<Promise<void>>();
  let scanning = false;
  let stopped = false;

  function meet(entry: Entry, { generation, soft, matches }: Sweep): 'void' | 'stale' | undefined {
    if (entry.generation >= generation || (soft && entry.softened >= generation)) return undefined;
    if (!matches(entry)) return undefined;
    // The folder is another's meanwhile: what is done to an entry now is done to its file when this goes on.
    if (soft) deps.soften(entry, stopped ? entry.softened : generation);
    else if (!stopped) deps.bury(entry);
    return soft ? 'stale' : 'void';
  }

  /** As far as it comes in one go. True when nothing is left. */
  function slice({ rest, purges }: Walk): boolean {
    const until = deps.clock.nowMs() + SLICE_MS;
    let removals = 0;
    for (let looked = 1; removals < MAX_REMOVALS; looked += 1) {
      const next = rest.next();
      if (next.done === true) return true;
      for (const one of purges) {
        const met = next.value.live ? meet(next.value, one.sweep) : undefined;
        if (met === undefined) continue;
        one.matched += 1;
        removals += 1;
      }
      if (looked % STRIDE === 0 && deps.clock.nowMs() >= until) return false;
    }
    return false;
  }

  async function go(walk: Walk): Promise<void> {
    // oxlint-disable-next-line no-unmodified-loop-condition -- `stop` modifies it while others have their turn
    while (!stopped) {
      const isOver = slice(walk);
      if (isOver) for (const one of walk.purges) running.delete(one);
      await deps.settled();
      if (isOver) break;
      await nextTurn();
    }
    for (const one of walk.purges) one.over({ matched: one.matched, whole: !running.has(one) });
  }

  function start(work: Promise<void>): void {
    const walk = work.finally(() => walks.delete(walk));
    walks.add(walk);
  }

  async function scan(): Promise<void> {
    scanning = true;
    try {
      // Those that are asked for in the same moment go together.
      await nextTurn();
      while (waiting.length > 0) {
        const purges = waiting;
        waiting = [];
        await go({ rest: deps.every()[Symbol.iterator](), purges });
      }
    } finally {
      scanning = false;
    }
  }

  function walkFor(one: Running): void {
    const { candidates } = one.sweep;
    if (candidates !== undefined) start(go({ rest: candidates[Symbol.iterator](), purges: [one] }));
    else {
      waiting.push(one);
      if (!scanning) start(scan());
    }
  }

  return {
    begin: (sweep) =>
      new Promise((over) => {
        const one: Running = { sweep, matched: 0, over };
        running.add(one);
        walkFor(one);
      }),
    settle(entry) {
      // Each sees what those before it have left.
      for (const { sweep } of running) if (meet(entry, sweep) === 'void') return false;
      return true;
    },
    async stop() {
      stopped = true;
      await Promise.all(walks);
    },
    goOn() {
      stopped = false;
      for (const one of running) walkFor(one);
    },
  };
}
