import { Counter, Registry } from 'prom-client';

/** What a guard did since its start, for stats and metrics. */
export interface Counts {
  add(what: CountName, by?: number): void;
  addReason(reason: string): void;
  get(what: CountName): number;
  reasons(): Readonly<Record<string, number>>;
  addClaimed(base: bigint): void;
  readonly claimed: bigint;
  metrics(): Promise<string>;
}

const NAMES = {
  verdicts: 'Verdicts committed.',
  reveals: 'Verdicts revealed.',
  hours: 'Roots of hours voted for.',
  epochs: 'Votes for what a week pays.',
  recorded: "Resources' hours recorded.",
  charged: 'Charges taken.',
  debts: 'Debts paid out of new stake.',
  authorised: 'Votes to activate resources.',
  months: 'Months finalised.',
  buybacks: 'Slices of fees swapped to MEDIA.',
  burns: 'Burns of what was bought back.',
  elections: 'Nodes elected with evidence.',
  votes: 'Votes in elections of nodes.',
  refreshed: 'Quotas recomputed.',
  joined: 'Sets joined.',
  closed: 'Accounts closed, whose rent went back.',
  keys: 'Settings keys handed to edges.',
  witnesses: 'Statements of viewers taken.',
  purges: 'Purges of publishers kept.',
  refused: 'Requests for keys and statements of viewers refused.',
  commits: 'Counters that edges committed to when asked.',
  probes: 'Probes made.',
  failures: 'Actions and rounds that failed.',
} as const;
export type CountName = keyof typeof NAMES;

export function createCounts(): Counts {
  const registry = new Registry();
  const values = new Map<CountName, number>();
  const reasons = new Map<string, number>();
  const reasonCounter = new Counter({
    name: 'media_guard_reports_judged_total',
    help: 'Reports judged, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const counters = new Map<string, Counter>(
    Object.entries(NAMES).map(([name, help]) => [
      name,
      new Counter({ name: `media_guard_${name}_total`, help, registers: [registry] }),
    ]),
  );
  let claimed = 0n;
  return {
    add(what, by = 1) {
      values.set(what, (values.get(what) ?? 0) + by);
      counters.get(what)?.inc(by);
    },
    addReason(reason) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      reasonCounter.inc({ reason });
    },
    get: (what) => values.get(what) ?? 0,
    reasons: () => Object.fromEntries(reasons),
    addClaimed(base) {
      claimed += base;
    },
    get claimed() {
      return claimed;
    },
    metrics: () => registry.metrics(),
  };
}
