import { ROLE } from '@media-network/chain/schema';

import type { Cast } from './cast.ts';
import type { Chain, Wallet } from './chain/chain.ts';
import { averagePrice } from '@media-network/chain/model';
import { fairValue } from './market/pools.ts';

/** What a wallet has in one pool, in base units. */
export interface Held {
  readonly quote: bigint;
  /** Quote that came from outside since the network began. */
  readonly outside: bigint;
  /** Free, staked and unbonding. */
  readonly lp: bigint;
  readonly staked: bigint;
}

/** All that a wallet has. */
export interface Holdings {
  readonly media: bigint;
  /** By pool. */
  readonly held: readonly Held[];
  /** Fees due and debts of its resources. */
  readonly owed: bigint;
  readonly transactions: number;
}

/** A pool at the end of a play. */
export interface PoolEnd {
  readonly name: string;
  readonly reserveMedia: bigint;
  readonly reserveQuote: bigint;
  readonly lpSupply: bigint;
  /** Average of the last `twapSecs`, quote per MEDIA, Q32.32. */
  readonly averageQ32: bigint;
}

const Q32 = 2n ** 32n;
/** A lamport counts as a base unit of MEDIA, as in the lab: where MEDIA is cheaper than SOL, attackers pay more than is said here. */
const LAMPORTS_PER_TRANSACTION = 5_000n;
/** What locked stake would have earned elsewhere: 10 % a year, as in the lab. */
const LOCKED_BPS_A_YEAR = 1_000n;

export function holdingsOf(chain: Chain, cast: Cast, wallet: Wallet): Holdings {
  const { market } = cast;
  const held = market.pools.map((pool): Held => {
    let staked = 0n;
    for (const role of Object.values(ROLE)) {
      const at = chain.places.stake(wallet.address, pool.address, role);
      staked += (chain.number('stake', 'lp', at) ?? 0n) + (chain.number('stake', 'unbonding', at) ?? 0n);
    }
    return {
      quote: chain.tokens(market.quoteOf(wallet, pool)),
      outside: wallet.outside.get(pool.quoteMint) ?? 0n,
      lp: chain.tokens(market.lpOf(wallet, pool)) + staked,
      staked,
    };
  });
  let owed = 0n;
  for (const { owner, resource } of cast.publishers) {
    if (owner !== wallet) continue;
    const account = chain.read('resource', resource);
    owed += (account?.debt ?? 0n) + (account?.weeks ?? []).reduce((sum, { due }) => sum + due, 0n);
  }
  const locked =
    chain.number('lock', 'amount', chain.places.of('lockMedia', 'lock', { owner: wallet.address })) ?? 0n;
  return {
    media: chain.tokens(market.mediaOf(wallet)) + locked,
    held,
    owed,
    transactions: wallet.transactions,
  };
}

export function poolEnds(chain: Chain, cast: Cast, twapSecs: number): readonly PoolEnd[] {
  return cast.market.pools.map((pool) => {
    const state = cast.market.account(pool);
    return {
      name: pool.name,
      reserveMedia: state.reserveMedia,
      reserveQuote: state.reserveQuote,
      lpSupply: state.lpSupply,
      averageQ32: averagePrice(state, chain.vm.now(), BigInt(twapSecs)),
    };
  });
}

/**
 * What holdings come to in base units of MEDIA. LP at fair value, quote tokens at the average prices given, less what came from
 * outside, transaction fees, and what locked stake would have earned. The same prices have to be used for both sides of a comparison.
 */
export function moneyOf(
  holdings: Holdings,
  pools: readonly PoolEnd[],
  prices: readonly bigint[],
  days: number,
): bigint {
  let money = holdings.media - holdings.owed - BigInt(holdings.transactions) * LAMPORTS_PER_TRANSACTION;
  holdings.held.forEach(({ quote, outside, lp, staked }, index) => {
    const [pool, price] = [pools[index], prices[index]];
    if (pool === undefined || price === undefined) return;
    money += ((quote - outside) * Q32) / price + fairValue(pool, lp, price);
    money -= (fairValue(pool, staked, price) * LOCKED_BPS_A_YEAR * BigInt(days)) / (10_000n * 365n);
  });
  return money;
}
