import type { Found, MediaClient, Signer } from '@media-network/chain';
import type { Address } from '@solana/kit';
import { networkParams } from './periods.ts';
import type { PeriodsOption } from './periods.ts';
import { ensureGenesis, ensurePool, ensureQuoteMint } from './setup/market.ts';

export interface FoundNetworkOptions {
  readonly client: MediaClient;
  /** Pays, and owns what genesis mints. */
  readonly founder: Signer;
  /** The key of the test quote token's mint, which is created if need be. */
  readonly quoteMint: Signer;
  readonly periods: PeriodsOption;
  readonly onStep?: (text: string) => void;
}

/**
 * Creates a network where there is only the program: quote token, genesis, pool, first liquidity. What is
 * there already is left as it is.
 */
export async function foundNetwork(
  options: FoundNetworkOptions,
): Promise<{ config: Found<'config'>; pool: Found<'pool'>; quoteMint: Address }> {
  const context = {
    client: options.client,
    treasury: options.founder,
    airdrop: undefined,
    lamportsEach: 0n,
    onStep: options.onStep ?? ((): void => undefined),
  };
  const quoteMint = await ensureQuoteMint(context, options.quoteMint);
  const config = await ensureGenesis(context, networkParams(options.periods), quoteMint);
  return { config, pool: await ensurePool(context, quoteMint, config.minPoolMedia), quoteMint };
}
