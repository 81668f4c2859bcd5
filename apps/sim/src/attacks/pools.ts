import type { Wallet } from '../chain/chain.ts';
import type { Market, Pool } from '../market/pools.ts';
import type { Attack, Stage } from './attack.ts';

const PPM = 1_000_000n;
const ppm = (part: number): bigint => BigInt(Math.round(part * 1_000_000));

/** Swaps, and remembers what came, to swap it back. */
function roundTrips(market: Market, tokens: (at: Wallet, pool: Pool, side: 'media' | 'quote') => bigint) {
  let back: { readonly pool: Pool; readonly from: 'media' | 'quote'; readonly amount: bigint } | undefined;
  return {
    there(owner: Wallet, pool: Pool, from: 'media' | 'quote', amountIn: bigint): void {
      const other = from === 'media' ? 'quote' : 'media';
      const before = tokens(owner, pool, other);
      if (amountIn === 0n || market.swap(owner, pool, from, amountIn) !== 'ok') return;
      back = { pool, from: other, amount: tokens(owner, pool, other) - before };
    },
    back(owner: Wallet): void {
      if (back !== undefined) market.swap(owner, back.pool, back.from, back.amount);
      back = undefined;
    },
  };
}

function tripsOf({ chain, cast }: Stage) {
  const { market } = cast;
  return roundTrips(market, (owner, pool, side) =>
    chain.tokens(side === 'media' ? market.mediaOf(owner) : market.quoteOf(owner, pool)),
  );
}

/** The providers that together hold that part of the first pool. */
function providersOf({ cast, share }: Stage): readonly Wallet[] {
  let held = 0;
  return cast.providers.flatMap((each) => {
    if (held > 0 && held + each.share > share + 0.001) return [];
    held += each.share;
    return [each.owner];
  });
}

export const POOL_ATTACKS: readonly Attack[] = [
  {
    name: 'wash-trading',
    doc: 'Whoever holds that part of the pool swaps a hundredth of it there and back each hour, for the fees.',
    of: 'pool',
    begin(stage) {
      const { mallory, market } = stage.cast;
      const trips = tripsOf(stage);
      return {
        actors: [mallory, ...providersOf(stage)],
        hourly() {
          const [pool] = market.pools;
          if (pool === undefined) return;
          trips.there(mallory, pool, 'media', market.state(pool).reserveMedia / 100n);
          trips.back(mallory);
        },
      };
    },
  },
  {
    name: 'price-for-quota',
    doc: 'A publisher sells MEDIA of that part of a fortieth of the pool each hour for a day, so that its LP is worth more MEDIA, takes the quota, and buys back.',
    of: 'pool',
    begin(stage) {
      const { chain, cast, share } = stage;
      const { mallory, market } = cast;
      const [publisher] = cast.publishers;
      if (publisher === undefined) return { actors: [] };
      const { pool, resource, owner } = publisher;
      let quote = 0n;
      return {
        actors: [mallory, owner],
        hourly(hour) {
          const ofWeek = hour % 168;
          if (ofWeek >= 48 && ofWeek < 72) {
            const before = chain.tokens(market.quoteOf(mallory, pool));
            market.swap(mallory, pool, 'media', (market.state(pool).reserveMedia * ppm(share)) / (40n * PPM));
            quote += chain.tokens(market.quoteOf(mallory, pool)) - before;
          }
          if (ofWeek !== 72 || quote === 0n) return;
          chain.attempt(owner, chain.call('refreshQuota', { pool: pool.address, resource }));
          market.swap(mallory, pool, 'quote', quote);
          quote = 0n;
        },
      };
    },
  },
  {
    name: 'price-around-charge',
    doc: 'A publisher moves the price before its fee is taken and back after it: down on one day, up on the next, by up to 2.4 %.',
    of: 'pool',
    begin(stage) {
      const { cast, share } = stage;
      const { mallory, market } = cast;
      const trips = tripsOf(stage);
      const [publisher] = cast.publishers;
      if (publisher === undefined) return { actors: [] };
      let day = 0;
      return {
        actors: [mallory, publisher.owner],
        beforeCharge(of) {
          if (of !== 0) return;
          const state = market.state(publisher.pool);
          const down = day % 2 === 0;
          const reserve = down ? state.reserveMedia : state.reserveQuote;
          trips.there(
            mallory,
            publisher.pool,
            down ? 'media' : 'quote',
            (reserve * ppm(share)) / (50n * PPM),
          );
        },
        afterCharge(of) {
          if (of !== 0) return;
          day += 1;
          trips.back(mallory);
        },
      };
    },
  },
  {
    name: 'sandwiched-buyback',
    doc: 'Buys MEDIA for up to that part of a fiftieth of the pool before each slice of a buyback, and sells it after it.',
    of: 'pool',
    begin(stage) {
      const { cast, share } = stage;
      const { mallory, market } = cast;
      const trips = tripsOf(stage);
      return {
        actors: [mallory],
        beforeBuyback(pool) {
          if (pool === market.pools[0])
            trips.there(mallory, pool, 'quote', (market.state(pool).reserveQuote * ppm(share)) / (50n * PPM));
        },
        afterBuyback: () => trips.back(mallory),
      };
    },
  },
  {
    name: 'late-liquidity',
    doc: 'Whoever holds that part of the pool is in it only around fees and buybacks.',
    of: 'pool',
    begin(stage) {
      const { chain, cast } = stage;
      const { market } = cast;
      const mine = providersOf(stage);
      const [pool] = market.pools;
      if (pool === undefined) return { actors: [] };
      const leave = (): void => {
        for (const owner of mine) {
          const lp = chain.tokens(market.lpOf(owner, pool));
          if (lp > 0n) market.withdraw(owner, pool, lp);
        }
      };
      const enter = (): void => {
        for (const owner of mine) {
          const state = market.state(pool);
          const [media, quote] = [
            chain.tokens(market.mediaOf(owner)),
            chain.tokens(market.quoteOf(owner, pool)),
          ];
          const byQuote = (quote * state.reserveMedia) / state.reserveQuote;
          const most = (media < byQuote ? media : byQuote) - 10n;
          if (most > 0n) market.deposit(owner, pool, most);
        }
      };
      leave();
      return {
        actors: mine,
        beforeCharge: (of) => {
          if (cast.publishers[of]?.pool === pool) enter();
        },
        afterCharge: leave,
        beforeBuyback: (at) => {
          if (at === pool) enter();
        },
        afterBuyback: leave,
      };
    },
  },
];
