import type { Address } from '@solana/kit';

import { averagePrice, cumulativeAt, mulDiv, spotPrice, u64, worthOf } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import type { Draft } from './state.ts';

const U64 = 2n ** 64n - 1n;

/** To be called before any change of the reserves: brings the price sum up to now, and keeps a point of it. */
export function touchPrice(pool: Draft<'pool'>, config: Draft<'config'>, nowGiven: bigint): void {
  const now = nowGiven > pool.updatedAt ? nowGiven : pool.updatedAt;
  const sum = cumulativeAt(pool, now);
  pool.cumLo = sum & U64;
  pool.cumHi = sum >> 64n;
  pool.updatedAt = now;
  const newest = pool.ring[(pool.ringHead + pool.ring.length - 1) % pool.ring.length];
  const spacing = BigInt(Math.max(1, Math.ceil(config.twapSecs / 98)));
  if (pool.ringCount > 0 && newest !== undefined && now - newest.at < spacing) return;
  pool.ring = pool.ring.with(pool.ringHead, { at: now, cumLo: pool.cumLo, cumHi: pool.cumHi });
  pool.ringHead = (pool.ringHead + 1) % pool.ring.length;
  pool.ringCount = Math.min(pool.ringCount + 1, pool.ring.length);
}

export function setReserves(pool: Draft<'pool'>, media: bigint, quote: bigint): void {
  pool.reserveMedia = u64(media);
  pool.reserveQuote = u64(quote);
  pool.priceQ32 = spotPrice(media, quote);
}

/** Takes LP out of a pool for good: its MEDIA to the fund, its quote side set apart for buyback. */
export function unwrap(
  context: Context,
  config: Draft<'config'>,
  pool: Draft<'pool'>,
  lp: bigint,
): { readonly media: bigint; readonly quote: bigint } {
  const media = mulDiv(lp, pool.reserveMedia, pool.lpSupply);
  const quote = mulDiv(lp, pool.reserveQuote, pool.lpSupply);
  touchPrice(pool, config, context.now);
  pool.staked = u64(pool.staked - lp);
  pool.lpSupply = u64(pool.lpSupply - lp);
  setReserves(pool, pool.reserveMedia - media, pool.reserveQuote - quote);
  pool.toBurn = u64(pool.toBurn + quote);
  const authority = context.at('config');
  context.burn(pool.lpMint, pool.lpVault, lp, authority);
  context.transfer(pool.mediaVault, config.fund, media, authority);
  return { media, quote };
}

export function averageOf(pool: Draft<'pool'>, config: Draft<'config'>, now: bigint): bigint {
  return averagePrice(pool, now, BigInt(config.twapSecs));
}

export function worth(pool: Draft<'pool'>, config: Draft<'config'>, now: bigint, lp: bigint): bigint {
  return worthOf(pool, averageOf(pool, config, now), lp);
}

/** `PriceMoved` while the spot price is off the short average: what is read now must not be moved, read and moved back. */
export function checkSpot(
  pool: Draft<'pool'>,
  config: Draft<'config'>,
  now: bigint,
  mostBps: number = config.spotBps,
): void {
  const average = averagePrice(pool, now, BigInt(config.spotSecs));
  const spot = pool.priceQ32;
  const difference = spot > average ? spot - average : average - spot;
  if (difference * 10_000n > average * BigInt(mostBps)) fail('PriceMoved');
}

/** Worth of LP where it gives rights: only in a pool with enough MEDIA behind staked LP, at a price that has settled. */
export function worthForRights(
  pool: Draft<'pool'>,
  config: Draft<'config'>,
  now: bigint,
  lp: bigint,
): bigint {
  if (pool.lpSupply === 0n) fail('InsufficientLiquidity');
  if (mulDiv(pool.reserveMedia, pool.staked, pool.lpSupply) < config.minPoolMedia) fail('PoolTooShallow');
  checkSpot(pool, config, now);
  return worth(pool, config, now, lp);
}

export function checkSame(given: Address, wanted: Address): void {
  if (given !== wanted) fail('WrongAddress');
}

/** A user's token account: of the right mint; owned by `owner` where it is paid into. */
export function checkToken(context: Context, address: Address, mint: Address, owner?: Address): void {
  const found = context.token(address);
  if (found.mint !== mint) fail('WrongMint');
  if (owner !== undefined && found.owner !== owner) fail('WrongOwner');
}
