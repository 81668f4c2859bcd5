/** What became of questions to origins, since the process began. None of it says which origin. */
export interface OriginTally {
  /** `answered`, `error` (5xx), or how it failed: `timeout`, `unreachable`, `reset`, … → how often. */
  readonly byOutcome: ReadonlyMap<string, number>;
  /** Requests that were asked of the next origin, by what became of the one before. */
  readonly failovers: ReadonlyMap<string, number>;
  readonly checks: Readonly<Record<'ok' | 'failed', number>>;
  readonly ejections: number;
  asked(outcome: string): void;
  failedOver(why: string): void;
  ejected(): void;
  checked(succeeded: boolean): void;
}

export function createOriginTally(): OriginTally {
  const byOutcome = new Map<string, number>();
  const failovers = new Map<string, number>();
  const checks = { ok: 0, failed: 0 };
  const sums = { ejections: 0 };
  return {
    byOutcome,
    failovers,
    checks,
    get ejections() {
      return sums.ejections;
    },
    asked: (outcome) => count(byOutcome, outcome),
    failedOver: (why) => count(failovers, why),
    ejected() {
      sums.ejections += 1;
    },
    checked(succeeded) {
      checks[succeeded ? 'ok' : 'failed'] += 1;
    },
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
