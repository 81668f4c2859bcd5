import { MediaError } from '@media-network/runtime';
import type { Address, Instruction } from '@solana/kit';
import { formatMedia, formatSol, formatUnits, parseAmount } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { chainOptions, dirOption, keypairOption } from '../chain-options.ts';
import { addressOf, chooseWallet, connect, mintDecimals, walletStore } from '../connection.ts';
import type { ChainOptions } from '../chain-options.ts';
import type { Connection } from '../connection.ts';
import { table } from '../terminal/table.ts';

interface FolderOptions {
  readonly dir?: string;
  readonly json?: true;
}

async function create(name: string, options: FolderOptions, context: CliContext): Promise<void> {
  const store = walletStore(options, context);
  const wallet = await store.create(name);
  if (options.json === true) context.terminal.json({ name, address: wallet.address, path: store.path(name) });
  else
    context.terminal.line(
      `${wallet.address}\nThe key is in ${store.path(name)}: keep a copy of that file somewhere safe.`,
    );
}

async function importFile(
  file: string,
  name: string | undefined,
  options: FolderOptions,
  context: CliContext,
): Promise<void> {
  const store = walletStore(options, context);
  const called = name ?? 'default';
  const wallet = await store.importFile(called, file);
  if (options.json === true)
    context.terminal.json({ name: called, address: wallet.address, path: store.path(called) });
  else context.terminal.line(`${wallet.address} is now the wallet "${called}".`);
}

async function list(options: FolderOptions, context: CliContext): Promise<void> {
  const store = walletStore(options, context);
  const rows = await Promise.all(
    (await store.names()).map(async (name) => ({ name, address: (await store.addressOf(name)) ?? '' })),
  );
  if (options.json === true) {
    context.terminal.json(rows);
    return;
  }
  if (rows.length === 0)
    context.terminal.line(
      `There is no wallet in ${store.dir} yet: make one with "${context.invocation.line('wallet new')}".`,
    );
  for (const line of rows.length === 0
    ? []
    : table(
        rows,
        [
          { head: 'name', value: (row) => row.name },
          { head: 'address', value: (row) => row.address },
        ],
        context.terminal.style,
      )) {
    context.terminal.line(line);
  }
}

/** The wallet that is named, or the one the command acts as. */
async function ownerOf(
  who: string | undefined,
  options: ChainOptions,
  context: CliContext,
): Promise<Address> {
  return who === undefined
    ? (await chooseWallet(options, context)).address
    : addressOf(who, options, context);
}

async function balance(who: string | undefined, options: ChainOptions, context: CliContext): Promise<void> {
  const { client } = await connect(options, context);
  const owner = await ownerOf(who, options, context);
  const sol = await client.lamports(owner);
  const config = await client.config();
  const media = await client.tokenBalance(owner, config.mediaMint);
  const pools = await Promise.all(
    (await client.pools()).map(async (pool) => ({
      pool: pool.address,
      quoteMint: pool.quoteMint,
      quote: await client.tokenBalance(owner, pool.quoteMint),
      quoteDecimals: await mintDecimals(client, pool.quoteMint),
      lp: await client.tokenBalance(owner, pool.lpMint),
      lpDecimals: await mintDecimals(client, pool.lpMint),
    })),
  );
  if (options.json === true) {
    context.terminal.json({ address: owner, lamports: sol, media, pools });
    return;
  }
  const { terminal } = context;
  terminal.line(owner);
  terminal.line(`  ${formatSol(sol)}`);
  terminal.line(`  ${formatMedia(media)}`);
  for (const pool of pools) {
    terminal.line(`  ${formatUnits(pool.quote, pool.quoteDecimals)} of the quote token ${pool.quoteMint}`);
    terminal.line(`  ${formatUnits(pool.lp, pool.lpDecimals)} LP of the pool ${pool.pool}`);
  }
}

