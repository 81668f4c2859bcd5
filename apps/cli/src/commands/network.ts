import { FAST_PARAMS, REAL_PARAMS, writeNetworkFile } from '@media-network/devnet/folder';
import type { Founding, MediaClient, Signer } from '@media-network/chain';
import { MAX_QUOTES } from '@media-network/chain/schema';
import { MediaError, errorCode } from '@media-network/runtime';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption, networkDir } from '../chain-options.ts';
import { parseAmount } from '../amounts.ts';
import { addressOf, chooseWallet, connect, mintFacts, quoteMintOf } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import { wholeBetween } from '../whole-number.ts';

interface Options extends ChainOptions {
  readonly fast?: true;
  readonly minGuards: string;
  readonly unlocked?: true;
  readonly ecosystem?: string;
  readonly technology?: string;
  readonly reserve?: string;
  readonly lockDays?: string;
  readonly vestDays?: string;
  readonly liquidity?: string;
  readonly quote?: readonly string[];
}

/** What a network with the documents' allocations deposits first: half of what is free. */
const LIQUIDITY = 50_000n * 10n ** 9n;
/** What fits 32 bits of seconds, in days of 300 s samples. */
const MOST_DAYS = 49_710;

/** Days of an option, or the documents'. */
function days(text: string | undefined, name: string, least: number, standard: number): number {
  return text === undefined ? standard : wholeBetween(text, name, least, MOST_DAYS);
}

/** The documents' founding allocations, or none with --unlocked. */
async function foundingOf(
  options: Options,
  context: CliContext,
  client: MediaClient,
  founder: Signer,
  sampleSecs: number,
): Promise<Founding> {
  const { LOCK_DAYS, UNLOCKED, VEST_DAYS, documentedFounding } = await import('@media-network/chain');
  if (options.unlocked === true) return UNLOCKED;
  const who = async (name: string | undefined) =>
    name === undefined ? founder.address : await addressOf(name, options, context);
  return documentedFounding({
    sampleSecs,
    config: await client.addresses.config(),
    ecosystem: await who(options.ecosystem),
    technology: await who(options.technology),
    ...(options.reserve === undefined ? {} : { reserve: await who(options.reserve) }),
    lockDays: days(options.lockDays, '--lock-days', LOCK_DAYS, LOCK_DAYS),
    vestDays: days(options.vestDays, '--vest-days', 0, VEST_DAYS),
  });
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
  if (own === undefined && pools.length === 0 && config.quotes[0]?.mint === quote?.address) return;
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
  const quotes = await Promise.all((options.quote ?? []).map((each) => quoteMintOf(each)));
  if (quotes.length > MAX_QUOTES)
    throw new MediaError({
      code: 'cli/bad-number',
      message: `A network lists ${MAX_QUOTES} quote tokens at most, not ${quotes.length}.`,
      source: 'client',
    });
  // What is no mint is refused before anything is made.
  for (const each of quotes) await mintFacts(client, each);
  const { foundNetwork } = await import('@media-network/devnet');
  const periods = { ...(options.fast === true ? FAST_PARAMS : REAL_PARAMS), minGuards };
  const founding = await foundingOf(options, context, client, founder, periods.sampleSecs);
  const liquidity =
    options.liquidity === undefined
      ? options.unlocked === true
        ? undefined
        : LIQUIDITY
      : parseAmount(options.liquidity, 9, '--liquidity');
  const { pool, quoteMint } = await foundNetwork({
    client,
    founder,
    quoteMint: await wallets.ensure('quote-mint'),
    periods,
    founding,
    ...(liquidity === undefined ? {} : { liquidity }),
    ...(quotes.length === 0 ? {} : { quotes }),
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
      pool: pool?.address ?? null,
      lpMint: pool?.lpMint ?? null,
      founder: founder.address,
    });
  else {
    terminal.line(`program  ${programId}`);
    terminal.line(`quote    ${quoteMint}`);
    const { invocation } = context;
    if (pool === undefined) {
      terminal.line('Next, its first pool, at a price of yours, and LP at stake that gives it depth:');
      terminal.line(`  ${invocation.line(`pool create ${quoteMint} 10000 100000`)}`);
      terminal.line(`  ${invocation.line('stake add 500 --role user')}`);
      return;
    }
    terminal.line(`pool     ${pool.address}`);
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
            'Create a network, once for each program. The program locks 9,600,000 MEDIA for seven years, 300,000 are free in the fund; the wallet gets 100,000 and all of a test quote token.',
          ),
      ),
      'wallet that founds the network',
    )
      .option('--fast', 'short periods: a sample a second, a report every 12 s, a week in two minutes')
      .option('--min-guards <n>', 'guards below which no set of a week is usable', '3')
      .option('--unlocked', 'all MEDIA to the wallet, nothing locked: to try things on')
      .option('--ecosystem <wallet>', 'gets 2,250,000 when they vest (default: --keypair)')
      .option('--technology <wallet>', 'gets 1,500,000 when they vest (default: --keypair)')
      .option('--reserve <wallet>', 'gets 4,150,000 when they vest (default: the fund)')
      .option('--lock-days <n>', 'days until anything vests, 2557 or more')
      .option('--vest-days <n>', 'days over which it then vests (default: 1461)')
      .option('--quote <mint...>', 'list these quote tokens (or "sol") and make no test token and pool')
      .option('--liquidity <media>', "MEDIA of the pool's first deposit (default: 50000)")
      .action((options: Options) => create(options, context)),
    [
      'media network create --keypair treasury',
      'media network create --fast --url http://10.0.0.5:8899 --keypair id.json',
    ],
  );
};
