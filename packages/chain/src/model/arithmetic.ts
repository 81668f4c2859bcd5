import { LOCKED_LP } from '../schema/index.ts';
import { fail } from './failure.ts';

/** The arithmetic of docs/chain.md over bigints: the same figures, to the unit, as the program's. */
export const U64_MAX: bigint = 2n ** 64n - 1n;
const U128_MASK = 2n ** 128n - 1n;
const Q32 = 2n ** 32n;
const BPS = 10_000n;

/** What does not fit 64 bits without sign fails. */
export function u64(value: bigint): bigint {
  return value < 0n || value > U64_MAX ? fail('Overflow') : value;
}

/** Sums of what others report stop at the ceiling: a made-up number must not make an hour unrecordable. */
export function saturated(value: bigint): bigint {
  return value > U64_MAX ? U64_MAX : value;
}

/** ⌊a·b/c⌋ */
export function mulDiv(a: bigint, b: bigint, c: bigint): bigint {
  return c === 0n ? fail('Overflow') : u64((a * b) / c);
}

/** ⌈a·b/c⌉ */
export function mulDivUp(a: bigint, b: bigint, c: bigint): bigint {
  return c === 0n ? fail('Overflow') : u64((a * b + c - 1n) / c);
}

/** ⌊√value⌋ by Newton's method. */
export function isqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

export interface Reserves {
  readonly reserveMedia: bigint;
  readonly reserveQuote: bigint;
  /** LP with `LOCKED_LP`. */
  readonly lpSupply: bigint;
}

/**
 * Fair value of a whole pool in MEDIA base units: 2·⌊√(M·t)⌋ with the quote side at the average price, and never
 * above twice the MEDIA side, since a pool's own price is no witness for its own worth.
 */
export function poolValue(pool: Reserves, averageQ32: bigint): bigint {
  const quoteAsMedia = averageQ32 === 0n ? fail('Overflow') : (pool.reserveQuote * Q32) / averageQ32;
  const counted = quoteAsMedia < pool.reserveMedia ? quoteAsMedia : pool.reserveMedia;
  return u64(2n * isqrt(pool.reserveMedia * counted));
}

/** Worth of LP in MEDIA base units; 0 in an empty pool. */
export function worthOf(pool: Reserves, averageQ32: bigint, lp: bigint): bigint {
  if (pool.lpSupply === 0n) return 0n;
  return mulDiv(lp, poolValue(pool, averageQ32), pool.lpSupply);
}

export interface PriceHistory extends Reserves {
  readonly priceQ32: bigint;
  readonly cumLo: bigint;
  readonly cumHi: bigint;
  readonly updatedAt: bigint;
  readonly ringHead: number;
  readonly ringCount: number;
  readonly ring: readonly { readonly at: bigint; readonly cumLo: bigint; readonly cumHi: bigint }[];
}

type Point = PriceHistory['ring'][number];

function ringPoint(pool: PriceHistory, back: number): Point {
  const length = pool.ring.length;
  const point = pool.ring[(pool.ringHead + length - 1 - back) % length];
  return point ?? fail('Overflow');
}

function cumulative(point: { readonly cumLo: bigint; readonly cumHi: bigint }): bigint {
  return point.cumLo | (point.cumHi << 64n);
}

/** Sum of price × seconds at `now`, 128 bits, wrapping. */
export function cumulativeAt(pool: PriceHistory, now: bigint): bigint {
  const seconds = now > pool.updatedAt ? now - pool.updatedAt : 0n;
  return (cumulative(pool) + pool.priceQ32 * seconds) & U128_MASK;
}

/** Average price of at least the last `backSecs` seconds, as the ring has it, quote per MEDIA, Q32.32, at least 1. */
export function averagePrice(pool: PriceHistory, nowGiven: bigint, backSecs: bigint): bigint {
  const now = nowGiven > pool.updatedAt ? nowGiven : pool.updatedAt;
  if (pool.ringCount === 0) return pool.priceQ32 > 1n ? pool.priceQ32 : 1n;
  let point = ringPoint(pool, pool.ringCount - 1);
  for (let back = 0; back < pool.ringCount; back += 1) {
    const each = ringPoint(pool, back);
    if (now - each.at >= backSecs) {
      point = each;
      break;
    }
  }
  if (now === point.at) return pool.priceQ32 > 1n ? pool.priceQ32 : 1n;
  const sum = (cumulativeAt(pool, now) - cumulative(point)) & U128_MASK;
  const price = u64(sum / (now - point.at));
  return price > 1n ? price : 1n;
}