async function airdrop(
  amount: string,
  who: string | undefined,
  options: ChainOptions,
  context: CliContext,
): Promise<void> {
  const { client } = await connect(options, context);
  const owner = await ownerOf(who, options, context);
  const { lamports } = await import('@solana/kit');
  const wanted = parseAmount(amount, 9, 'The amount of SOL');
  const before = await client.lamports(owner);
  context.terminal.progress(`airdrop of ${formatSol(wanted)} to ${owner} ...`);
  try {
    await client.rpc.requestAirdrop(owner, lamports(wanted)).send();
  } catch (cause) {
    if (cause instanceof MediaError) throw cause;
    throw new MediaError({
      code: 'cli/no-airdrop',
      message: `The chain at ${client.rpcUrl} gives no airdrop of ${formatSol(wanted)}: ask for less, or fund ${owner} from another wallet.`,
      source: 'chain',
      cause,
    });
  }
  let now = await client.lamports(owner);
  const until = Date.now() + 60_000;
  while (now < before + wanted && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    now = await client.lamports(owner);
  }
  if (now === before) {
    throw new MediaError({
      code: 'cli/no-airdrop',
      message: `The airdrop has not arrived within a minute: look again with "media wallet balance ${owner}".`,
      source: 'chain',
    });
  }
  if (options.json === true) context.terminal.json({ address: owner, lamports: now });
  else context.terminal.line(`${owner} now holds ${formatSol(now)}.`);
}

interface SendOptions extends ChainOptions {
  readonly quote?: string;
}

/** What a transfer with one signature and no priority fee costs. */
const TRANSFER_FEE = 5_000n;

/** All of a token; of SOL what the transfer itself leaves, so that nothing stays behind. */
function allOf(mint: Address | undefined, held: bigint): bigint {
  if (mint !== undefined) return held;
  return held > TRANSFER_FEE ? held - TRANSFER_FEE : 0n;
}

/** SOL, MEDIA, the quote token or LP, to an address or a wallet by name. */
async function send(
  amount: string,
  what: string,
  to: string,
  options: SendOptions,
  context: CliContext,
): Promise<void> {
  const connection = await connect(options, context);
  const { client } = connection;
  const from = await connection.wallet();
  const recipient = await ownerOf(to, options, context);
  const mint = what === 'sol' ? undefined : await mintOf(what, options, connection);
  const decimals = mint === undefined ? 9 : await mintDecimals(client, mint);
  const held =
    mint === undefined ? await client.lamports(from.address) : await client.tokenBalance(from.address, mint);
  const unit = UNITS[what] ?? '';
  const units = amount === 'all' ? allOf(mint, held) : parseAmount(amount, decimals, `The amount of ${unit}`);
  const shown = `${formatUnits(units, decimals)} ${unit}`;
  if (units > held || units === 0n) {
    throw new MediaError({
      code: 'cli/too-little',
      message: `You asked to send ${amount === 'all' ? `all ${unit}` : shown}; the wallet ${await connection.named(from.address)} holds ${formatUnits(held, decimals)} ${unit}.`,
      hint:
        what === 'sol'
          ? 'Send less, or get some with "media wallet airdrop 1" on a test chain.'
          : 'Send less, or name another wallet with --keypair; "media wallet balance" shows what one holds.',
      source: 'client',
    });
  }
  const { getTransferSolInstruction } = await import('@solana-program/system');
  const { transferTokens } = await import('@media-network/chain');
  const instructions: readonly Instruction[] =
    mint === undefined
      ? [getTransferSolInstruction({ source: from, destination: recipient, amount: units })]
      : await transferTokens(client.addresses, {
          payer: from,
          owner: from,
          mint,
          to: recipient,
          amount: units,
        });
  const { signature } = await connection.send(instructions, from);
  if (options.json === true) context.terminal.json({ signature, to: recipient, what, amount: units });
  else context.terminal.line(`Sent ${shown} to ${await connection.named(recipient)}.\n${signature}`);
}

