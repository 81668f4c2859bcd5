import { FAST_PARAMS, REAL_PARAMS, writeNetworkFile } from '@media-network/devnet/folder';
import type { MediaClient, Signer } from '@media-network/chain';
import { MediaError, errorCode } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption, networkDir } from '../chain-options.ts';
import { chooseWallet, connect } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { wholeBetween } from '../whole-number.ts';

interface Options extends ChainOptions {
  readonly fast?: true;
  readonly minGuards: string;
}

/**
 * A creation that broke off goes on; one that is complete is not repeated, least of all with other parameters.
 *
 * @throws `cli/network-exists`
 */
async function refuseSecond(client: MediaClient, quote: Signer | undefined): Promise<void> {
  const config = await client.config().catch((error: unknown) => {
    if (errorCode(error) === 'chain/no-network') return undefined;
    throw error;
  });
  if (config === undefined) return;
  const pools = await client.pools();
  const own = pools.find((pool) => pool.quoteMint === quote?.address);
  if (own !== undefined && own.lpSupply === 0n) return;
  if (own === undefined && pools.length === 0 && quote !== undefined) return;
  throw new MediaError({
    code: 'cli/network-exists',
    message: `There is a network under the program ${client.programId} on ${client.rpcUrl} already, since ${new Date(Number(config.epochZero) * 1000).toISOString().slice(0, 10)}. Nothing was changed.`,
    hint: 'Use it as it is ("media status" shows it), or deploy the program under an id of your own with "media program deploy" and name that with --program.',
    source: 'client',
  });
}

async function create(options: Options, context: CliContext): Promise<void> {
  const { client, wallets, wsUrl } = await connect(options, context);
  const founder = await chooseWallet(options, context);
  const minGuards = wholeBetween(options.minGuards, '--min-guards', 1, 21);
  const { terminal } = context;
  await refuseSecond(client, await wallets.load('quote-mint'));
  const { foundNetwork } = await import('@media-network/devnet');
  const { pool, quoteMint } = await foundNetwork({
    client,
    founder,
    quoteMint: await wallets.ensure('quote-mint'),
    periods: { ...(options.fast === true ? FAST_PARAMS : REAL_PARAMS), minGuards },
    onStep: (text) => {
      if (options.json !== true) terminal.line(`${terminal.style.dim('·')} ${text}`);
    },
  });
  const { programId, rpcUrl } = client;
  await writeNetworkFile(networkDir(options, context), { rpcUrl, wsUrl, programId, quoteMint });
  if (options.json === true)
    terminal.json({
      programId,
      quoteMint,
      pool: pool.address,
      lpMint: pool.lpMint,
      founder: founder.address,
    });
  else {
    terminal.line(`program  ${programId}`);
    terminal.line(`quote    ${quoteMint}`);
    terminal.line(`pool     ${pool.address}`);
    const { invocation } = context;
    terminal.line('Next, for each guard and edge: a wallet, some SOL and LP for it, and its daemon:');
    terminal.line(`  ${invocation.line('wallet new guard-1')}`);
    terminal.line(`  ${invocation.line('wallet send 500 lp guard-1')}`);
    terminal.line(`  ${invocation.line('guard --keypair guard-1')}`);
  }
}

export const registerNetwork: RegisterCommand = (program, context) => {
  const network = program
    .command('network')
    .description(
      'What "media up" does first, on any chain where the program is: genesis, quote token, pool, first liquidity.',
    );
  examples(network, ['media network create --keypair treasury']);
  examples(
    keypairOption(
      chainOptions(
        network
          .command('create')
          .description(
            'Create a network, once for each program. The wallet gets all MEDIA and all of a test quote token.',
          ),
      ),
      'wallet that founds the network',
    )
      .option('--fast', 'short periods: a sample a second, a report every 12 s, a week in two minutes')
      .option('--min-guards <n>', 'guards below which no set of a week is usable', '3')
      .action((options: Options) => create(options, context)),
    [
      'media network create --keypair treasury',
      'media network create --fast --url http://10.0.0.5:8899 --keypair id.json',
    ],
  );
};
