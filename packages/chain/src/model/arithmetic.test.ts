import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LOCKED_LP } from '../schema/index.ts';
import {
  averagePrice,
  feeOf,
  firstDeposit,
  isqrt,
  mulDiv,
  mulDivUp,
  quotaOf,
  quoteAdd,
  quoteRemove,
  quoteSwap,
  sampleKbps,
  spotPrice,
  worthOf,
} from './arithmetic.ts';
import type { Reserves } from './arithmetic.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const pool = fc
  .tuple(fc.bigInt({ min: 10n ** 6n, max: 10n ** 16n }), fc.bigInt({ min: 10n ** 6n, max: 10n ** 16n }))
  .map(([reserveMedia, reserveQuote]): Reserves => ({
    reserveMedia,
    reserveQuote,
    lpSupply: isqrt(reserveMedia * reserveQuote),
  }));
const code = (what: string): unknown => expect.objectContaining({ code: `chain/${what}` });

/** What a call gives, or undefined where it fails with a program error. */
function outcome<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    expect(error).toMatchObject({ source: 'client', context: { custom: expect.any(Number) } });
    return undefined;
  }
}

describe('integers', () => {
  it('divides down and up, and fails where the result does not fit', () => {
    expect(mulDiv(7n, 3n, 2n)).toBe(10n);
    expect(mulDivUp(7n, 3n, 2n)).toBe(11n);
    expect(mulDivUp(6n, 3n, 2n)).toBe(9n);
    expect(() => mulDiv(2n ** 63n, 2n, 1n)).toThrow(code('overflow'));
    expect(() => mulDiv(1n, 1n, 0n)).toThrow(code('overflow'));
  });

  it('takes the floor of a root', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (value) => {
        const root = isqrt(value);
        expect(root * root <= value && (root + 1n) * (root + 1n) > value).toBe(true);
      }),
    );
  });
});

describe('swaps and liquidity', () => {
  it('never lets k fall, and never pays for nothing', () => {
    fc.assert(
      fc.property(pool, fc.constantFrom(0 as const, 1 as const), u64, (reserves, direction, amountIn) => {
        const quote = outcome(() => quoteSwap(reserves, direction, amountIn, 25));
        if (quote === undefined) return;
        const [inside, outside] =
          direction === 0
            ? [reserves.reserveMedia, reserves.reserveQuote]
            : [reserves.reserveQuote, reserves.reserveMedia];
        expect((inside + amountIn) * (outside - quote.out) >= inside * outside).toBe(true);
        expect(quote.out > 0n && quote.out < outside).toBe(true);
      }),
    );
  });

  it('gives nobody more for going in and out again', () => {
    fc.assert(
      fc.property(pool, u64, u64, (reserves, maxMedia, maxQuote) => {
        const added = outcome(() => quoteAdd(reserves, maxMedia, maxQuote));
        if (added === undefined) return;
        expect(added.media <= maxMedia && added.quote <= maxQuote).toBe(true);
        const after = {
          reserveMedia: reserves.reserveMedia + added.media,
          reserveQuote: reserves.reserveQuote + added.quote,
          lpSupply: reserves.lpSupply + added.lp,
        };
        const back = outcome(() => quoteRemove(after, added.lp));
        if (back === undefined) return;
        expect(back.media <= added.media && back.quote <= added.quote).toBe(true);
      }),
    );
  });

  it('keeps some LP of the first deposit from everyone', () => {
    const empty = { reserveMedia: 0n, reserveQuote: 0n, lpSupply: 0n };
    expect(firstDeposit(1_000n, 1_000n)).toBe(1_000n - LOCKED_LP);
    expect(() => firstDeposit(100n, 100n)).toThrow(code('zero-amount'));
    expect(() => quoteSwap(empty, 0, 1n, 25)).toThrow(code('insufficient-liquidity'));
    expect(() => quoteRemove(empty, 1n)).toThrow(code('insufficient-liquidity'));
  });
});

describe('the price of the moment', () => {
  it('has bounds, so that one driven to them stops nobody', () => {
    const one = 2n ** 32n;
    expect(spotPrice(1n, 1n)).toBe(one);
    expect(spotPrice(2n ** 63n, 1n)).toBe(1n);
    expect(spotPrice(2n, 2n ** 33n - 1n)).toBe(2n ** 64n - 2n ** 31n);
    expect(spotPrice(1n, one)).toBe(2n ** 64n - 1n);
  });
});

