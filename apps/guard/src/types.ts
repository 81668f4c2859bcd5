import type { Found, MediaClient, Signer } from '@media-network/chain';
import type { ResourceShare, VerdictPayload } from '@media-network/protocol';
import type { Clock, Log, RepeatingTask, Secret } from '@media-network/runtime';
import type { TrackerStats } from '@media-network/tracker';

export interface GuardSecrets {
  /** Signs transactions and requests for commits; pays for what the guard sends. */
  readonly operator: Signer;
  /** X25519 private key, 32 bytes, whose public key the guard account names. */
  readonly sealKey: Secret<Uint8Array>;
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
  /** For tests of lies: the verdict to commit to instead of the one found. `reports` in the order of its levels. */
  readonly verdict?: (
    hour: bigint,
    found: VerdictPayload,
    reports: readonly Found<'report'>[],
  ) => VerdictPayload;
  /** For tests of lies: the proof of holding the evidence. */
  readonly holding?: (hour: bigint, found: Uint8Array) => Uint8Array;
  /** For tests of lies: the root to vote for instead of the one computed. */
  readonly root?: (
    of: { readonly kind: 'hour'; readonly hour: bigint } | { readonly kind: 'week'; readonly week: bigint },
    computed: Uint8Array,
  ) => Uint8Array;
  /** For tests of lies: what to vote in an election of a node instead of what was found; undefined for no vote. */
  readonly vote?: (found: number | undefined) => number | undefined;
  /** For tests of lies: false keeps a verdict back that was committed to. */
  readonly reveal?: (hour: bigint) => boolean;
  /** For tests of lies: what is signed in place of an edge's share of a resource. */
  readonly share?: (share: ResourceShare) => bigint;
}

/** Bytes that this guard's own probes received, as an edge should have counted them. */
export interface ProbedBytes {
  readonly edge: string;
  readonly resource: string;
  readonly hour: bigint;
  readonly bytes: bigint;
}

/** One probe as the edge counted it with its viewers' requests. */
export interface ProbeMade {
  readonly edge: string;
  /** The host by which the edge counts the site: its name in the zone, whatever name was asked under. */
  readonly host: string;
  /** Without its query. */
  readonly path: string;
  /** By what the edge said of itself: from its cache, fetched, or failed. */
  readonly kind: 'hit' | 'miss' | 'error';
  readonly bytes: number;
  readonly atMs: number;
}

/** What a guard's probes asked of a path at an edge since the guard began; the edge counts it with its viewers'. */
export interface ProbeTotal {
  readonly edge: string;
  readonly host: string;
  /** Empty for all paths beyond those that are told apart. */
  readonly path: string;
  readonly requests: number;
  readonly hits: number;
  readonly errors: number;
  readonly bytes: number;
  readonly hitBytes: number;
  /** Of the first probe and the last: an edge that began between the two has not counted all of them. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface GuardStats {
  readonly verdicts: number;
  readonly reveals: number;
  /** Reports judged, by reason, since start. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly hoursProposed: number;
  readonly epochsProposed: number;
  readonly elections: number;
  readonly votes: number;
  readonly recorded: number;
  readonly charged: number;
  readonly months: number;
  readonly buybacks: number;
  readonly burns: number;
  readonly authorised: number;
  readonly claimed: bigint;
  readonly keys: number;
  readonly commits: number;
  readonly probes: number;
  /** Of the hours that may still be open. */
  readonly probedBytes: readonly ProbedBytes[];
  readonly witnesses: number;
  readonly probeTotals: readonly ProbeTotal[];
  readonly evidence: { readonly blobs: number; readonly bytes: number };
  /** Undefined where the guard is no tracker. */
  readonly tracker: TrackerStats | undefined;
}

export interface Guard {
  /** Base URL of the HTTP interface as it listens. */
  readonly url: string;
  /** Account of the guard. */
  readonly address: string;
  readonly no: number;
  /** Where it answers DNS by UDP and TCP; undefined where it does not. */
  readonly dns: { readonly host: string; readonly port: number } | undefined;
  /** set, authorise, collect, inspect, meter, months, buyback, elect, sweep, purges, findings, probe, name: running; `runNow` for tests. */
  readonly tasks: readonly RepeatingTask[];
  stats(): GuardStats;
  close(): Promise<void>;
}
