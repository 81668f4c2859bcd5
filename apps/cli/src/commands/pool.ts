import type { Found, MediaClient, Signer } from '@media-network/chain';
import { MediaError } from '@media-network/runtime';
import type { Address, Instruction } from '@solana/kit';
import type { Command } from 'commander';
import { formatMedia, formatUnits, parseAmount } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, keypairOption } from '../chain-options.ts';
import { depthOf, depthWords, isNearlyShallow } from '../stake/pool-depth.ts';
import { connect, mintDecimals, quoteMintOf } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Connection } from '../connection.ts';

/** An empty place in the network's list. */
const NO_MINT = '11111111111111111111111111111111';

interface PoolOptions extends ChainOptions {
  readonly quote?: string;
  /** Percent, as text. */
  readonly slippage: string;
}

interface Market extends Connection {
  readonly found: Found<'pool'>;
  readonly quoteDecimals: number;
  readonly lpDecimals: number;
}

async function market(options: PoolOptions, context: CliContext): Promise<Market> {
  const connection = await connect(options, context);
  const found = await connection.pool(options.quote);
  const [quoteDecimals, lpDecimals] = await Promise.all([
    mintDecimals(connection.client, found.quoteMint),
    mintDecimals(connection.client, found.lpMint),
  ]);
  return { ...connection, found, quoteDecimals, lpDecimals };
}

/** The least of an amount that is still accepted. */
function leastOf(amount: bigint, slippage: string): bigint {
  const percent = Number(slippage);
  if (!(percent >= 0 && percent <= 50)) {
    throw new MediaError({
      code: 'cli/bad-slippage',
      message: `--slippage must be a percentage from 0 to 50, not "${slippage}".`,
      source: 'client',
    });
  }
  return (amount * BigInt(Math.round((100 - percent) * 10_000))) / 1_000_000n;
}

type Side = 'media' | 'quote';

function parseSide(text: string): Side {
  if (text === 'media' || text === 'quote') return text;
  throw new MediaError({
    code: 'cli/bad-side',
    message: `"${text}" is no side of the pool: say "media" for MEDIA in, or "quote" for the quote token in.`,
    source: 'client',
  });
}

/** What a wallet must hold for what it asks; refused in figures before anything is sent. */
async function mustHold(
  m: Pick<Market, 'client' | 'named'>,
  owner: Signer,
  needs: readonly {
    readonly mint: Address;
    readonly units: bigint;
    readonly decimals: number;
    readonly name: string;
  }[],
): Promise<void> {
  for (const { mint, units, decimals, name } of needs) {
    const held =
      (await m.client.tokenBalance(owner.address, mint)) + (await spareLamports(m.client, owner, mint));
    if (held >= units) continue;
    throw new MediaError({
      code: 'cli/too-little',
      message: `This takes ${formatUnits(units, decimals)} ${name}; the wallet ${await m.named(owner.address)} holds ${formatUnits(held, decimals)}.`,
      hint: 'Ask for less, or name another wallet with --keypair; "media wallet balance" shows what one holds.',
      source: 'client',
    });
  }
}

/** Of a wallet's own SOL, what is left for fees and rent. */
const KEPT_LAMPORTS = 10_000_000n;

/** Lamports that can become wrapped SOL; 0 of any other mint. */
async function spareLamports(client: MediaClient, owner: Signer, mint: Address): Promise<bigint> {
  const { MINTS } = await import('@media-network/chain');
  if (mint !== MINTS.wrappedSol) return 0n;
  const lamports = await client.lamports(owner.address);
  return lamports > KEPT_LAMPORTS ? lamports - KEPT_LAMPORTS : 0n;
}

/** Wraps what is missing where SOL goes into the pool; nothing for any other quote token. */
async function wrapping(
  client: MediaClient,
  owner: Signer,
  mint: Address,
  units: bigint,
): Promise<readonly Instruction[]> {
  const { MINTS, wrapSol } = await import('@media-network/chain');
  if (mint !== MINTS.wrappedSol) return [];
  const held = await client.tokenBalance(owner.address, mint);
  return held >= units ? [] : wrapSol(client.addresses, { owner, lamports: units - held });
}

