import { FAST_PARAMS, REAL_PARAMS, writeNetworkFile } from '@media-network/devnet/folder';
import { MediaError } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, chooseWallet, connect, keypairOption, networkDir } from '../connection.ts';
import type { ChainOptions } from '../connection.ts';

interface Options extends ChainOptions {
  readonly fast?: true;
  readonly minGuards: string;
}

async function create(options: Options, context: CliContext): Promise<void> {
  const { client, wallets, wsUrl } = await connect(options, context);
  const founder = await chooseWallet(options, context);
  const minGuards = Number(options.minGuards);
  if (!Number.isInteger(minGuards) || minGuards < 1 || minGuards > 21) {
    throw new MediaError({
      code: 'cli/bad-number',
      message: `--min-guards must be a whole number from 1 to 21, not "${options.minGuards}".`,
      source: 'client',
    });
  }
  const { terminal } = context;
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
    terminal.line(
      'Next: "media wallet send" gives LP to guards and edges, "media guard" and "media edge" run them.',
    );
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
