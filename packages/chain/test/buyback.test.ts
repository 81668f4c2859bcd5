import { beforeEach, describe, expect, it } from 'vitest';

import type { AccountValue } from '../src/codec/values.ts';
import type { AccountName } from '../src/schema/index.ts';
import { MEDIA_SUPPLY } from '../src/schema/index.ts';
import { TRACE_PARAMS } from './trace/begin.ts';
import { Bench, HOUR } from './trace/bench.ts';
import { allOf } from './trace/invariants.ts';

/** Each step runs in the program and in the model, to the same byte. */
const WEEK = HOUR * BigInt(TRACE_PARAMS.hoursPerWeek);
/** When prices have stood still for longer than averages look back. */
const LATER = 1_000n;

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
  bench.at(LATER);
});

const pool = () => allOf(bench.twin.model, 'pool').find(({ address }) => address === bench.pool)!.value;
const buyback = (): Promise<string> => bench.run('buyback', { pool: bench.pool });
const burn = (): Promise<string> => bench.run('burnBought', { pool: bench.pool });
const supply = (): bigint => {
  const { mediaMint } = allOf(bench.twin.model, 'config')[0]!.value;
  return bench.twin.model.mints.get(mediaMint)?.supply ?? 0n;
};

/** Fields of an account that other instructions would take long to bring about, in the program and in the model. */
function set<K extends AccountName>(kind: K, fields: Partial<AccountValue<K>>): void {
  const address = kind === 'pool' ? bench.pool : allOf(bench.twin.model, kind)[0]!.address;
  bench.twin.change(kind, address, fields);
}

const quoteOf = (index: number): bigint => {
  const quotes = [...bench.twin.model.tokens.values()].filter(
    ({ mint, owner }) => mint === bench.cast.quotes[0] && owner === bench.owner(index),
  );
  return quotes.reduce((sum, { amount }) => sum + amount, 0n);
};
const swap = (direction: 0 | 1, amountIn: bigint): Promise<void> =>
  bench.must('swap', {
    owner: bench.owner(1),
    quoteMint: bench.cast.quotes[0]!,
    direction,
    amountIn,
    minOut: 0n,
  });

describe('a buyback', () => {
  it('swaps a thousandth of the pool a minute, and keeps what it brings apart', async () => {
    expect(await buyback()).toBe('NothingDue');
    const { reserveQuote, reserveMedia } = pool();
    const slice = reserveQuote / 1_000n;
    set('pool', { toBurn: slice + 7n });
    expect(await buyback()).toBe('ok');
    const { bought } = pool();
    expect(bought).toBeGreaterThan((reserveMedia * 996n) / 1_000_000n);
    expect(pool()).toMatchObject({
      toBurn: 7n,
      spent: slice,
      reserveQuote: reserveQuote + slice,
      reserveMedia: reserveMedia - bought,
    });
    bench.at(LATER + 59n);
    expect(await buyback()).toBe('TooEarly');
    bench.at(LATER + 60n);
    expect(await buyback()).toBe('ok');
    expect([pool().toBurn, pool().spent]).toEqual([0n, slice + 7n]);
    bench.at(LATER + 120n);
    expect(await buyback()).toBe('NothingDue');
  });

  it('waits while the price is off its average by more than a hundredth, in either direction', async () => {
    set('pool', { toBurn: 10n ** 12n });
    const { reserveQuote, reserveMedia } = pool();
    await swap(1, reserveQuote / 150n);
    bench.at(LATER + 1n);
    expect(await buyback()).toBe('PriceMoved');
    await swap(0, reserveMedia / 75n);
    expect(await buyback()).toBe('PriceMoved');
    await swap(1, reserveQuote / 150n);
    expect(await buyback()).toBe('ok');
  });

  it('keeps to the bounds that are set', async () => {
    set('config', { buybackBps: 5, buybackSecs: 7, buybackSpotBps: 1_000 });
    const { reserveQuote } = pool();
    set('pool', { toBurn: reserveQuote });
    expect(await buyback()).toBe('ok');
    expect(pool().spent).toBe((reserveQuote * 5n) / 10_000n);
    bench.at(LATER + 6n);
    expect(await buyback()).toBe('TooEarly');
    bench.at(LATER + 7n);
    await swap(1, reserveQuote / 50n);
    expect(await buyback()).toBe('ok');
  });

  it('never takes more than half of what the fee is, and nothing where there is none', async () => {
    const { reserveQuote } = pool();
    set('pool', { toBurn: reserveQuote });
    set('config', { poolFeeBps: 1 });
    expect(await buyback()).toBe('ZeroAmount');
    set('config', { poolFeeBps: 9 });
    expect(await buyback()).toBe('ok');
    expect(pool().spent).toBe((reserveQuote * 4n) / 10_000n);
  });

  it('takes numbers of any size', async () => {
    set('pool', { toBurn: 2n ** 64n - 1n, spent: 2n ** 64n - 2n });
    expect(await buyback()).toBe('ok');
    expect(pool().spent).toBe(2n ** 64n - 1n);
    set('pool', { toBurn: 1n, boughtAt: 0n });
    expect(await buyback()).toBe('ZeroAmount');
    set('pool', { toBurn: 10n ** 9n, bought: 2n ** 64n - 1n });
    expect(await buyback()).toBe('Overflow');
    set('pool', { boughtAt: 2n ** 63n - 1n });
    expect(await buyback()).toBe('TooEarly');
  });

  it.each([1n, 10n, 100n, 400n])(
    'costs whoever trades around it in one transaction, with %i thousandths of a hundredth of the pool',
    async (share) => {
      for (const first of [1, 0] as const) {
        bench = await Bench.open();
        bench.at(LATER);
        const { reserveQuote, reserveMedia } = pool();
        set('pool', { toBurn: reserveQuote });
        const before = { quote: quoteOf(1), media: reserveMedia };
        const put = ((first === 1 ? reserveQuote : reserveMedia) * share) / 100_000n;
        await swap(first, put);
        const taken = first === 1 ? reserveMedia - pool().reserveMedia : reserveQuote - pool().reserveQuote;
        expect(await buyback()).toBe('ok');
        const [media, quote] = [pool().reserveMedia, pool().reserveQuote];
        await swap(first === 1 ? 0 : 1, taken);
        // What came back is less than what went in: in quote, or in MEDIA.
        if (first === 1) expect(quoteOf(1)).toBeLessThan(before.quote);
        else expect(media - pool().reserveMedia).toBeLessThan(put);
        expect(pool().reserveMedia * pool().reserveQuote).toBeGreaterThan(media * quote);
      }
    },
  );
});