/** Unwraps what came out of the pool as SOL, with all wrapped SOL that the wallet had. */
async function unwrapping(
  client: MediaClient,
  owner: Signer,
  mint: Address,
): Promise<readonly Instruction[]> {
  const { MINTS, unwrapSol } = await import('@media-network/chain');
  return mint === MINTS.wrappedSol ? [await unwrapSol(client.addresses, owner)] : [];
}

interface SwapPlan {
  readonly side: Side;
  readonly amountIn: bigint;
  readonly out: bigint;
  readonly fee: bigint;
  readonly text: string;
}

async function planSwap(m: Market, amount: string, sideText: string): Promise<SwapPlan> {
  const side = parseSide(sideText);
  const [inDecimals, outDecimals] = side === 'media' ? [9, m.quoteDecimals] : [m.quoteDecimals, 9];
  const amountIn = parseAmount(amount, inDecimals, 'The amount');
  const { poolFeeBps } = await m.client.config();
  const { quoteSwap } = await import('@media-network/chain/model');
  const { out, fee } = quoteSwap(m.found, side === 'media' ? 0 : 1, amountIn, poolFeeBps);
  const names = side === 'media' ? ['MEDIA', 'quote'] : ['quote', 'MEDIA'];
  const text = `${formatUnits(amountIn, inDecimals)} ${names[0]} for ${formatUnits(out, outDecimals)} ${names[1]} (fee ${formatUnits(fee, inDecimals)} ${names[0]})`;
  return { side, amountIn, out, fee, text };
}

async function show(options: PoolOptions, context: CliContext): Promise<void> {
  const m = await market(options, context);
  const { found } = m;
  const { terminal } = context;
  const { minPoolMedia } = await m.client.config();
  const depth = depthOf(found);
  if (options.json === true) {
    const { address, quoteMint, lpMint, reserveMedia, reserveQuote, lpSupply, staked } = found;
    const { toBurn, spent, bought, burned, boughtAt } = found;
    const money = { toBurn, spent, bought, burned, boughtAt };
    terminal.json({
      address,
      quoteMint,
      lpMint,
      reserveMedia,
      reserveQuote,
      lpSupply,
      staked,
      depth,
      minPoolMedia,
      ...money,
    });
    return;
  }
  const price =
    found.reserveMedia === 0n
      ? 0
      : Number(found.reserveQuote) / 10 ** m.quoteDecimals / (Number(found.reserveMedia) / 1e9);
  terminal.line(`pool      ${found.address}`);
  terminal.line(`quote     ${found.quoteMint}`);
  terminal.line(
    `reserves  ${formatMedia(found.reserveMedia)}, ${formatUnits(found.reserveQuote, m.quoteDecimals)} quote`,
  );
  terminal.line(`price     ${price.toPrecision(6)} quote for a MEDIA`);
  terminal.line(
    `LP        ${formatUnits(found.lpSupply, m.lpDecimals)}, of which staked ${formatUnits(found.staked, m.lpDecimals)}`,
  );
  const words = `depth     ${depthWords(depth, minPoolMedia)}`;
  terminal.line(isNearlyShallow(depth, minPoolMedia) ? terminal.style.yellow(words) : words);
  const due = formatUnits(found.toBurn, m.quoteDecimals);
  terminal.line(`buyback   ${due} quote of fees due, ${formatUnits(found.spent, m.quoteDecimals)} swapped`);
  terminal.line(
    `burned    ${formatMedia(found.burned)}, and ${formatMedia(found.bought)} bought, to be burned`,
  );
}