const UNITS: Readonly<Record<string, string>> = {
  sol: 'SOL',
  media: 'MEDIA',
  lp: 'LP',
  quote: 'of the quote token',
};

async function mintOf(what: string, options: SendOptions, connection: Connection): Promise<Address> {
  if (what === 'media') return connection.client.addresses.mediaMint();
  if (what === 'lp') return (await connection.pool(options.quote)).lpMint;
  if (what === 'quote') return (await connection.pool(options.quote)).quoteMint;
  throw new MediaError({
    code: 'cli/bad-token',
    message: `"${what}" is nothing that can be sent: say sol, media, quote or lp.`,
    source: 'client',
  });
}

export const registerWallet: RegisterCommand = (program, context) => {
  const wallet = program
    .command('wallet')
    .description(
      'Wallets are Solana CLI keypair files below --dir, readable by their owner only. Keys are never printed.',
    );
  examples(wallet, [
    'media wallet',
    'media wallet balance edge-1',
    'media wallet send 0.5 sol edge-1 --keypair treasury',
  ]);
  examples(
    dirOption(
      wallet.command('new').argument('[name]', 'name of the wallet', 'default').description('Make a wallet.'),
    )
      .option('--json', 'print the result as JSON')
      .action((name: string, options: FolderOptions) => create(name, options, context)),
    ['media wallet new', 'media wallet new alice'],
  );
  examples(
    dirOption(
      wallet
        .command('import')
        .argument('<file>', 'keypair file of the Solana CLI, or one that holds a base58 key')
        .argument('[name]', 'name of the wallet (default: default)')
        .description('Keep a copy of a keypair file as a wallet.'),
    )
      .option('--json', 'print the result as JSON')
      .action((file: string, name: string | undefined, options: FolderOptions) =>
        importFile(file, name, options, context),
      ),
    ['media wallet import ~/.config/solana/id.json', 'media wallet import phantom.txt alice'],
  );
  examples(
    dirOption(wallet.command('list').description('List the wallets of --dir.'))
      .option('--json', 'print the result as JSON')
      .action((options: FolderOptions) => list(options, context)),
    ['media wallet list'],
  );
  examples(
    chainOptions(
      wallet
        .command('balance')
        .argument('[wallet]', 'name or address (default: your own)')
        .description('Show SOL, MEDIA, quote tokens and LP.'),
    )
      .option('--keypair <file>', 'wallet to look at')
      .action((who: string | undefined, options: ChainOptions) => balance(who, options, context)),
    ['media wallet balance', 'media wallet balance edge-1', 'media wallet balance --json'],
  );
  examples(
    keypairOption(
      chainOptions(
        wallet
          .command('send')
          .argument('<amount>', 'how much, such as 2.5, or "all"')
          .argument('<what>', 'sol, media, quote or lp')
          .argument('<to>', 'name or address of the wallet that gets it')
          .description('Send SOL or tokens to another wallet.'),
      ),
      'wallet that sends',
    )
      .option('--quote <mint>', 'quote token of the pool, where there are several')
      .action((amount: string, what: string, to: string, options: SendOptions) =>
        send(amount, what, to, options, context),
      ),
    [
      'media wallet send 10 lp edge-1 --keypair treasury',
      'media wallet send 0.5 sol edge-1 --keypair treasury',
      'media wallet send all lp treasury --keypair edge-1',
    ],
  );
  examples(
    chainOptions(
      wallet
        .command('airdrop')
        .argument('<sol>', 'how much, such as 2.5')
        .argument('[wallet]', 'name or address (default: your own)')
        .description(
          'Ask the chain for SOL. The embedded chain gives it; test clusters give a little; mainnet none.',
        ),
    )
      .option('--keypair <file>', 'wallet to fund')
      .action((amount: string, who: string | undefined, options: ChainOptions) =>
        airdrop(amount, who, options, context),
      ),
    ['media wallet airdrop 10', 'media wallet airdrop 1 edge-1'],
  );
};
