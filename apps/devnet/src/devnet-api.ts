import type { MediaClient, Signer } from '@media-network/chain';
import type { Edge, EdgeOverrides } from '@media-network/edge';
import type { Guard, GuardOverrides } from '@media-network/guard';
import type { Localnet } from '@media-network/localnet';
import type { Log } from '@media-network/runtime';
import type { ManualClock } from '@media-network/runtime/testing';
import type { Address } from '@solana/kit';
import type { PublishedOrigin } from './network-file.ts';
import type { SampleOrigin } from './origin/sample-origin.ts';
import type { PeriodsOption } from './periods.ts';
import type { ClusterOptions } from './setup/open-chain.ts';
import type { WalletStore } from './wallet-store.ts';

/** First port of each kind; the second edge listens on the next, and so on. */
export interface DevnetPorts {
  readonly rpc: number;
  readonly ws: number;
  readonly edge: number;
  /** Of edges that speak HTTPS. */
  readonly https: number;
  readonly control: number;
  readonly guard: number;
  /** Of guards that answer for names. */
  readonly dns: number;
  readonly origin: number;
  readonly signer: number;
}

export interface DevnetOptions {
  /** Holds everything that stays: chain, cache, journals, wallets. A temporary folder, removed at the end, without. */
  readonly dir?: string;
  /** Fixed ports; free ones without. */
  readonly ports?: DevnetPorts;
  /** 'real' by default; an existing network keeps its own. */
  readonly periods?: PeriodsOption;
  /** 3 by default. */
  readonly guards?: number;
  /** 3 by default. */
  readonly edges?: number;
  /** The user's own origin, or `sample`; without one, what the network had, and a new one has the sample. */
  readonly origin?: string;
  /** Rules of that site where it is published anew (docs/rules.md). */
  readonly originRules?: readonly string[];
  /** Whether to come up with a resource that guards do not authorise because its origin does not answer; false by default. */
  readonly originMayWait?: boolean;
  /** Open bytes an hour that the resource pays for at most, on all edges together; 10 GB by default. */
  readonly allowance?: bigint;
  /** What is set aside for the resource is worth so much, base units of MEDIA; 10,000 MEDIA by default. Its quota follows. */
  readonly publisherWorth?: bigint;
  /** Address that an edge listens on; 127.0.0.1 by default. */
  readonly edgeHost?: (index: number) => string;
  /** Where an edge says that it is, eight characters at most; one of three parts of the world by default. */
  readonly edgeRegion?: (index: number) => string;
  /** More options of an edge, by the names of its configuration. */
  readonly edgeFlags?: (index: number) => Readonly<Record<string, unknown>>;
  /** The same of a guard. */
  readonly guardFlags?: (index: number) => Readonly<Record<string, unknown>>;
  /** One clock for chain and daemons, turned by `advance`. */
  readonly clock?: ManualClock;
  readonly log?: Log;
  /** Ends the setup, and what the network's own client waits for. */
  readonly signal?: AbortSignal;
  /** Whether edges speak HTTPS by an authority of the network's folder, which is made once; false by default. */
  readonly https?: boolean;
  /** Whether guards answer for names; false by default. */
  readonly dns?: boolean;
  /** PEM files with which edges speak HTTPS, on ports that they choose. */
  readonly edgeTls?: { readonly certFile: string; readonly keyFile: string };
  readonly edgeOverrides?: (index: number) => EdgeOverrides;
  readonly guardOverrides?: (index: number) => GuardOverrides;
  /** Wallets whose addresses are listed as further quote mints; 3 at most. Nothing is made of them. */
  readonly moreQuotes?: readonly string[];
  /** Another chain than an embedded one. */
  readonly cluster?: ClusterOptions;
  /** Called with each step of the setup that has something to do. */
  readonly onStep?: (text: string) => void;
}

export interface Devnet {
  readonly dir: string;
  readonly client: MediaClient;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly programId: Address;
  readonly localnet: Localnet | undefined;
  readonly wallets: WalletStore;
  readonly treasury: Signer;
  readonly publisher: Signer;
  readonly quoteMint: Address;
  readonly pool: Address;
  readonly resource: Address;
  /** `<label>.medianet.localhost` */
  readonly host: string;
  /** URL of the resource at the first edge. */
  readonly url: string;
  /** The same over HTTPS, with the root that its certificate is under; undefined where edges do not speak it by the network's authority. */
  readonly secure: { readonly url: string; readonly rootFile: string } | undefined;
  readonly guards: readonly Guard[];
  readonly edges: readonly Edge[];
  /** Undefined with an origin of the user's. */
  readonly origin: SampleOrigin | undefined;
  /** Where viewers of the resource get the publisher's tokens. */
  readonly signerUrl: string;
  /** What the resource serves. */
  readonly published: PublishedOrigin;
  /** Funds, stakes and registers an edge for a process of its own; starting it is the caller's. The wallet is `edge-<index + 1>`. */
  registerEdge(
    index: number,
  ): Promise<{ readonly keypair: string; readonly port: number; readonly controlPort: number }>;
  /** One more edge, funded, staked, registered and started. Its index is the next. */
  addEdge(overrides?: EdgeOverrides): Promise<Edge>;
  /** Stops an edge and starts it again, perhaps with other overrides. */
  restartEdge(index: number, overrides?: EdgeOverrides): Promise<Edge>;
  /** Stops a guard and starts it again, perhaps with other overrides. */
  restartGuard(index: number, overrides?: GuardOverrides): Promise<Guard>;
  /** Runs all daemons until none has anything left to do. */
  settle(): Promise<void>;
  /** Turns the manual clock in steps of a sample and settles after each. */
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}