describe('worth', () => {
  it('stays where it was when somebody swaps at once, but for the fee', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 10n ** 12n, max: 10n ** 15n }),
        fc.bigInt({ min: 10n ** 12n, max: 10n ** 15n }),
        fc.bigInt({ min: 1n, max: 10n ** 15n }),
        (reserveMedia, reserveQuote, amountIn) => {
          const before = { reserveMedia, reserveQuote, lpSupply: 10n ** 12n };
          const price = spotPrice(reserveMedia, reserveQuote);
          const { out } = outcome(() => quoteSwap(before, 0, amountIn, 0)) ?? { out: 0n };
          const after = {
            ...before,
            reserveMedia: reserveMedia + (out > 0n ? amountIn : 0n),
            reserveQuote: reserveQuote - out,
          };
          const [was, is] = [worthOf(before, price, 10n ** 11n), worthOf(after, price, 10n ** 11n)];
          // 2⁻²⁰ of it for rounding, in either direction.
          const moved = is > was ? is - was : was - is;
          expect(moved <= was / 2n ** 20n).toBe(true);
        },
      ),
    );
  });

  it('is the sum of both sides at the average price', () => {
    const reserves = { reserveMedia: 1_000n, reserveQuote: 4_000n, lpSupply: 2_000n };
    expect(worthOf(reserves, 4n * 2n ** 32n, 1_000n)).toBe(1_000n);
    expect(worthOf({ ...reserves, lpSupply: 0n }, 1n, 1n)).toBe(0n);
  });
});

describe('averagePrice', () => {
  const none = { at: 0n, cumLo: 0n, cumHi: 0n };
  const base = { reserveMedia: 1n, reserveQuote: 1n, lpSupply: 1n, cumHi: 0n, ringHead: 2, ringCount: 2 };

  it('looks back over the window, from the newest point that is old enough', () => {
    const ring = [{ at: 100n, cumLo: 0n, cumHi: 0n }, { at: 150n, cumLo: 50n * 7n, cumHi: 0n }, none, none];
    const history = { ...base, priceQ32: 9n, cumLo: 350n, updatedAt: 150n, ring };
    expect(averagePrice(history, 200n, 50n)).toBe(9n);
    expect(averagePrice(history, 200n, 60n)).toBe((350n + 50n * 9n) / 100n);
    expect(averagePrice(history, 200n, 10_000n)).toBe(8n);
    // A clock that went back counts as standing still.
    expect(averagePrice(history, 120n, 50n)).toBe(350n / 50n);
  });

  it('is the last price when the point is of this very second', () => {
    const history = {
      ...base,
      ringCount: 1,
      ringHead: 1,
      priceQ32: 9n,
      cumLo: 0n,
      updatedAt: 100n,
      ring: [{ ...none, at: 100n }],
    };
    expect(averagePrice(history, 100n, 50n)).toBe(9n);
  });

  it('survives the wrapping of the sum', () => {
    const ring = [{ at: 100n, cumLo: 2n ** 64n - 5n, cumHi: 2n ** 64n - 1n }, none];
    const history = {
      ...base,
      ringHead: 1,
      ringCount: 1,
      priceQ32: 10n,
      cumLo: 2n ** 64n - 5n,
      cumHi: 2n ** 64n - 1n,
      updatedAt: 100n,
      ring,
    };
    expect(averagePrice(history, 160n, 50n)).toBe(10n);
  });
});

describe('bills', () => {
  it('rounds fees up and quota and samples down, and stops at the ceiling', () => {
    expect(feeOf(1n, 1n)).toBe(1n);
    expect(feeOf(10n ** 9n, 5n)).toBe(5n);
    expect(feeOf(2n ** 64n - 1n, 2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
    expect(quotaOf(1_500_000_000n, 3n)).toBe(4);
    expect(quotaOf(10n ** 18n, 10n ** 9n)).toBe(0xffff_ffff);
    expect(sampleKbps(37_500_000n, 300)).toBe(1_000);
    expect(sampleKbps(2n ** 64n - 1n, 1)).toBe(0xffff_ffff);
  });
});
