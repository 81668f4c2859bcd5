import { isAbsolute, resolve } from 'node:path';
import type { Found, MediaClient, SendResult, Signer } from '@media-network/chain';
import {
  LOCAL_PROGRAM_ID,
  createWalletStore,
  readIfPresent,
  readKeypairFile,
  readNetworkFile,
} from '@media-network/devnet/folder';
import type { WalletStore } from '@media-network/devnet/folder';
import { MediaError, errorCode, silentLog, systemClock } from '@media-network/runtime';
import { address, isAddress } from '@solana/addresses';
import type { Address, Instruction } from '@solana/kit';
import { formatSol } from './amounts.ts';
import { networkDir } from './chain-options.ts';
import type { ChainOptions } from './chain-options.ts';
import type { CliContext } from './command.ts';

const DEFAULT_RPC_URL = 'http://127.0.0.1:8899';

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
  /** Sends as `client.send` does; what the wallet lacks is told in figures. */
  send(instructions: readonly Instruction[], payer: Signer): Promise<SendResult>;
  /** An address with the name of its wallet, where there is one below --dir: `edge-1 (7xKX…)`. */
  named(address: Address): Promise<string>;
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
    const path = isAbsolute(named) ? named : resolve(context.cwd, named);
    if (!/^[a-z0-9][a-z0-9_-]*$/i.test(named)) return readKeypairFile(path);
    const found = await wallets.load(named);
    if (found !== undefined) return found;
    if ((await readIfPresent(path)) !== undefined) return readKeypairFile(path);
    const names = await wallets.names();
    throw new MediaError({
      code: 'cli/no-wallet',
      message: `There is no wallet "${named}" in ${wallets.dir}, and no file of that name here${names.length === 0 ? '' : `: there are ${names.join(', ')}`}.`,
      hint: `Name one of those or a keypair file with --keypair, or make it with "media wallet new ${named}".`,
      source: 'client',
    });
  }
  const found = (await wallets.load('default')) ?? (await wallets.load('publisher'));
  if (found !== undefined) return found;
  const names = await wallets.names();
  throw new MediaError({
    code: 'cli/no-wallet',
    ...(names.length === 0
      ? {
          message: `There is no wallet in ${wallets.dir}.`,
          hint: 'Make one with "media wallet new", or name a keypair file with --keypair.',
        }
      : {
          message: `None of the wallets in ${wallets.dir} is called default or publisher: there are ${names.join(', ')}.`,
          hint: `Choose one with --keypair, such as --keypair ${names[0]}, or make one of your own with "media wallet new".`,
        }),
    source: 'client',
    context: { dir: wallets.dir, names },
  });
}

/**
 * An address as such, or that of a wallet by name.
 *
 * @throws `cli/no-wallet` naming what there is, `cli/bad-address`
 */
export async function addressOf(
  who: string,
  options: { readonly dir?: string },
  context: CliContext,
): Promise<Address> {
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(who) || who.length >= 32) return parseAddressArg(who, 'The wallet');
  const wallets = walletStore(options, context);
  const found = await wallets.addressOf(who);
  if (found !== undefined) return found;
  const names = await wallets.names();
  throw new MediaError({
    code: 'cli/no-wallet',
    message: `"${who}" is no Solana address, and there is no wallet "${who}" in ${wallets.dir}${names.length === 0 ? '' : `: there are ${names.join(', ')}`}.`,
    hint: `Name one of those or an address, or make it with "media wallet new ${who}".`,
    source: 'client',
  });
}

/** A client for the chain that the options, the environment or the folder's network name. Nothing is asked of the chain yet. */
export async function connect(
  options: ChainOptions,
  context: CliContext,
  signal?: AbortSignal,
): Promise<Connection> {
  const { createMediaClient, websocketUrl } = await import('@media-network/chain');
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
  const client = createMediaClient({
    rpcUrl,
    wsUrl,
    programId,
    clock: systemClock,
    log: silentLog,
    ...(signal === undefined ? {} : { signal }),
  });

  const wallets = walletStore(options, context);

  async function named(owner: Address): Promise<string> {
    for (const name of await wallets.names()) {
      const found = await wallets.addressOf(name).catch(() => undefined);
      if (found === owner) return `${name} (${owner})`;
    }
    return owner;
  }

  return {
    client,
    wsUrl,
    wallets,
    named,
    async send(instructions, payer) {
      try {
        return await client.send(instructions, { payer });
      } catch (error) {
        if (errorCode(error) !== 'chain/insufficient-lamports') throw error;
        const held = await client.lamports(payer.address);
        throw tooLittleSol(await named(payer.address), payer.address, held, error);
      }
    },
    wallet: () => chooseWallet(options, context),
    async pool(quote) {
      const wanted = quote === undefined ? (same ? network.quoteMint : null) : await quoteMintOf(quote);
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

function tooLittleSol(who: string, owner: Address, held: bigint, cause: unknown): MediaError {
  return new MediaError({
    code: 'chain/insufficient-lamports',
    message: `The wallet ${who} holds ${formatSol(held)}, too little for the fee and the rent of this transaction.`,
    hint: `On a test chain ask for some with "media wallet airdrop 1 ${owner}"; elsewhere send it some.`,
    source: 'client',
    context: { wallet: owner, lamports: held.toString() },
    cause,
  });
}

function noPool(what: string): MediaError {
  return new MediaError({
    code: 'cli/no-pool',
    message: `${what}.`,
    hint: 'Name the quote token of one with --quote.',
    source: 'client',
  });
}

/** The mint of a quote token as people name it: `sol` is wrapped SOL. */
export async function quoteMintOf(text: string): Promise<Address> {
  if (text.toLowerCase() !== 'sol') return parseAddressArg(text, '--quote');
  const { MINTS } = await import('@media-network/chain');
  return MINTS.wrappedSol;
}

/** Decimals of an SPL mint: byte 44 of its account. */
export async function mintDecimals(client: MediaClient, mint: Address): Promise<number> {
  return (await mintFacts(client, mint)).decimals;
}

/** What pools have to know of an SPL mint. */
export async function mintFacts(
  client: MediaClient,
  mint: Address,
): Promise<{ readonly decimals: number; readonly freezable: boolean }> {
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
  return { decimals: data[44] ?? 0, freezable: data.readUInt32LE(46) !== 0 };
}
