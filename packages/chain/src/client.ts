import type { Clock, Log } from '@media-network/runtime';
import { MediaError } from '@media-network/runtime';
import { createSolanaRpcSubscriptions } from '@solana/kit';
import type {
  Address,
  Instruction,
  Rpc,
  RpcSubscriptions,
  SolanaRpcApi,
  SolanaRpcSubscriptionsApi,
} from '@solana/kit';

import { createAddresses } from './addresses.ts';
import type { Addresses } from './addresses.ts';
import type { PriorityFee } from './compute-budget.ts';
import { followAccounts } from './follow.ts';
import type { FollowOptions, Followed } from './follow.ts';
import { createInstructions } from './instructions.ts';
import type { Instructions } from './instructions.ts';
import { createReads } from './reads.ts';
import type { Found, Reads } from './reads.ts';
import type { Post } from './post.ts';
import { createNode } from './rpc.ts';
import type { AccountName } from './schema/index.ts';
import { sendTransaction } from './send.ts';
import type { Commitment, SendOptions, SendResult } from './send.ts';
import { watchAccounts } from './watch.ts';
import type { Watch, WatchOptions } from './watch.ts';

export interface MediaClientOptions {
  readonly rpcUrl: string;
  /** `null` for polling alone; by default derived from `rpcUrl`: same host, port + 1 where one is given. */
  readonly wsUrl?: string | null;
  readonly programId: Address;
  readonly clock: Clock;
  readonly log: Log;
  /** How calls are sent; by fetch by default. Daemons take `createNodePost`. */
  readonly post?: Post | undefined;
  /** 'confirmed' by default. */
  readonly commitment?: Commitment;
  /** Of every transaction that does not say otherwise. None by default. */
  readonly priorityFee?: PriorityFee;
  /** From 0 up to 1; makes equal transactions differ. By default a random beginning, and then each 2,048th in turn. */
  readonly random?: () => number;
  /**
   * Aborted when the process is to end: nothing new is sent, and what still waits two seconds later is given up
   * and told (`chain/stopped`, `chain/abandoned`).
   */
  readonly signal?: AbortSignal;
}

/** What is in flight at a stop mostly lands within this; a chain that drops everything must not hold the process up. */
const GRACE_MS = 2_000;

/** Aborts some moments after the signal, by the system's own time: a clock that is turned by hand may stand still. */
function abandonAfter(signal: AbortSignal): AbortSignal {
  const abandon = new AbortController();
  const begin = (): void => void setTimeout(() => abandon.abort(), GRACE_MS).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return abandon.signal;
}

export interface MediaClient extends Reads {
  readonly programId: Address;
  readonly rpcUrl: string;
  readonly commitment: Commitment;
  readonly clock: Clock;
  readonly addresses: Addresses;
  readonly instructions: Instructions;
  readonly rpc: Rpc<SolanaRpcApi>;
  readonly subscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi> | undefined;
  /** One transaction: simulated, signed, sent, confirmed. */
  send(instructions: readonly Instruction[], options: SendOptions): Promise<SendResult>;
  watch(
    kind: AccountName | 'any',
    onChange: (reason: 'notified' | 'reconnected' | 'poll') => void,
    options?: WatchOptions,
  ): Watch;
  /** All accounts of a kind in memory, kept by what the node tells. */
  follow<N extends AccountName, V = Found<N>>(kind: N, options?: FollowOptions<N, V>): Followed<V>;
}

/** Drawn each for itself, eight equal transactions were the same one in one case of seventy, and one of them was lost. */
function inTurn(): () => number {
  let at = Math.random();
  return () => (at = (at + 1 / 2_048) % 1);
}

/** Reads, watches and sends for one deployment of the program, on any Solana node. */
export function createMediaClient(options: MediaClientOptions): MediaClient {
  const { clock, log, programId, rpcUrl } = options;
  const commitment = options.commitment ?? 'confirmed';
  const stop = options.signal;
  const abandon = stop && abandonAfter(stop);
  const ending = { ...(stop && { stop }), ...(abandon && { abandon }) };
  const node = createNode(
    { clock, log, post: options.post },
    { url: rpcUrl, ...(abandon && { signal: abandon }) },
  );
  const { rpc } = node;
  const wsUrl = options.wsUrl === undefined ? websocketUrl(rpcUrl) : options.wsUrl;
  const subscriptions = wsUrl === null ? undefined : createSolanaRpcSubscriptions(wsUrl);
  const addresses = createAddresses(programId);
  const random = options.random ?? inTurn();
  const optional = subscriptions === undefined ? {} : { subscriptions };

  return {
    ...createReads(rpc, addresses, commitment),
    programId,
    rpcUrl,
    commitment,
    clock,
    addresses,
    instructions: createInstructions(programId, addresses),
    rpc,
    subscriptions,
    send: (instructions, send) =>
      sendTransaction({ rpc, clock, log, programId, random, ...optional, ...ending }, instructions, {
        commitment,
        ...(options.priorityFee === undefined ? {} : { priorityFee: options.priorityFee }),
        ...send,
      }),
    watch: (kind, onChange, watch) =>
      watchAccounts({ clock, log, programId, commitment, ...optional }, kind, onChange, watch),
    follow: (kind, follow) =>
      followAccounts({ ...node, clock, log, programId, commitment, ...optional }, kind, follow),
  };
}

/** Nodes with a port of their own listen for websockets one above it; behind https it is the same host. */
export function websocketUrl(rpcUrl: string): string {
  if (!URL.canParse(rpcUrl)) {
    throw new MediaError({
      code: 'chain/bad-url',
      message: `"${rpcUrl}" is not a URL of a Solana node.`,
      source: 'client',
    });
  }
  const url = new URL(rpcUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (url.port !== '') url.port = String(Number(url.port) + 1);
  return url.href;
}
