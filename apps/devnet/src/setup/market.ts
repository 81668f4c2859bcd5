import {
  PROGRAMS,
  UNLOCKED,
  createQuoteMint,
  genesisPlan,
  mintQuote,
  revokeMintAuthority,
  sendPlan,
} from '@media-network/chain';
import type { Found, Founding, MediaClient, Signer } from '@media-network/chain';
import { MAX_QUOTES, QUOTE_FREEZABLE, ROLE } from '@media-network/chain/schema';
import { errorCode } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import type { NetworkParams } from '../periods.ts';
import { sendAll } from './setup-context.ts';
import type { SetupContext } from './setup-context.ts';

const QUOTE_DECIMALS = 6;
/** 1,000,000,000 test USDC, minted once. */
const QUOTE_SUPPLY = 1_000_000_000n * 10n ** 6n;
/** What the pool of a network to try things on begins with. */
const LIQUIDITY_MEDIA = 1_000_000n * 10n ** 9n;
/** One MEDIA for ten of the quote, which has three decimals less. */
const quoteBeside = (media: bigint): bigint => (media * 10n) / 1_000n;

/** Where an SPL mint says whether somebody can freeze its accounts. */
const FREEZE_AUTHORITY_AT = 46;

/** A mint that somebody can freeze is listed as one; one that is not there yet is as `ensureQuoteMint` makes it. */
async function flagsOf({ rpc, commitment }: MediaClient, mint: Address): Promise<number> {
  if (mint === PROGRAMS.system) return 0;
  const { value } = await rpc.getAccountInfo(mint, { encoding: 'base64', commitment }).send();
  const data = Buffer.from(value?.data[0] ?? '', 'base64');
  const freezable = data.length > FREEZE_AUTHORITY_AT + 4 && data.readUInt32LE(FREEZE_AUTHORITY_AT) !== 0;
  return freezable ? QUOTE_FREEZABLE : 0;
}

/** Creates the network under its program, if nobody has. */
export async function ensureGenesis(
  context: SetupContext,
  params: NetworkParams,
  quoteMint: Address,
  moreQuotes: readonly Address[] = [],
  founding: Founding = UNLOCKED,
): Promise<Found<'config'>> {
  const { client, treasury } = context;
  const found = await client.config().catch((error: unknown) => {
    if (errorCode(error) === 'chain/no-network') return undefined;
    throw error;
  });
  if (found !== undefined) return found;
  context.onStep('create the network: 10,000,000 MEDIA, minted once');
  // Places for four quote tokens; the system program's address, all zeros, stands for none.
  const places = [quoteMint, ...moreQuotes, PROGRAMS.system, PROGRAMS.system, PROGRAMS.system];
  const quotes = await Promise.all(
    places.slice(0, MAX_QUOTES).map(async (mint) => ({ mint, flags: await flagsOf(client, mint), pad: 0 })),
  );
  const { allocations, ...schedule } = founding;
  const plan = await genesisPlan(client, {
    payer: treasury,
    params: { ...params, ...schedule, quotes },
    allocations,
  });
  await sendPlan(client, plan, { payer: treasury });
  return client.config();
}

/** A mint to quote MEDIA in, its supply minted to the treasury and its authority given up, in one transaction. */
export async function ensureQuoteMint(context: SetupContext, mint: Signer): Promise<Address> {
  const { client, treasury } = context;
  const { value } = await client.rpc
    .getAccountInfo(mint.address, { encoding: 'base64', commitment: client.commitment })
    .send();
  if (value !== null) return mint.address;
  context.onStep('create the quote token: 1,000,000,000 test USDC, authority given up');
  const created = await createQuoteMint(client, {
    payer: treasury,
    decimals: QUOTE_DECIMALS,
    authority: treasury.address,
    mint,
  });
  const minted = await mintQuote(client.addresses, {
    payer: treasury,
    authority: treasury,
    mint: mint.address,
    owner: treasury.address,
    amount: QUOTE_SUPPLY,
  });
  await sendAll(context, [...created.instructions, ...minted, revokeMintAuthority(mint.address, treasury)]);
  return mint.address;
}

/**
 * The pool, made with its first deposit in one transaction, and enough of it staked that its LP gives rights: a pool
 * whose depth could leave at any moment backs nobody.
 */
export async function ensurePool(
  context: SetupContext,
  quoteMint: Address,
  minPoolMedia: bigint,
  media: bigint = LIQUIDITY_MEDIA,
): Promise<Found<'pool'>> {
  const { client, treasury } = context;
  if ((await client.pool(quoteMint)) === null) {
    const quote = quoteBeside(media);
    const [mediaText, quoteText] = [media / 10n ** 9n, quote / 10n ** 6n].map((each) =>
      each.toLocaleString('en'),
    );
    context.onStep(`create the pool MEDIA / test USDC with ${mediaText} MEDIA and ${quoteText} test USDC`);
    const create = await client.instructions.createPool({
      payer: treasury,
      quoteMint,
      media,
      quote,
    });
    await sendAll(context, [create]);
  }
  const pool = await client.pool(quoteMint);
  if (pool === null) throw new Error('the pool is not there after its creation');
  const { reserveMedia, lpSupply, staked } = pool;
  const needed = (minPoolMedia * lpSupply + reserveMedia - 1n) / reserveMedia;
  if (staked < needed) {
    context.onStep('stake LP of the treasury, so that the pool has the depth that rights ask for');
    const stake = await client.instructions.stake({
      owner: treasury,
      pool: pool.address,
      role: ROLE.user,
      lp: needed - staked,
    });
    await sendAll(context, [stake]);
  }
  return pool;
}

/** LP that is worth `media` base units at the pool's own price, rounded up. */
export function lpWorth(pool: Found<'pool'>, media: bigint): bigint {
  const value = 2n * pool.reserveMedia;
  return (media * pool.lpSupply + value - 1n) / value;
}