/** Swaps a slice of what is due, and burns what was bought where a week has passed: what guards do in turns, anybody can. */
async function buyback(options: PoolOptions, context: CliContext): Promise<void> {
  const m = await market(options, context);
  const { client, found } = m;
  const owner = await m.wallet();
  const pool = found.address;
  const config = await client.config();
  const { weekAt } = await import('@media-network/protocol');
  const isBurnDue = found.burnedWeek <= weekAt(config, await client.chainTime());
  const slice = found.toBurn > 0n ? [await client.instructions.buyback({ pool })] : [];
  const willBuy = slice.length > 0 || found.bought > 0n;
  const burning = isBurnDue && willBuy ? [await client.instructions.burnBought({ pool })] : [];
  if (slice.length + burning.length === 0)
    throw new MediaError({
      code: 'chain/nothing-due',
      message:
        found.bought > 0n
          ? `No quote of fees is due; ${formatMedia(found.bought)} are burned when the week is over.`
          : 'No quote of fees is due, and nothing is to be burned.',
      source: 'client',
    });
  const { signature } = await m.send([...slice, ...burning], owner);
  const after = await client.account('pool', pool);
  const spent = (after?.spent ?? found.spent) - found.spent;
  const burned = (after?.burned ?? found.burned) - found.burned;
  const bought = (after?.bought ?? found.bought) + burned - found.bought;
  if (options.json === true) context.terminal.json({ signature, spent, bought, burned });
  else
    context.terminal.line(
      `Swapped ${formatUnits(spent, m.quoteDecimals)} quote for ${formatMedia(bought)}, burned ${formatMedia(burned)}.\n${signature}`,
    );
}

async function quote(amount: string, side: string, options: PoolOptions, context: CliContext): Promise<void> {
  const plan = await planSwap(await market(options, context), amount, side);
  if (options.json === true)
    context.terminal.json({ side: plan.side, in: plan.amountIn, out: plan.out, fee: plan.fee });
  else context.terminal.line(plan.text);
}

async function swap(amount: string, side: string, options: PoolOptions, context: CliContext): Promise<void> {
  const m = await market(options, context);
  const plan = await planSwap(m, amount, side);
  const owner = await m.wallet();
  const mint = plan.side === 'media' ? m.found.quoteMint : await m.client.addresses.mediaMint();
  const mediaMint = await m.client.addresses.mediaMint();
  await mustHold(m, owner, [
    plan.side === 'media'
      ? { mint: mediaMint, units: plan.amountIn, decimals: 9, name: 'MEDIA' }
      : {
          mint: m.found.quoteMint,
          units: plan.amountIn,
          decimals: m.quoteDecimals,
          name: 'of the quote token',
        },
  ]);
  const { ensureAta } = await import('@media-network/chain');
  const to = await ensureAta(m.client.addresses, { payer: owner, owner: owner.address, mint });
  const instruction = await m.client.instructions.swap({
    owner,
    quoteMint: m.found.quoteMint,
    direction: plan.side === 'media' ? 0 : 1,
    amountIn: plan.amountIn,
    minOut: leastOf(plan.out, options.slippage),
  });
  const { client } = m;
  const quoteMint = m.found.quoteMint;
  const around =
    plan.side === 'media'
      ? { before: [], after: await unwrapping(client, owner, quoteMint) }
      : { before: await wrapping(client, owner, quoteMint, plan.amountIn), after: [] };
  const { signature } = await m.send([...around.before, to.instruction, instruction, ...around.after], owner);
  if (options.json === true)
    context.terminal.json({ signature, in: plan.amountIn, out: plan.out, fee: plan.fee });
  else context.terminal.line(`Swapped ${plan.text}.\n${signature}`);
}

async function add(
  media: string,
  quoteAmount: string,
  options: PoolOptions,
  context: CliContext,
): Promise<void> {
  const m = await market(options, context);
  const maxMedia = parseAmount(media, 9, 'The amount of MEDIA');
  const maxQuote = parseAmount(quoteAmount, m.quoteDecimals, 'The amount of the quote token');
  const { quoteAdd } = await import('@media-network/chain/model');
  const plan = quoteAdd(m.found, maxMedia, maxQuote);
  const owner = await m.wallet();
  await mustHold(m, owner, [
    { mint: await m.client.addresses.mediaMint(), units: plan.media, decimals: 9, name: 'MEDIA' },
    { mint: m.found.quoteMint, units: plan.quote, decimals: m.quoteDecimals, name: 'of the quote token' },
  ]);
  const { ensureAta } = await import('@media-network/chain');
  const lp = await ensureAta(m.client.addresses, {
    payer: owner,
    owner: owner.address,
    mint: m.found.lpMint,
  });
  const instruction = await m.client.instructions.addLiquidity({
    owner,
    quoteMint: m.found.quoteMint,
    maxMedia,
    maxQuote,
    minLp: leastOf(plan.lp, options.slippage),
  });
  const wrapped = await wrapping(m.client, owner, m.found.quoteMint, plan.quote);
  const { signature } = await m.send([...wrapped, lp.instruction, instruction], owner);
  if (options.json === true) context.terminal.json({ signature, ...plan });
  else {
    context.terminal.line(
      `Added ${formatMedia(plan.media)} and ${formatUnits(plan.quote, m.quoteDecimals)} quote for ${formatUnits(plan.lp, m.lpDecimals)} LP.\n${signature}`,
    );
  }
}

