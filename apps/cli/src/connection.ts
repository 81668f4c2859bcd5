import { isAbsolute, resolve } from 'node:path';
import { createMediaClient, websocketUrl } from '@media-network/chain';
import type { Found, MediaClient, Signer } from '@media-network/chain';
import { LOCAL_PROGRAM_ID, createWalletStore, readKeypairFile, readNetworkFile } from '@media-network/devnet';
import type { WalletStore } from '@media-network/devnet';
import { MediaError, silentLog, systemClock } from '@media-network/runtime';
import { address, isAddress } from '@solana/kit';
import type { Address } from '@solana/kit';
import type { Command } from 'commander';
import type { CliContext } from './command.ts';

/** Options of every command that talks to a chain. */
export interface ChainOptions {
  readonly url?: string;
  readonly ws?: string;
  readonly program?: string;
  readonly dir?: string;
  readonly keypair?: string;
  readonly json?: true;
}

const DEFAULT_RPC_URL = 'http://127.0.0.1:8899';

export function dirOption(command: Command): Command {
  return command.option('--dir <folder>', 'folder of the network on this machine (default: .medianet)');
}

export function chainOptions(command: Command): Command {
  return dirOption(
    command
      .option(
        '--url <url>',
        'JSON-RPC of any Solana cluster (default: the network of --dir, or the embedded chain)',
      )
      .option('--ws <url>', 'its websocket (default: the port after that of --url)')
      .option('--program <address>', 'id of the program (default: that of the network)'),
  ).option('--json', 'print the result as JSON, amounts in base units');
}

export function keypairOption(
  command: Command,
  doc = 'wallet to act as: a keypair file, or a name below --dir',
): Command {
  return command.option('--keypair <file>', doc);
}

export function networkDir(options: { readonly dir?: string }, context: CliContext): string {
  return resolve(context.cwd, options.dir ?? context.env['MEDIA_DIR'] ?? '.medianet');
}

export function walletStore(options: { readonly dir?: string }, context: CliContext): WalletStore {
  return createWalletStore(resolve(networkDir(options, context), 'wallets'));
}

export function parseAddressArg(text: string, name: string): Address {
  if (isAddress(text)) return address(text);
  throw new MediaError({
    code: 'cli/bad-address',
    message: `${name} must be a Solana address (base58, 32 bytes), not "${text}".`,
    source: 'client',
  });
}

export interface Connection {
  readonly client: MediaClient;
  readonly wsUrl: string;
  readonly wallets: WalletStore;
  /** The wallet the command acts as. */
  wallet(): Promise<Signer>;
  /** The pool to use: `--quote`, that of the network, or the only one there is. */
  pool(quote?: string): Promise<Found<'pool'>>;
}

/** The wallet named by `--keypair` (a path or a name), MEDIA_KEYPAIR, or the first of default, publisher. */
export async function chooseWallet(
  options: { readonly keypair?: string; readonly dir?: string },
  context: CliContext,
): Promise<Signer> {
  const wallets = walletStore(options, context);
  const named = options.keypair ?? context.env['MEDIA_KEYPAIR'];
  if (named !== undefined && named !== '') {
    if (/^[a-z0-9][a-z0-9_-]*$/i.test(named)) {
      const found = await wallets.load(named);
      if (found !== undefined) return found;
    }
    return readKeypairFile(isAbsolute(named) ? named : resolve(context.cwd, named));
  }
  const found = (await wallets.load('default')) ?? (await wallets.load('publisher'));
  if (found !== undefined) return found;
  throw new MediaError({
    code: 'cli/no-wallet',
    message: `There is no wallet in ${wallets.dir}: make one with "media wallet new", or name a keypair file with --keypair.`,
    source: 'client',
  });
}

/** A client for the chain that the options, the environment or the folder's network name. Nothing is asked of the chain yet. */
export async function connect(options: ChainOptions, context: CliContext): Promise<Connection> {
  const network = await readNetworkFile(networkDir(options, context));
  const given = options.url ?? context.env['MEDIA_URL'];
  const rpcUrl = given ?? network?.rpcUrl ?? DEFAULT_RPC_URL;
  const same = network !== undefined && network.rpcUrl === rpcUrl;
  const wsUrl = options.ws ?? (same && network.wsUrl !== null ? network.wsUrl : websocketUrl(rpcUrl));
  const programText = options.program ?? context.env['MEDIA_PROGRAM'];
  const programId =
    programText === undefined
      ? same
        ? network.programId
        : LOCAL_PROGRAM_ID
      : parseAddressArg(programText, '--program');
  const client = createMediaClient({ rpcUrl, wsUrl, programId, clock: systemClock, log: silentLog });

  return {
    client,
    wsUrl,
    wallets: walletStore(options, context),
    wallet: () => chooseWallet(options, context),
    async pool(quote) {
      const wanted =
        quote === undefined ? (same ? network.quoteMint : null) : parseAddressArg(quote, '--quote');
      if (wanted !== null) {
        const found = await client.pool(wanted);
        if (found !== null) return found;
        if (quote !== undefined) throw noPool(`There is no pool with the quote token ${quote}`);
      }
      await client.config();
      const all = await client.pools();
      const [only] = all;
      if (only !== undefined && all.length === 1) return only;
      throw noPool(
        all.length === 0
          ? 'This network has no pool yet'
          : `There are ${all.length} pools (${all.map((pool) => pool.quoteMint).join(', ')})`,
      );
    },
  };
}

function noPool(what: string): MediaError {
  return new MediaError({
    code: 'cli/no-pool',
    message: `${what}: name the quote token of one with --quote.`,
    source: 'client',
  });
}

/** Decimals of an SPL mint: byte 44 of its account. */
export async function mintDecimals(client: MediaClient, mint: Address): Promise<number> {
  const { value } = await client.rpc
    .getAccountInfo(mint, { encoding: 'base64', commitment: client.commitment })
    .send();
  const data = value === null ? undefined : Buffer.from(value.data[0], 'base64');
  if (data === undefined || data.length < 82) {
    throw new MediaError({
      code: 'cli/no-mint',
      message: `There is no token mint at ${mint} on the chain ${client.rpcUrl}.`,
      source: 'client',
    });
  }
  return data[44] ?? 0;
}
