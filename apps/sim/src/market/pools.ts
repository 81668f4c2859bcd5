import { accountOffset, decodeAccount } from '@media-network/chain';
import type { AccountValue } from '@media-network/chain';
import { isqrt } from '@media-network/chain/model';
import type { Address } from '@solana/kit';

import { mintTo, transfer } from '../chain/chain.ts';
import type { Chain, Fate, Wallet } from '../chain/chain.ts';
import type { Call } from '../chain/message.ts';

/** A pool with the addresses that belong to it. */
export interface Pool {
  readonly name: string;
  readonly quoteMint: Address;
  /** Base units of a whole quote token. */
  readonly quoteUnit: bigint;
  readonly address: Address;
  readonly lpMint: Address;
  readonly mediaVault: Address;
  readonly quoteVault: Address;
  readonly lpVault: Address;
}

/** What a pool's reserves are at a moment. */
export interface Reserves {
  readonly reserveMedia: bigint;
  readonly reserveQuote: bigint;
  readonly lpSupply: bigint;
  readonly priceQ32: bigint;
}

const NUMBERS = [
  'reserveMedia',
  'reserveQuote',
  'lpSupply',
  'priceQ32',
  'toBurn',
  'bought',
  'burned',
  'boughtAt',
  'burnedWeek',
] as const;
const OFFSETS = NUMBERS.map((field) => [field, accountOffset('pool', field)] as const);

/** The figures of a pool's account that change by the hour; its ring of prices is left unread. */
export type PoolState = Readonly<Record<(typeof NUMBERS)[number], bigint>>;

const Q32 = 2n ** 32n;

/** Tokens and pools, as anybody uses them. */
export interface Market {
  readonly pools: readonly Pool[];
  mediaOf(owner: Wallet): Address;
  quoteOf(owner: Wallet, pool: Pool): Address;
  lpOf(owner: Wallet, pool: Pool): Address;
  state(pool: Pool): PoolState;
  /** The whole account. */
  account(pool: Pool): AccountValue<'pool'>;
  /** MEDIA out of the treasury. */
  giveMedia(to: Wallet, amount: bigint): void;
  /** Quote tokens from outside; they are remembered as that. */
  bringQuote(to: Wallet, pool: Pool, amount: bigint): void;
  swapCall(owner: Wallet, pool: Pool, from: 'media' | 'quote', amountIn: bigint): Call;
  swap(owner: Wallet, pool: Pool, from: 'media' | 'quote', amountIn: bigint): Fate;
  /** Deposits MEDIA with the quote that belongs to it, which the owner has to have. LP that came. */
  deposit(owner: Wallet, pool: Pool, media: bigint): bigint;
  withdraw(owner: Wallet, pool: Pool, lp: bigint): Fate;
  /** Makes a pool by the first deposit. */
  open(owner: Wallet, quoteMint: Address, media: bigint, quote: bigint): void;
  stake(owner: Wallet, pool: Pool, role: number, lp: bigint): void;
}