async function remove(amount: string, options: PoolOptions, context: CliContext): Promise<void> {
  const m = await market(options, context);
  const owner = await m.wallet();
  const held = await m.client.tokenBalance(owner.address, m.found.lpMint);
  if (amount === 'all' && held === 0n) {
    throw new MediaError({
      code: 'cli/too-little',
      message: `You asked to take out all LP; the wallet ${await m.named(owner.address)} holds none.`,
      hint: 'LP at stake come back to the wallet first ("media stake show"); another wallet is named with --keypair.',
      source: 'client',
    });
  }
  const lp = amount === 'all' ? held : parseAmount(amount, m.lpDecimals, 'The amount of LP');
  await mustHold(m, owner, [{ mint: m.found.lpMint, units: lp, decimals: m.lpDecimals, name: 'LP' }]);
  const { quoteRemove } = await import('@media-network/chain/model');
  const plan = quoteRemove(m.found, lp);
  // Whoever only ever got LP has no account yet for what comes out.
  const mints = [await m.client.addresses.mediaMint(), m.found.quoteMint];
  const { ensureAta } = await import('@media-network/chain');
  const accounts = await Promise.all(
    mints.map((mint) => ensureAta(m.client.addresses, { payer: owner, owner: owner.address, mint })),
  );
  const instruction = await m.client.instructions.removeLiquidity({
    owner,
    quoteMint: m.found.quoteMint,
    lp,
    minMedia: leastOf(plan.media, options.slippage),
    minQuote: leastOf(plan.quote, options.slippage),
  });
  const unwrapped = await unwrapping(m.client, owner, m.found.quoteMint);
  const { signature } = await m.send(
    [...accounts.map((each) => each.instruction), instruction, ...unwrapped],
    owner,
  );
  if (options.json === true) context.terminal.json({ signature, lp, ...plan });
  else {
    context.terminal.line(
      `Removed ${formatUnits(lp, m.lpDecimals)} LP for ${formatMedia(plan.media)} and ${formatUnits(plan.quote, m.quoteDecimals)} quote.\n${signature}`,
    );
  }
}

/** Makes the pool of a quote token that the network lists, with its first deposit, which sets its price. */
async function create(
  quoteText: string,
  media: string,
  quoteAmount: string,
  options: ChainOptions,
  context: CliContext,
): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const quoteMint = await quoteMintOf(quoteText);
  const config = await client.config();
  const listed = config.quotes.map(({ mint }) => mint).filter((mint) => mint !== NO_MINT);
  if (!listed.includes(quoteMint))
    throw new MediaError({
      code: 'cli/no-pool',
      message: `The network lists no quote token ${quoteMint}; it lists ${listed.join(', ')}.`,
      hint: 'Only tokens that are listed since genesis, or by a vote, can be the other side of a pool.',
      source: 'client',
    });
  if ((await client.pool(quoteMint)) !== null)
    throw new MediaError({
      code: 'cli/pool-exists',
      message: `There is a pool with the quote token ${quoteMint} already.`,
      hint: '"media pool add" adds to it; "media pool show" has its price.',
      source: 'client',
    });
  const units = {
    media: parseAmount(media, 9, 'The amount of MEDIA'),
    quote: parseAmount(quoteAmount, await mintDecimals(client, quoteMint), 'The amount of the quote token'),
  };
  const owner = await connection.wallet();
  await mustHold(connection, owner, [
    { mint: await client.addresses.mediaMint(), units: units.media, decimals: 9, name: 'MEDIA' },
    {
      mint: quoteMint,
      units: units.quote,
      decimals: await mintDecimals(client, quoteMint),
      name: 'of the quote token',
    },
  ]);
  const wrapped = await wrapping(client, owner, quoteMint, units.quote);
  const instruction = await client.instructions.createPool({ payer: owner, quoteMint, ...units });
  const { signature } = await connection.send([...wrapped, instruction], owner);
  const pool = await client.pool(quoteMint);
  if (options.json === true)
    context.terminal.json({ signature, pool: pool?.address, lpMint: pool?.lpMint, lpSupply: pool?.lpSupply });
  else
    context.terminal.line(
      `Created the pool ${pool?.address} with ${formatMedia(units.media)}.\nLP of it gives rights when ${formatMedia(config.minPoolMedia)} stand behind what is staked of it.\n${signature}`,
    );
}

