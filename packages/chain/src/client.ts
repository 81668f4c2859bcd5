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
import { createInstructions } from './instructions.ts';
import type { Instructions } from './instructions.ts';
import { createReads } from './reads.ts';
import type { Reads } from './reads.ts';
import { createRpc } from './rpc.ts';
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
  /** 'confirmed' by default. */
  readonly commitment?: Commitment;
  /** Of every transaction that does not say otherwise. None by default. */
  readonly priorityFee?: PriorityFee;
  /** From 0 up to 1; makes equal transactions differ. `Math.random` by default. */
  readonly random?: () => number;
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
    kind: AccountName,
    onChange: (reason: 'notified' | 'reconnected' | 'poll') => void,
    options?: WatchOptions,
  ): Watch;
}

/** Reads, watches and sends for one deployment of the program, on any Solana node. */
export function createMediaClient(options: MediaClientOptions): MediaClient {
  const { clock, log, programId, rpcUrl } = options;
  const commitment = options.commitment ?? 'confirmed';
  const rpc = createRpc({ clock, log }, { url: rpcUrl });
  const wsUrl = options.wsUrl === undefined ? websocketUrl(rpcUrl) : options.wsUrl;
  const subscriptions = wsUrl === null ? undefined : createSolanaRpcSubscriptions(wsUrl);
  const addresses = createAddresses(programId);
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
      sendTransaction(
        { rpc, clock, log, programId, random: options.random ?? Math.random, ...optional },
        instructions,
        {
          commitment,
          ...(options.priorityFee === undefined ? {} : { priorityFee: options.priorityFee }),
          ...send,
        },
      ),
    watch: (kind, onChange, watch) =>
      watchAccounts({ clock, log, programId, commitment, ...optional }, kind, onChange, watch),
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
