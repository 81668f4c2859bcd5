import type { Periods, ResourceHour } from '@media-network/protocol';

/** What the planner knows of a report. */
export interface ReportFacts {
  readonly address: string;
  readonly edge: string;
  readonly pending: boolean;
  readonly voted: boolean;
  /** Reason found by the checks (0 confirms); undefined before they could be run to the end. */
  readonly verdict: number | undefined;
}

/** What the planner knows of an hour that has reports. Chain accounts are mapped to this by the reader. */
export interface HourFacts {
  readonly hour: bigint;
  readonly final: boolean;
  readonly finalAt: bigint;
  readonly reports: number;
  readonly decided: number;
  /** Root that this guard has voted for, hex. */
  readonly myRoot: string | undefined;
  /** Root that the guard computed, hex; undefined before it could. */
  readonly computedRoot: string | undefined;
  /** Leaves behind the final root; undefined before they were found. */
  readonly leaves: readonly ResourceHour[] | undefined;
  /** The reports, while the hour is open. */
  readonly reportList: readonly ReportFacts[];
}

export interface ResourceFacts {
  readonly address: string;
  readonly pool: string;
  /** Whether hours can be recorded: not while it is a draft. */
  readonly recordable: boolean;
  readonly lastHour: bigint;
  readonly due: bigint;
  readonly dueWeek: bigint;
}

export interface PoolFacts {
  readonly address: string;
  readonly feeLp: bigint;
  readonly feeWeek: bigint;
}

export interface EpochFacts {
  readonly week: bigint;
  readonly closed: boolean;
  /** Root and rewards that this guard has voted for. */
  readonly mine: EpochVote | undefined;
  /** What the guard computed; undefined before it could. */
  readonly computed: EpochVote | undefined;
}

export interface EpochVote {
  readonly root: string;
  readonly rewards: bigint;
}

export interface SetFacts {
  readonly usable: boolean;
  readonly numbers: readonly number[];
}

/** All that the meter decides by. */
export interface MeterFacts {
  readonly now: bigint;
  readonly periods: Periods;
  readonly guardNo: number;
  /** Numbers of all active guards. */
  readonly activeGuards: readonly number[];
  readonly chargeEveryHours: bigint;
  /** Week + 1 of the last closed epoch. */
  readonly lastEpoch: bigint;
  readonly sets: ReadonlyMap<bigint, SetFacts>;
  /** With reports and not settled, oldest first. */
  readonly hours: readonly HourFacts[];
  readonly resources: ReadonlyMap<string, ResourceFacts>;
  readonly pools: readonly PoolFacts[];
  /** Weeks that have an epoch account, oldest first. */
  readonly epochs: readonly EpochFacts[];
  /** Own rewards of the last closed epoch. */
  readonly reward: 'off' | 'unknown' | 'none' | 'due';
}

export type MeterAction =
  | { readonly kind: 'inspect'; readonly hour: bigint; readonly report: string }
  | {
      readonly kind: 'vote';
      readonly hour: bigint;
      readonly week: bigint;
      readonly verdicts: readonly { readonly report: string; readonly reason: number }[];
    }
  | { readonly kind: 'compute-hour'; readonly hour: bigint }
  | { readonly kind: 'propose-hour'; readonly hour: bigint; readonly week: bigint; readonly root: string }
  | { readonly kind: 'load-hour'; readonly hour: bigint }
  | { readonly kind: 'record'; readonly hour: bigint; readonly resource: string }
  | {
      readonly kind: 'charge';
      readonly resource: string;
      readonly dueWeek: bigint;
      readonly epochWeek: bigint;
    }
  | { readonly kind: 'unwrap'; readonly pool: string; readonly week: bigint }
  | { readonly kind: 'compute-epoch'; readonly week: bigint }
  | { readonly kind: 'propose-epoch'; readonly week: bigint; readonly root: string; readonly rewards: bigint }
  | { readonly kind: 'check-claim'; readonly week: bigint }
  | { readonly kind: 'claim'; readonly week: bigint };
