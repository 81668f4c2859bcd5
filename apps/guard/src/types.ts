import type { MediaClient, Signer } from '@media-network/chain';
import type { Clock, Log, RepeatingTask, Secret } from '@media-network/runtime';

export interface GuardSecrets {
  /** Signs transactions, tickets and nothing else; pays for what the guard sends. */
  readonly operator: Signer;
  /** X25519 private key, 32 bytes, whose public key the guard account names. */
  readonly sealKey: Secret<Uint8Array>;
}

/** A report as an override of its verdict sees it. */
export interface JudgedReport {
  readonly address: string;
  readonly edge: string;
  readonly hour: bigint;
  readonly bytes: bigint;
}

export interface GuardOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** Ends the start; a guard that is up ends by `close`. */
  readonly signal?: AbortSignal;
  /** Instead of a client for `rpcUrl`. */
  readonly client?: MediaClient;
  /** For tests of the quorum: the reason to vote with (0 confirms) instead of the one found. */
  readonly verdict?: (report: JudgedReport, found: number) => number;
  /** For tests of the quorum: the root to vote for instead of the one computed. */
  readonly hourRoot?: (hour: bigint, computed: Uint8Array) => Uint8Array;
}

/** Bytes that this guard's own probes received, as an edge should have counted them. */
export interface ProbedBytes {
  readonly edge: string;
  readonly resource: string;
  readonly hour: bigint;
  readonly bytes: bigint;
}

/** What a guard's probes asked of an edge since the guard began; the edge counts it with its viewers'. */
export interface ProbeTotal {
  readonly edge: string;
  readonly requests: number;
  readonly bytes: bigint;
}

export interface GuardStats {
  readonly votes: { readonly confirmed: number; readonly rejected: number };
  /** Verdicts by reason, since start. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly hoursProposed: number;
  readonly epochsProposed: number;
  readonly recorded: number;
  readonly charged: number;
  readonly unwrapped: number;
  readonly authorised: number;
  readonly claimed: bigint;
  readonly tickets: number;
  readonly keys: number;
  readonly probes: number;
  /** Of the hours that may still be open. */
  readonly probedBytes: readonly ProbedBytes[];
  readonly probeTotals: readonly ProbeTotal[];
  readonly evidence: { readonly blobs: number; readonly bytes: number };
}

export interface Guard {
  /** Base URL of the HTTP interface as it listens. */
  readonly url: string;
  /** Account of the guard. */
  readonly address: string;
  readonly no: number;
  /** set, authorise, meter, sweep, probe: running; `runNow` for tests. */
  readonly tasks: readonly RepeatingTask[];
  stats(): GuardStats;
  close(): Promise<void>;
}
