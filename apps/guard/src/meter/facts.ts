import type { Periods } from '@media-network/protocol';

/** A vote for an hour. */
export interface HourVote {
  /** Hex. */
  readonly root: string;
  /** Leaves of the tree. */
  readonly leaves: number;
}

/** What the planner knows of an hour that has reports. Chain accounts are mapped to this by the reader. */
export interface HourFacts {
  readonly hour: bigint;
  readonly final: boolean;
  readonly finalAt: bigint;
  readonly reports: number;
  readonly commits: number;
  readonly reveals: number;
  /** Guards of the set of its week; 0 before the first commitment. */
  readonly setCount: number;
  /** Reports that this guard has judged for good. */
  readonly judged: number;
  /** Own verdict on chain. */
  readonly verdict: 'none' | 'committed' | 'revealed';
  /** Whether the guard can reveal: what it committed to is on its disk, and nothing keeps it. */
  readonly canReveal: boolean;
  /** The set whose votes the account holds, and this guard's vote among them. */
  readonly voteWeek: bigint;
  readonly myVote: HourVote | undefined;
  /** What the guard computed from as many reports and reveals as there are; undefined before it could. */
  readonly computed: (HourVote & { readonly missing: number }) | undefined;
  /** Leaves of resources behind the final root, in order; undefined before they were found. */
  readonly leaves: readonly string[] | undefined;
}

export interface ResourceFacts {
  readonly address: string;
  /** Whether hours can be recorded: not while it is a draft. */
  readonly recordable: boolean;
  /** Whether it has a ring, or is released and needs none. */
  readonly hasRing: boolean;
  readonly lp: bigint;
  readonly debt: bigint;
  /** Newest hour recorded + 1; 0 for none. */
  readonly lastHour: bigint;
  isRecorded(hour: bigint): boolean;
  /** Due by week of service, where it is above 0. */
  readonly due: readonly { readonly week: bigint; readonly amount: bigint }[];
}

export interface EpochVote {
  readonly root: string;
  readonly rewards: bigint;
}

export interface EpochFacts {
  readonly week: bigint;
  readonly status: 'open' | 'decided' | 'endorsed';
  readonly decidedWeek: bigint;
  /** This guard's vote in the week's own set, and in the current week's. */
  readonly own: EpochVote | undefined;
  readonly later: EpochVote | undefined;
  /** What the guard computed; undefined before it could. */
  readonly computed: EpochVote | undefined;
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
  readonly sets: ReadonlyMap<bigint, SetFacts>;
  /** With reports and not settled, oldest first. */
  readonly hours: readonly HourFacts[];
  /** Hours past that no account was shown of, as long as one may be there or still come. */
  readonly unseen: readonly bigint[];
  readonly resources: ReadonlyMap<string, ResourceFacts>;
  /** Weeks that have an epoch account, oldest first. */
  readonly epochs: readonly EpochFacts[];
  /** Endorsed weeks in which the owner may have earned something. */
  readonly claims: readonly { readonly week: bigint; readonly due: boolean | undefined }[];
}

export type MeterAction =
  | { readonly kind: 'commit-verdict'; readonly hour: bigint; readonly week: bigint }
  | { readonly kind: 'reveal-verdict'; readonly hour: bigint }
  | { readonly kind: 'compute-hour'; readonly hour: bigint }
  | { readonly kind: 'propose-hour'; readonly hour: bigint; readonly week: bigint }
  | { readonly kind: 'load-hour'; readonly hour: bigint }
  /** `indices`: rising places of the leaves that are to be recorded; as many as fit go into one transaction. */
  | { readonly kind: 'record'; readonly hour: bigint; readonly indices: readonly number[] }
  | { readonly kind: 'charge'; readonly resource: string; readonly week: bigint }
  | { readonly kind: 'pay-debt'; readonly resource: string }
  | { readonly kind: 'compute-week'; readonly week: bigint }
  | { readonly kind: 'propose-week'; readonly week: bigint; readonly setWeek: bigint }
  | { readonly kind: 'check-claim'; readonly week: bigint }
  | { readonly kind: 'claim'; readonly week: bigint };