describe('what was bought', () => {
  it('is burned as a whole, once a week', async () => {
    expect(await burn()).toBe('NothingDue');
    set('pool', { toBurn: 10n ** 13n });
    expect(await buyback()).toBe('ok');
    const { bought, mediaVault } = pool();
    const vault = bench.twin.model.tokens.get(mediaVault)?.amount ?? 0n;
    expect(await burn()).toBe('ok');
    expect(supply()).toBe(MEDIA_SUPPLY - bought);
    expect(bench.twin.model.tokens.get(mediaVault)?.amount).toBe(vault - bought);
    const week = LATER / WEEK;
    expect(pool()).toMatchObject({ bought: 0n, burned: bought, burnedWeek: week + 1n });
    bench.at((week + 1n) * WEEK - 1n);
    expect(await buyback()).toBe('ok');
    const second = pool().bought;
    expect(await burn()).toBe('TooEarly');
    bench.at((week + 1n) * WEEK);
    expect(await burn()).toBe('ok');
    expect(pool()).toMatchObject({ bought: 0n, burned: bought + second, burnedWeek: week + 2n });
    expect(supply() + pool().burned).toBe(MEDIA_SUPPLY);
    expect(await burn()).toBe('NothingDue');
  });

  it('is no reserve: liquidity that is taken out leaves it where it is', async () => {
    set('pool', { toBurn: 10n ** 13n });
    expect(await buyback()).toBe('ok');
    const { bought, mediaVault, reserveMedia } = pool();
    const owner = bench.owner(0);
    const ask = {
      owner,
      quoteMint: bench.cast.quotes[0]!,
      lp: pool().lpSupply / 10n,
      minMedia: 0n,
      minQuote: 0n,
    };
    await bench.must('removeLiquidity', ask);
    expect(reserveMedia - pool().reserveMedia).toBe(reserveMedia / 10n);
    expect(bench.twin.model.tokens.get(mediaVault)?.amount).toBe(pool().reserveMedia + bought);
  });

  it('is burned out of its own vault, by the right mint', async () => {
    set('pool', { toBurn: 10n ** 13n });
    expect(await buyback()).toBe('ok');
    const { quoteVault, lpMint } = pool();
    expect(await bench.run('burnBought', { pool: bench.pool, mediaVault: quoteVault })).toBe('WrongAddress');
    expect(await bench.run('burnBought', { pool: bench.pool, mediaMint: lpMint })).toBe('WrongAddress');
    const other = bench.cast.pools[1]!;
    expect(await bench.run('burnBought', { pool: other, mediaVault: pool().mediaVault })).toBe(
      'WrongAddress',
    );
    expect(await bench.run('burnBought', { pool: other })).toBe('NothingDue');
  });
});