function poolOptions(command: Command): Command {
  return chainOptions(
    command.option('--quote <mint>', 'quote token of the pool (or "sol"), where there are several'),
  );
}

const acting = (command: Command): Command =>
  keypairOption(poolOptions(command)).option(
    '--slippage <percent>',
    'how much worse the price may get on the way',
    '1',
  );

export const registerPool: RegisterCommand = (program, context) => {
  const pool = program.command('pool').description('The MEDIA pool. LP from it is what stakes are made of.');
  examples(pool, [
    'media pool',
    'media pool quote 100 media',
    'media pool swap 100 media --keypair treasury',
  ]);
  examples(
    poolOptions(pool.command('show').description('Show reserves, price and LP.')).action(
      (options: PoolOptions) => show(options, context),
    ),
    ['media pool show'],
  );
  examples(
    keypairOption(
      chainOptions(
        pool
          .command('create')
          .argument('<mint>', 'a quote token that the network lists, or sol')
          .argument('<media>', 'MEDIA of the first deposit')
          .argument('<quote>', 'quote token of the first deposit; the two are the price')
          .summary('make the pool of another quote token')
          .description(
            'Make the pool of another quote token that the network lists. Its LP goes to your wallet.',
          ),
      ),
    ).action((quoteText: string, media: string, amount: string, options: ChainOptions) =>
      create(quoteText, media, amount, options, context),
    ),
    ['media pool create sol 1000 65 --keypair treasury'],
  );
  examples(
    poolOptions(
      pool
        .command('quote')
        .argument('<amount>', 'what goes in')
        .argument('<side>', 'media or quote')
        .description('What a swap would pay now.'),
    ).action((amount: string, side: string, options: PoolOptions) => quote(amount, side, options, context)),
    ['media pool quote 100 media', 'media pool quote 250.50 quote --json'],
  );
  examples(
    acting(
      pool
        .command('swap')
        .argument('<amount>', 'what goes in')
        .argument('<side>', 'media or quote')
        .summary('swap MEDIA and the quote token')
        .description('Swap MEDIA for the quote token, or the other way round.'),
    ).action((amount: string, side: string, options: PoolOptions) => swap(amount, side, options, context)),
    [
      'media pool swap 100 media --keypair treasury',
      'media pool swap 250 quote --slippage 0.5 --keypair treasury',
    ],
  );
  examples(
    acting(
      pool
        .command('add')
        .argument('<media>', 'MEDIA at most')
        .argument('<quote>', 'quote token at most')
        .description('Provide liquidity for LP.'),
    ).action((media: string, amount: string, options: PoolOptions) => add(media, amount, options, context)),
    ['media pool add 100 1000 --keypair treasury'],
  );
  examples(
    acting(
      pool.command('remove').argument('<lp>', 'LP to burn, or "all"').description('Take liquidity out.'),
    ).action((lp: string, options: PoolOptions) => remove(lp, options, context)),
    ['media pool remove 12.5 --keypair treasury', 'media pool remove all --keypair edge-4'],
  );
  examples(
    keypairOption(
      poolOptions(
        pool
          .command('buyback')
          .summary('buy back and burn with fees kept')
          .description(
            'Swap a slice of the fees kept for buyback, and burn what a week has bought; guards do.',
          ),
      ),
    ).action((options: PoolOptions) => buyback(options, context)),
    ['media pool buyback --keypair treasury'],
  );
};