/** Price of the reserves as they stand, quote per MEDIA, Q32.32, at least 1 and at most 2⁶⁴ − 1. */
export function spotPrice(reserveMedia: bigint, reserveQuote: bigint): bigint {
  if (reserveMedia === 0n) return fail('Overflow');
  const price = saturated((reserveQuote * Q32) / reserveMedia);
  return price > 1n ? price : 1n;
}

export interface SwapQuote {
  readonly fee: bigint;
  readonly out: bigint;
}

/** What a swap pays; direction 0 is MEDIA in, 1 quote in. Fails on an empty pool and when nothing comes out. */
export function quoteSwap(pool: Reserves, direction: 0 | 1, amountIn: bigint, poolFeeBps: number): SwapQuote {
  if (pool.lpSupply === 0n) return fail('InsufficientLiquidity');
  const [reserveIn, reserveOut] =
    direction === 0 ? [pool.reserveMedia, pool.reserveQuote] : [pool.reserveQuote, pool.reserveMedia];
  const fee = mulDivUp(amountIn, BigInt(poolFeeBps), BPS);
  const net = amountIn - fee;
  const out = mulDiv(net, reserveOut, u64(reserveIn + net));
  return out === 0n ? fail('ZeroAmount') : { fee, out };
}

export interface LiquidityQuote {
  readonly lp: bigint;
  readonly media: bigint;
  readonly quote: bigint;
}

/** LP of whoever opens a pool with these amounts; `LOCKED_LP` more exist that nobody owns. */
export function firstDeposit(media: bigint, quote: bigint): bigint {
  const lp = isqrt(media * quote) - LOCKED_LP;
  return lp <= 0n ? fail('ZeroAmount') : lp;
}

/** What a deposit of at most these amounts takes and gives. */
export function quoteAdd(pool: Reserves, maxMedia: bigint, maxQuote: bigint): LiquidityQuote {
  const byMedia = mulDiv(maxMedia, pool.lpSupply, pool.reserveMedia);
  const byQuote = mulDiv(maxQuote, pool.lpSupply, pool.reserveQuote);
  const lp = byMedia < byQuote ? byMedia : byQuote;
  if (lp === 0n) return fail('ZeroAmount');
  return {
    lp,
    media: mulDivUp(lp, pool.reserveMedia, pool.lpSupply),
    quote: mulDivUp(lp, pool.reserveQuote, pool.lpSupply),
  };
}

/** What burning LP pays. */
export function quoteRemove(pool: Reserves, lp: bigint): { readonly media: bigint; readonly quote: bigint } {
  if (pool.lpSupply === 0n) return fail('InsufficientLiquidity');
  return {
    media: mulDiv(lp, pool.reserveMedia, pool.lpSupply),
    quote: mulDiv(lp, pool.reserveQuote, pool.lpSupply),
  };
}

/** MEDIA base units for billable bytes: ⌈bytes · feePerGb / 10⁹⌉, at most 2⁶⁴ − 1. */
export function feeOf(billable: bigint, feePerGb: bigint): bigint {
  return saturated((billable * feePerGb + 999_999_999n) / 1_000_000_000n);
}

/** kbit/s for staked worth, at most 2³² − 1. */
export function quotaOf(worth: bigint, quotaKbpsPerMedia: bigint): number {
  const quota = mulDiv(worth, quotaKbpsPerMedia, 1_000_000_000n);
  return Number(quota < 0xffff_ffffn ? quota : 0xffff_ffffn);
}

/** kbit/s of one sample, at most 2³² − 1. */
export function sampleKbps(bytes: bigint, sampleSecs: number): number {
  const kbps = (bytes * 8n) / (BigInt(sampleSecs) * 1000n);
  return Number(kbps < 0xffff_ffffn ? kbps : 0xffff_ffffn);
}
