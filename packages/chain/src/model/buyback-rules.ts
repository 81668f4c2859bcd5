import { mulDiv, u64 } from './arithmetic.ts';
import { fail } from './failure.ts';
import { checkSame, checkSpot, setReserves, touchPrice } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import type { Draft } from './state.ts';
import { weekAt } from './time.ts';

const BPS = 10_000n;

/** Bounds of a buyback; what is not set is as the whitepaper's network has it. */
export function buybackBounds(
  config: Pick<Draft<'config'>, 'buybackBps' | 'buybackSecs' | 'buybackSpotBps'>,
): { readonly bps: number; readonly secs: number; readonly spotBps: number } {
  return {
    bps: config.buybackBps === 0 ? 10 : config.buybackBps,
    secs: config.buybackSecs === 0 ? 60 : config.buybackSecs,
    spotBps: config.buybackSpotBps === 0 ? 100 : config.buybackSpotBps,
  };
}

/** Most quote that one buyback swaps: a part of the pool, and never more than half of what the fee is. */
export function mostOfBuyback(reserveQuote: bigint, bps: number, poolFeeBps: number): bigint {
  const half = Math.floor(poolFeeBps / 2);
  return (reserveQuote * BigInt(Math.min(bps, half))) / BPS;
}

/** Buyback and burn (docs/chain.md, Buyback; whitepaper §2.8). */
export const buybackRules: Pick<Rules, 'buyback' | 'burnBought'> = {
  buyback(context) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    const { bps, secs, spotBps } = buybackBounds(config);
    if (pool.toBurn === 0n) fail('NothingDue');
    if (context.now < pool.boughtAt + BigInt(secs)) fail('TooEarly');
    checkSpot(pool, config, context.now, spotBps);
    const most = mostOfBuyback(pool.reserveQuote, bps, config.poolFeeBps);
    const amount = pool.toBurn < most ? pool.toBurn : most;
    if (amount === 0n) fail('ZeroAmount');
    const fee = (amount * BigInt(config.poolFeeBps) + BPS - 1n) / BPS;
    const out = mulDiv(amount - fee, pool.reserveMedia, pool.reserveQuote + amount - fee);
    if (out === 0n) fail('ZeroAmount');
    touchPrice(pool, config, context.now);
    setReserves(pool, pool.reserveMedia - out, u64(pool.reserveQuote + amount));
    pool.toBurn -= amount;
    pool.bought = u64(pool.bought + out);
    pool.spent = pool.spent + amount > 2n ** 64n - 1n ? 2n ** 64n - 1n : pool.spent + amount;
    pool.boughtAt = context.now;
  },

  burnBought(context) {
    const config = context.open('config', context.at('config'));
    const pool = context.open('pool', context.at('pool'));
    checkSame(context.at('mediaMint'), config.mediaMint);
    checkSame(context.at('mediaVault'), pool.mediaVault);
    if (pool.bought === 0n) fail('NothingDue');
    const week = weekAt(config, context.now);
    if (pool.burnedWeek > week) fail('TooEarly');
    context.burn(config.mediaMint, pool.mediaVault, pool.bought, context.at('config'));
    pool.burned = u64(pool.burned + pool.bought);
    pool.bought = 0n;
    pool.burnedWeek = week + 1n;
  },
};
