import { addressOption, createConfiguredClient } from '@media-network/chain';
import { createNodePost } from '@media-network/chain/node';
import type { Clock, Log } from '@media-network/runtime';
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
  const client = createConfiguredClient(config, { ...deps, post: createNodePost() });
  const owner = config.owner === undefined ? {} : { owner: addressOption('--owner', config.owner) };
  return createEdgeChain({ client, operator: secrets.operator, clock: deps.clock, log: deps.log }, owner);
}
