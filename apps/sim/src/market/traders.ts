import type { Cast } from '../cast.ts';
import { START_PRICE } from '../cast.ts';
import type { Chain, Wallet } from '../chain/chain.ts';
import { MEDIA } from '../params.ts';
import { randomOf } from '../random.ts';
import { swapTo } from './pools.ts';
import type { Pool } from './pools.ts';

/** Deviation of an hour's logarithm of the price outside: 2 % a day for MEDIA, 3 % for SOL. */
const HOURLY = { media: 0.004, sol: 0.006 } as const;
/** The price outside follows the pools' by so much an hour: outside there is little MEDIA besides. */
const FOLLOWS = 0.02;
/** Nobody evens out less than what the pool's fee takes, and a little. */
const GAP = 0.004;
const LEFT = 0.0025;
/** Median size of an hour's trade in a pool, as a part of its MEDIA: 4 % of a pool changes hands in a day. */
const TRADE_PART = 0.001;

const Q32 = 2 ** 32;

/** The world outside: prices that move, somebody who evens them out, and people who buy and sell. */
export interface Traders {
  hourly(hour: number): void;
  /** Evens out the pools' prices and the one outside. */
  evenOut(): void;
  /** Sells what is left of rewards after a node's costs. */
  sell(owner: Wallet, pool: Pool, media: bigint): void;
  /** Dollars for a MEDIA outside. */
  readonly price: number;
}

export function createTraders(chain: Chain, cast: Cast, seed: number): Traders {
  const { market } = cast;
  let media: number = START_PRICE.media;
  let sol: number = START_PRICE.sol;

  const usdOf = (pool: Pool): number => (pool.name === 'SOL' ? sol : 1);
  /** Quote base units for a base unit of MEDIA, Q32.32, by the price outside. */
  const outsideQ32 = (pool: Pool): number =>
    ((media / usdOf(pool)) * Number(pool.quoteUnit) * Q32) / Number(MEDIA);

  function evenOut(): void {
    for (const pool of market.pools) {
      const state = market.state(pool);
      const [here, there] = [Number(state.priceQ32), outsideQ32(pool)];
      if (Math.abs(here / there - 1) < GAP) continue;
      const from = here < there ? 'quote' : 'media';
      const target = BigInt(Math.round(from === 'quote' ? there * (1 - LEFT) : there * (1 + LEFT)));
      const wanted = swapTo(state, from, target);
      const { arbitrageur } = cast;
      if (from === 'quote') {
        const held = chain.tokens(market.quoteOf(arbitrageur, pool));
        if (held < wanted) market.bringQuote(arbitrageur, pool, wanted - held);
      }
      const held = chain.tokens(
        from === 'quote' ? market.quoteOf(arbitrageur, pool) : market.mediaOf(arbitrageur),
      );
      const amount = wanted < held ? wanted : held;
      if (amount > 1_000n) market.swap(arbitrageur, pool, from, amount);
    }
  }

  function trade(pool: Pool, hour: number, nth: number): void {
    const random = randomOf(seed, 'trade', pool.name, hour, nth);
    const part = TRADE_PART * Math.exp(random.normal());
    const { trader } = cast;
    const state = market.state(pool);
    const amount = BigInt(Math.round(part * Number(state.reserveMedia)));
    if (random.next() < 0.5) {
      if (chain.tokens(market.mediaOf(trader)) > amount) market.swap(trader, pool, 'media', amount);
      return;
    }
    const quote = (amount * state.reserveQuote) / state.reserveMedia;
    const held = chain.tokens(market.quoteOf(trader, pool));
    if (held < quote) market.bringQuote(trader, pool, quote);
    market.swap(trader, pool, 'quote', quote);
  }

  return {
    evenOut,
    get price() {
      return media;
    },
    hourly(hour) {
      const random = randomOf(seed, 'price', hour);
      media *= Math.exp(HOURLY.media * random.normal());
      sol *= Math.exp(HOURLY.sol * random.normal());
      const [first] = market.pools;
      if (first !== undefined) {
        const pool = (Number(market.state(first).priceQ32) * Number(MEDIA)) / Q32 / Number(first.quoteUnit);
        media *= (pool / media) ** FOLLOWS;
      }
      evenOut();
      market.pools.forEach((pool) => trade(pool, hour, 0));
    },
    sell(owner, pool, amount) {
      if (amount > 1_000n) market.swap(owner, pool, 'media', amount);
    },
  };
}
