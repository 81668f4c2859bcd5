import type { Span, TermsRow } from '@media-network/protocol';
import type { RepeatingTask } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import type { Periods } from './periods.ts';

export type ResourceStatus = 'draft' | 'pending' | 'active' | 'paused' | 'exhausted' | 'removed' | 'released';

export interface ResourceView {
  readonly address: Address;
  /** The address as 32 bytes, hex. */
  readonly key: string;
  readonly publisher: Address;
  /** As the chain has it now; what holds in an hour is in `spans`. */
  readonly status: ResourceStatus;
  readonly spans: readonly Span[];
  readonly terms: readonly TermsRow[];
  /** Rows of `terms` that are in use. */
  readonly termsCount: number;
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

/** An edge of the network, as the chain has it. */
export interface EdgeView {
  readonly address: Address;
  /** Base URLs: where viewers are served, and of its control plane. */
  readonly endpoint: string;
  readonly control: string;
  /** Whose signatures are its own in this hour. */
  readonly operator: Address;
  /** As the chain has it; empty where it names none. */
  readonly region: string;
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

/** A week whose claims are open and which this owner has not claimed. */
export interface OpenWeek {
  readonly week: bigint;
  /** Of the table of claims, 32 bytes, hex. */
  readonly root: string;
}

/** `capped`: the week pays out no more for now; a part of its budget opens with each week that passes. */
export type ClaimOutcome = 'claimed' | 'capped' | 'already';

/** A guard of a week's set, by its account. */
export interface SetGuard {
  readonly no: number;
  readonly operator: Address;
}

/** What decides how far open bytes are paid (docs/evidence.md). */
export interface CreditTerms {
  /** Base units of MEDIA. */
  readonly feePerGb: bigint;
  readonly guardShareBps: number;
  readonly openYieldBps: number;
}

export interface FinalHour {
  readonly hour: number;
  /** 32 bytes, hex. */
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
  /** Where the edge account says that it is; empty where there is none. */
  readonly region: string;
  /** Its loops; run by whoever wires the edge. */
  readonly tasks: readonly RepeatingTask[];
  /** Reads what the edge cannot start without. */
  start(): Promise<void>;
  close(): Promise<void>;

  readonly periods: Periods;
  /** The chain's clock, Unix milliseconds, from the last reading and our own clock. */
  nowMs(): number;
  /** The same of a moment of our own clock. */
  chainMsAt(ourMs: number): number;
  /** Whether the view was read within the last minute. */
  readonly fresh: boolean;
  /** Every resource on chain, by key. */
  resources(): ReadonlyMap<string, ResourceView>;
  /** Called after every reading that changed something, with the keys of what did; without where it is the hour that changed. */
  onResources(listener: (changed?: readonly string[]) => void): void;
  /** Active guards. */
  guards(): readonly GuardView[];
  /** The guards of a week's set, by account. */
  setOfWeek(week: number): Promise<ReadonlyMap<string, SetGuard>>;
  /** Terms of a week's set; today's where there is none yet. */
  creditTerms(week: number): Promise<CreditTerms>;
  /** Worth of this edge's stake and of all active edges' together, base units of MEDIA. */
  worths(): Promise<{ readonly own: bigint; readonly all: bigint }>;
  /** Worth that the program writes into a report of this edge now; 0 for no stake. */
  reportWorth(): Promise<bigint>;
  /** All active edges, this one among them. */
  edges(): Promise<readonly EdgeView[]>;
  /** The newest hour that is final. */
  lastFinalHour(): Promise<FinalHour | undefined>;
  /** The sealed settings blob in force and its version. */
  settings(resource: Address): Promise<{ readonly blob: Uint8Array; readonly version: number } | undefined>;

  /** Base URL of this edge's control plane as the chain has it, where guards fetch evidence. */
  control(): Promise<string | undefined>;
  /** The edge's report of an hour, if it is on chain. */
  report(hour: number): Promise<{ readonly root: string; readonly bytes: bigint } | undefined>;
  submitReport(report: ReportToSubmit): Promise<SubmitOutcome>;
  /** Gets the rent of a report back; the program lets it go when its hour may be closed. */
  closeReport(hour: number): Promise<void>;
  /** Hours whose account this operator paid for and may close now. */
  closableHours(): Promise<readonly number[]>;
  /** Gets the rent of an hour account back. */
  closeHour(hour: number): Promise<void>;
  /** Lamports of the operator, who pays for reports. */
  lamports(): Promise<bigint>;

  /** Weeks that can be claimed, ascending. */
  openWeeks(): Promise<readonly OpenWeek[]>;
  /** Pays the owner what a week says; creates the owner's MEDIA account if need be. */
  claim(week: bigint, amount: bigint, proof: readonly Uint8Array[]): Promise<ClaimOutcome>;
}