export function createMarket(
  chain: Chain,
  treasury: Wallet,
  listed: readonly Omit<Pool, 'address' | 'lpMint' | 'mediaVault' | 'quoteVault' | 'lpVault'>[],
): Market {
  const { places, vm } = chain;
  const pools = listed.map((each): Pool => {
    const address = places.pool(each.quoteMint);
    const of = (account: string): Address => places.of('createPool', account, { pool: address });
    return {
      ...each,
      address,
      lpMint: of('lpMint'),
      mediaVault: of('mediaVault'),
      quoteVault: of('quoteVault'),
      lpVault: of('lpVault'),
    };
  });
  const opened = new Set<Address>();

  function token(owner: Wallet, mint: Address): Address {
    const address = places.associated(owner.address, mint);
    if (!opened.has(address)) {
      opened.add(address);
      if (vm.data(address) === undefined) vm.createToken(address, mint, owner.address);
    }
    return address;
  }

  const mediaOf = (owner: Wallet): Address => token(owner, places.mediaMint);
  const quoteOf = (owner: Wallet, pool: Pool): Address => token(owner, pool.quoteMint);
  const lpOf = (owner: Wallet, pool: Pool): Address => token(owner, pool.lpMint);

  function dataOf(pool: Pool): Uint8Array {
    const found = vm.data(pool.address);
    if (found === undefined) throw new Error(`no pool ${pool.name}`);
    return found;
  }

  function state(pool: Pool): PoolState {
    const data = dataOf(pool);
    const view = new DataView(data.buffer, data.byteOffset);
    const numbers = OFFSETS.map(([field, at]) => [field, view.getBigUint64(at, true)] as const);
    // One entry for each of the names.
    return Object.fromEntries(numbers) as PoolState;
  }

  const sides = (owner: Wallet, pool: Pool) => ({
    owner: owner.address,
    pool: pool.address,
    lpMint: pool.lpMint,
    mediaVault: pool.mediaVault,
    quoteVault: pool.quoteVault,
    lpVault: pool.lpVault,
    ownerMedia: mediaOf(owner),
    ownerQuote: quoteOf(owner, pool),
    ownerLp: lpOf(owner, pool),
  });

  function swapCall(owner: Wallet, pool: Pool, from: 'media' | 'quote', amountIn: bigint): Call {
    return chain.call('swap', {
      ...sides(owner, pool),
      direction: from === 'media' ? 0 : 1,
      amountIn,
      minOut: 1n,
    });
  }

  return {
    pools,
    mediaOf,
    quoteOf,
    lpOf,
    state,
    account: (pool) => decodeAccount('pool', dataOf(pool)),
    giveMedia(to, amount) {
      chain.must(treasury, transfer(treasury, mediaOf(treasury), mediaOf(to), amount));
    },
    bringQuote(to, pool, amount) {
      if (amount <= 0n) return;
      to.outside.set(pool.quoteMint, (to.outside.get(pool.quoteMint) ?? 0n) + amount);
      chain.must(treasury, mintTo(vm.bank, pool.quoteMint, quoteOf(to, pool), amount));
    },
    swapCall,
    swap: (owner, pool, from, amountIn) => chain.attempt(owner, swapCall(owner, pool, from, amountIn)),
    deposit(owner, pool, media) {
      const { reserveMedia, reserveQuote } = state(pool);
      const before = chain.tokens(lpOf(owner, pool));
      const maxQuote = (media * reserveQuote) / reserveMedia + 2n;
      chain.must(
        owner,
        chain.call('addLiquidity', { ...sides(owner, pool), maxMedia: media, maxQuote, minLp: 1n }),
      );
      return chain.tokens(lpOf(owner, pool)) - before;
    },
    withdraw: (owner, pool, lp) =>
      chain.attempt(
        owner,
        chain.call('removeLiquidity', { ...sides(owner, pool), lp, minMedia: 1n, minQuote: 1n }),
      ),
    open(owner, quoteMint, media, quote) {
      const pool = pools.find((each) => each.quoteMint === quoteMint);
      if (pool === undefined) throw new Error('not a listed quote');
      const given = { payer: owner.address, quoteMint, media, quote, pool: pool.address };
      const tokens = {
        ownerMedia: mediaOf(owner),
        ownerQuote: quoteOf(owner, pool),
        ownerLp: places.associated(owner.address, pool.lpMint),
      };
      chain.must(owner, chain.call('createPool', { ...given, ...tokens }));
    },
    stake(owner, pool, role, lp) {
      chain.must(owner, chain.call('stake', { ...sides(owner, pool), role, lp }));
    },
  };
}

/** What a swap has to put in so that the pool's price becomes `targetQ32`, before its fee; 0 where it is beyond that already. */
export function swapTo(pool: Reserves, from: 'media' | 'quote', targetQ32: bigint): bigint {
  const k = pool.reserveMedia * pool.reserveQuote;
  if (from === 'quote') {
    const wanted = isqrt((k * targetQ32) / Q32);
    return wanted > pool.reserveQuote ? wanted - pool.reserveQuote : 0n;
  }
  const wanted = isqrt((k * Q32) / targetQ32);
  return wanted > pool.reserveMedia ? wanted - pool.reserveMedia : 0n;
}

/** Fair value of LP in MEDIA base units at a price: a share of 2·√(M · t), t the quote side as MEDIA. No swap moves it. */
export function fairValue(
  pool: Pick<Reserves, 'reserveMedia' | 'reserveQuote' | 'lpSupply'>,
  lp: bigint,
  priceQ32: bigint,
): bigint {
  const asMedia = (pool.reserveQuote * Q32) / priceQ32;
  return (lp * 2n * isqrt(pool.reserveMedia * asMedia)) / pool.lpSupply;
}
