import type { RepeatingTask } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import type { Periods } from './periods.ts';

export type ResourceStatus = 'draft' | 'pending' | 'active' | 'paused' | 'exhausted' | 'removed' | 'released';

export interface ResourceView {
  readonly address: Address;
  /** The address as 32 bytes, hex. */
  readonly key: string;
  readonly status: ResourceStatus;
  readonly quotaKbps: number;
  /** 0 before the first settings. */
  readonly settingsVersion: number;
}

export interface GuardView {
  readonly no: number;
  readonly operator: Address;
  /** Base URL of its HTTP interface. */
  readonly endpoint: string;
}

export interface ReportToSubmit {
  readonly hour: number;
  readonly bytes: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly entryCount: number;
}

/**
 * What the chain said to a report. `exists`: there is one of this hour already, which is fine after a
 * restart. `refused` will stay refused: the edge left, or its stake is too small.
 */
export type SubmitOutcome =
  | { readonly kind: 'submitted' | 'exists' | 'tooLate' | 'tooEarly' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** The last closed epoch. */
export interface ClosedEpoch {
  readonly week: bigint;
  /** 32 bytes, hex; zeros when nobody has earned anything yet. */
  readonly root: string;
}

/**
 * The chain as an edge sees it: a view in memory that follows the accounts it needs, and the three
 * things an edge does there. The one implementation for a real chain is `createEdgeChain`; tests bring their own.
 */
export interface EdgeChain {
  readonly operator: Address;
  readonly owner: Address;
  /** The edge account: the program-derived address of the owner. */
  readonly edge: Address;
  /** Its loops; run by whoever wires the edge. */
  readonly tasks: readonly RepeatingTask[];
  /** Reads what the edge cannot start without. */
  start(): Promise<void>;
  close(): Promise<void>;

  readonly periods: Periods;
  /** The chain's clock, Unix milliseconds, from the last reading and our own clock. */
  nowMs(): number;
  /** Whether the view was read within the last minute. */
  readonly fresh: boolean;
  /** Every resource on chain, by key. */
  resources(): ReadonlyMap<string, ResourceView>;
  /** Called after every reading that changed something. */
  onResources(listener: () => void): void;
  /** Active guards. */
  guards(): readonly GuardView[];
  /** Operators of the guards in a week's set, by guard number. */
  operatorsOfWeek(week: number): Promise<ReadonlyMap<number, Address>>;
  /** The sealed settings blob in force and its version. */
  settings(resource: Address): Promise<{ readonly blob: Uint8Array; readonly version: number } | undefined>;

  /** The edge's report of an hour, if it is on chain. */
  report(hour: number): Promise<{ readonly root: string; readonly bytes: bigint } | undefined>;
  submitReport(report: ReportToSubmit): Promise<SubmitOutcome>;
  /** Whether an hour's reports can be closed. */
  hourSettled(hour: number): Promise<boolean>;
  /** Gets the rent of a report back. */
  closeReport(hour: number): Promise<void>;
  /** Hours whose account this operator paid for and may close now. */
  closableHours(): Promise<readonly number[]>;
  /** Gets the rent of an hour account back. */
  closeHour(hour: number): Promise<void>;
  /** Lamports of the operator, who pays for reports. */
  lamports(): Promise<bigint>;

  lastEpoch(): Promise<ClosedEpoch | undefined>;
  claimed(): Promise<bigint>;
  /** Pays the owner what the epoch says; creates the owner's MEDIA account if need be. */
  claim(week: bigint, cumulative: bigint, proof: readonly Uint8Array[]): Promise<void>;
}
