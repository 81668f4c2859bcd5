import type { Counter } from '@media-network/protocol';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import type { Address, KeyPairSigner } from '@solana/kit';
import type { EdgeChain } from './chain/edge-chain.ts';
import type { ControlOverride } from './control/control-server.ts';
import type { OriginSettings } from './origin/origin-settings.ts';
import type { CertificateView } from './tls/certificate-view.ts';
import type { TrafficSnapshot } from './traffic.ts';
import type { ListenPlace } from './workers/worker-pool.ts';
import type { BuildReport } from './report/report-builder.ts';
import type { Legacy } from './succession/succession.ts';
import type { OpenCreditStats } from './tenant/open-credit.ts';

/** What must never be in a configuration file or a log. */
export interface EdgeSecrets {
  /** Signs reports, commits and attestations, and pays for transactions. */
  readonly operator: KeyPairSigner;
}

/** What tests and the local network replace. Everything has a default. */
export interface EdgeOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** Talks to guards. */
  readonly fetch?: typeof globalThis.fetch;
  /** Ends the start; an edge that is up ends by `close`. */
  readonly signal?: AbortSignal;
  /** In place of the chain at `rpcUrl`. */
  readonly chain?: EdgeChain;
  /** The generation that serves until this one takes over. */
  readonly predecessor?: Predecessor;
  /** The process that an operator started, where it takes the signal for an upgrade. */
  readonly main?: number;
  /** Called when folder and ports are this edge's, before anything is served: where it can be put on chain without being staked in vain. */
  readonly register?: () => Promise<void>;

  // What follows makes an edge that lies, for tests and the adversary lab; each alters one thing.
  /** Makes the entries of a report from the books of an hour; the honest one by default. */
  readonly buildReport?: BuildReport;
  /** Answers in place of the control plane: withholds, forges, drips, hangs. */
  readonly control?: ControlOverride;
  /** What is committed instead of the counters. */
  readonly counters?: (counters: readonly Counter[]) => readonly Counter[];
  /** What is used instead of a resource's settings: another origin serves other bytes. */
  readonly settings?: (settings: OriginSettings) => OriginSettings;
  /** False: serves without looking at its shares. */
  readonly shares?: boolean;
  /** False: no data plane. Its port stays closed. */
  readonly dataPlane?: boolean;
}

/** Running totals since the process began; bytes are those written to viewers' sockets. */
export interface EdgeStats {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  readonly revalidations: number;
  /** Answered from the edge itself: refusals and errors. */
  readonly refused: number;
  readonly bytes: number;
  /** Bytes fetched from origins. */
  readonly originBytes: number;
  /** Bytes counted and not yet on disk. */
  readonly unacknowledgedBytes: number;
  readonly reportsSubmitted: number;
  /** Bytes of hours whose report came too late. */
  readonly bytesLost: number;
  readonly claimed: bigint;
  readonly openConnections: number;
  /** Times a worker has ended unasked. */
  readonly workersLost: number;
  readonly openCredit: OpenCreditStats;
}

/** Where the control plane listens, as configured but for a port that was left open, with the socket. */
export interface ControlPlace {
  readonly host: string;
  readonly port: number;
  readonly handle: unknown;
}

/** A generation of this edge that still serves, as the one that takes over sees it. */
export interface Predecessor {
  readonly places: readonly ListenPlace[];
  readonly control: ControlPlace;
  /** It holds requests back, and gives folder and books up. */
  letGo(): Promise<Legacy>;
}

/** How the next generation takes over from this one (docs/edge-processes.md). */
export interface EdgeSuccession {
  /** Local socket for requests that reach the generation before this one; undefined where there was none. */
  readonly door: string | undefined;
  /** Where it listens, with the sockets. */
  readonly places: readonly Required<ListenPlace>[];
  readonly control: ControlPlace;
  letGo(): Promise<Legacy>;
  /** The next generation has failed: this one goes on. */
  takeBack(): Promise<void>;
  /** The next generation is up, and takes requests at this local socket. Resolves when this one has ended. */
  retire(door: string): Promise<void>;
}

export interface Readiness {
  readonly ready: boolean;
  /** Codes of what is not as it should be: `edge/journal-full`, `edge/chain-stale`, `edge/draining`, `edge/not-registered`, `edge/off-hours`, `edge/month-used`. */
  readonly problems: readonly string[];
}

export interface Edge {
  /** The edge account on chain. */
  readonly address: Address;
  readonly owner: Address;
  readonly operator: Address;
  /** Base URLs of the data plane, plain HTTP first: `http://127.0.0.1:8080`. */
  readonly urls: readonly string[];
  readonly port: number;
  readonly httpsPort: number | undefined;
  /** Base URL of the control plane. */
  readonly controlUrl: string;
  /** Every loop, started already; `settle` runs each with `runNow`. */
  readonly tasks: readonly RepeatingTask[];
  /** Process ids of the workers that are up; none where this process serves viewers itself. */
  readonly workers: readonly number[];
  stats(): EdgeStats;
  /** Traffic by host and path, hits, errors and times to the first byte, for whoever watches. */
  traffic(): TrafficSnapshot;
  readiness(): Readiness;
  /** What HTTPS is served with, and what stands in the way of more; none without HTTPS. */
  certificates(): readonly CertificateView[];
  readonly succession: EdgeSuccession;
  /** URL under which this edge serves a resource. */
  urlOf(resource: Address): string;
  /**
   * Stops accepting, lets responses under way finish within `drainMs`, writes the journal, stops all
   * loops. Idempotent.
   */
  close(): Promise<void>;
}
