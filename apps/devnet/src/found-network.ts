import { MINTS } from '@media-network/chain';
import type { Found, Founding, MediaClient, Signer } from '@media-network/chain';
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
  /** What genesis locks; by default nothing. */
  readonly founding?: Founding;
  /** MEDIA base units of the pool's first deposit; ten times as much of the quote lies beside it. */
  readonly liquidity?: bigint;
  /** Quote tokens that there are: they are listed, and no pool is made. By default a test token is made, and its pool. */
  readonly quotes?: readonly Address[];
  readonly onStep?: (text: string) => void;
}

/**
 * Creates a network where there is only the program: quote token, genesis, pool, first liquidity. What is
 * there already is left as it is.
 */
export async function foundNetwork(
  options: FoundNetworkOptions,
): Promise<{ config: Found<'config'>; pool: Found<'pool'> | undefined; quoteMint: Address }> {
  const context = {
    client: options.client,
    treasury: options.founder,
    airdrop: undefined,
    lamportsEach: 0n,
    onStep: options.onStep ?? ((): void => undefined),
  };
  const [listed, ...others] = options.quotes ?? [];
  // Beside a test token there is one that everybody has.
  const more = listed === undefined ? [MINTS.wrappedSol] : others;
  const quoteMint = listed ?? (await ensureQuoteMint(context, options.quoteMint));
  const config = await ensureGenesis(
    context,
    networkParams(options.periods),
    quoteMint,
    more,
    options.founding,
  );
  const pool =
    listed === undefined
      ? await ensurePool(context, quoteMint, config.minPoolMedia, options.liquidity)
      : undefined;
  return { config, pool, quoteMint };
}
