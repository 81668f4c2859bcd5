import { createMediaClient } from '@media-network/chain';
import { addressOf, parseAddress } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';
import { address } from '@solana/kit';
import type { Address } from '@solana/kit';
import type { EdgeConfig } from '../config.ts';
import type { EdgeSecrets } from '../edge-api.ts';
import type { EdgeChain } from './edge-chain.ts';
import { createEdgeChain } from './media-client-chain.ts';

/** The chain as this edge sees it. */
export function connectToChain(
  config: EdgeConfig,
  secrets: EdgeSecrets,
  deps: {
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
    readonly signal: AbortSignal;
  },
): Promise<EdgeChain> {
  const client = createMediaClient({
    rpcUrl: config.rpcUrl,
    ...(config.wsUrl === undefined ? {} : { wsUrl: config.wsUrl }),
    programId: addressOption('--program-id', config.programId),
    ...deps,
  });
  const owner = config.owner === undefined ? {} : { owner: addressOption('--owner', config.owner) };
  return createEdgeChain({ client, operator: secrets.operator, clock: deps.clock, log: deps.log }, owner);
}

/** Throws `config/invalid`. */
export function addressOption(option: string, text: string): Address {
  const bytes = parseAddress(text);
  if (bytes !== undefined) return address(addressOf(bytes));
  throw new MediaError({
    code: 'config/invalid',
    message: `${option} must be a Solana address, not "${text}".`,
    source: 'client',
  });
}
