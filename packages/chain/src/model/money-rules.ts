import {
  LOCKED_LP,
  MAX_GUARDS,
  MEDIA_SUPPLY,
  QUOTE_FREEZABLE,
  SAMPLES_PER_REPORT,
  SAMPLE_RING,
} from '../schema/index.ts';
import { PROGRAMS } from '../programs.ts';
import { U64_MAX, firstDeposit, quoteAdd, quoteSwap, u64 } from './arithmetic.ts';
import { getAddressEncoder } from '@solana/kit';
import type { Address } from '@solana/kit';
import type { InstructionArgs } from '../codec/values.ts';
import type { Context } from './context.ts';
import { TOKEN_INSUFFICIENT_FUNDS, fail, failToken } from './failure.ts';
import { readAllocations } from './founding-rules.ts';
import { pdaFinderOf } from './pda.ts';
import { checkSame, checkToken, setReserves, touchPrice } from './pool-rules.ts';
import type { Rules } from './rules.ts';
import type { Draft } from './state.ts';

const NO_ACCOUNT = PROGRAMS.system;

type Range = readonly [value: number | bigint, low: number | bigint, high?: number | bigint];

function openPool(context: Context, links: readonly ('lpMint' | 'mediaVault' | 'quoteVault')[]) {
  const config = context.open('config', context.at('config'));
  const pool = context.open('pool', context.at('pool'));
  for (const link of links) checkSame(context.at(link), pool[link]);
  return { config, pool };
}

function checkUser(
  context: Context,
  pool: Draft<'pool'>,
  config: Draft<'config'>,
  names: { paid: readonly string[] },
): void {
  const owner = context.at('owner');
  const vaults: readonly Address[] = [pool.mediaVault, pool.quoteVault, pool.lpVault];
  const mints = { ownerMedia: config.mediaMint, ownerQuote: pool.quoteMint, ownerLp: pool.lpMint };
  for (const [name, mint] of Object.entries(mints)) {
    if (name === 'ownerLp' && !names.paid.includes('ownerLp') && !names.paid.includes('burned')) continue;
    checkToken(context, context.at(name), mint);
    // What the pool holds is nobody's to deposit or to be paid.
    if (vaults.includes(context.at(name))) fail('WrongAddress');
    if (names.paid.includes(name)) checkToken(context, context.at(name), mint, owner);
  }
}

const findAssociated = pdaFinderOf(PROGRAMS.ata);
const addressBytes = getAddressEncoder();

/** Where the associated token account of an owner is. */
function associatedAddress(owner: Address, mint: Address): Address {
  const seeds = [owner, PROGRAMS.token, mint].map((each) => new Uint8Array(addressBytes.encode(each)));
  return findAssociated(seeds)[0];
}

/** Two weeks, the verdicts of their last hour and its finality: so one LP never backs two seats of one set. */
function leastUnbonding(args: InstructionArgs<'genesis'>): bigint {
  const hour = BigInt(SAMPLES_PER_REPORT) * BigInt(args.sampleSecs);
  const verdicts = BigInt(args.verdictSlots) * BigInt(args.sampleSecs);
  return 2n * BigInt(args.hoursPerWeek) * hour + verdicts + BigInt(args.finalHours) * hour;
}

/** Genesis, pools, liquidity, swaps (docs/chain.md, Money). */
export const moneyRules: Pick<Rules, 'genesis' | 'createPool' | 'addLiquidity' | 'removeLiquidity' | 'swap'> =
  {
    genesis(context, args) {
      if (context.find('config', context.at('config')) !== null) fail('AlreadyExists');
      const ranges: readonly Range[] = [
        [args.sampleSecs, 1, 86_400],
        [args.reportSlots, 1],
        [args.commitSlots, args.reportSlots + 1],
        [args.verdictSlots, args.commitSlots + 1, 3 * SAMPLES_PER_REPORT],
        [args.finalHours, 1],
        [args.finalHours + args.lateHours, 0, 500],
        [args.finalHours + args.lateHours + 3, 0, 5 * args.hoursPerWeek],
        [args.verdictSlots, 0, SAMPLES_PER_REPORT * args.finalHours],
        [args.hoursPerWeek, 1, 10_000],
        [args.monthSlots, 12, SAMPLE_RING],
        // The month's last hour is decided by its own set before an hour can be reported that is written over its first.
        [
          args.monthSlots + args.verdictSlots + SAMPLES_PER_REPORT * args.finalHours,
          0,
          SAMPLE_RING + SAMPLES_PER_REPORT + args.reportSlots,
        ],
        [args.unbondSecs, leastUnbonding(args)],
        [args.twapSecs, 1],
        [args.spotSecs, 1, args.twapSecs],
        [args.spotBps, 1, 10_000],
        [args.openYieldBps, 0, 10_000],
        [args.votingSecs, 1],
        [args.timelockSecs, 1],
        [args.seasoningSecs, 1],
        [args.quorumVotes, 1n, MEDIA_SUPPLY / 2n],
        [args.depositQuote, 1n],
        [args.depositFloor, 1n, args.depositCeiling],
        [args.depositCeiling, 1n, MEDIA_SUPPLY],
        [args.minGuards, 1, args.maxGuards],
        [args.maxGuards, 1, MAX_GUARDS],
        [args.poolFeeBps, 0, 1_000],
        [args.guardShareBps, 0, 9_999],
        [args.quotaKbpsPerMedia, 1n],
      ];
      for (const [value, low, high] of ranges)
        if (value < low || (high !== undefined && value > high)) fail('InvalidParameter');
      if (args.quotes[0]?.mint === NO_ACCOUNT) fail('InvalidParameter');
      if (args.quotes.some(({ flags }) => flags > QUOTE_FREEZABLE)) fail('InvalidParameter');
      const { entries, locked } = readAllocations(args, context.tail);
      checkSame(context.at('treasury'), associatedAddress(context.at('payer'), context.at('mediaMint')));
      const [config, mediaMint, fund] = [context.at('config'), context.at('mediaMint'), context.at('fund')];
      const { lockSecs, vestSecs, toFund, ...params } = args;
      const toTreasury = MEDIA_SUPPLY - locked - toFund;
      context.setMint(mediaMint, { supply: MEDIA_SUPPLY, authority: null, freezable: false });
      context.setToken(context.at('treasury'), {
        mint: mediaMint,
        owner: context.at('payer'),
        amount: toTreasury,
      });
      context.setToken(fund, { mint: mediaMint, owner: config, amount: toFund });
      const vault = context.at('foundingVault');
      context.setToken(vault, { mint: mediaMint, owner: config, amount: locked });
      const schedule = { foundedAt: context.now, lockSecs, vestSecs, toFund, toTreasury };
      const founding = context.create('founding', context.at('founding'), { vault, ...schedule });
      founding.count = entries.length;
      for (const [index, entry] of entries.entries())
        founding.allocations = founding.allocations.with(index, { ...entry, pad: 0, released: 0n });
      context.create('config', config, {
        mediaMint,
        fund,
        epochZero: context.now,
        ...params,
        nextGuardNo: 1,
      });
      context.setToken(context.at('vault'), { mint: mediaMint, owner: config, amount: 0n });
    },

    createPool(context, args) {
      const config = context.open('config', context.at('config'));
      const [quoteMint, payer, owner] = [context.at('quoteMint'), context.at('payer'), context.at('config')];
      // An address that follows from others comes before what is there.
      checkSame(context.at('ownerLp'), associatedAddress(payer, context.at('lpMint')));
      if (context.find('pool', context.at('pool')) !== null) fail('AlreadyExists');
      checkSame(context.at('mediaMint'), config.mediaMint);
      if (quoteMint === config.mediaMint || !context.hasMint(quoteMint)) fail('WrongMint');
      const listed = config.quotes.find(({ mint }) => mint === quoteMint);
      if (listed === undefined) fail('QuoteNotListed');
      if (context.mint(quoteMint).freezable && listed?.flags !== QUOTE_FREEZABLE) fail('QuoteNotListed');
      checkToken(context, context.at('ownerMedia'), config.mediaMint);
      checkToken(context, context.at('ownerQuote'), quoteMint);
      const first = firstDeposit(args.media, args.quote);
      const lpMint = context.at('lpMint');
      const [mediaVault, quoteVault, lpVault] = [
        context.at('mediaVault'),
        context.at('quoteVault'),
        context.at('lpVault'),
      ];
      const fields = { quoteMint, lpMint, mediaVault, quoteVault, lpVault, updatedAt: context.now };
      const pool = context.create('pool', context.at('pool'), fields);
      context.setMint(lpMint, { supply: 0n, authority: owner, freezable: false });
      context.setToken(mediaVault, { mint: config.mediaMint, owner, amount: 0n });
      context.setToken(quoteVault, { mint: quoteMint, owner, amount: 0n });
      context.setToken(lpVault, { mint: lpMint, owner, amount: 0n });
      context.setToken(context.at('ownerLp'), { mint: lpMint, owner: payer, amount: 0n });
      touchPrice(pool, config, context.now);
      pool.lpSupply = u64(first + LOCKED_LP);
      setReserves(pool, args.media, args.quote);
      context.transfer(context.at('ownerMedia'), mediaVault, args.media, payer);
      context.transfer(context.at('ownerQuote'), quoteVault, args.quote, payer);
      context.mintTo(lpMint, context.at('ownerLp'), first);
    },

    addLiquidity(context, args) {
      const { config, pool } = openPool(context, ['lpMint', 'mediaVault', 'quoteVault']);
      checkUser(context, pool, config, { paid: ['ownerLp'] });
      const owner = context.at('owner');
      const quote = quoteAdd(pool, args.maxMedia, args.maxQuote);
      if (quote.lp < args.minLp) fail('Slippage');
      touchPrice(pool, config, context.now);
      pool.lpSupply = u64(pool.lpSupply + quote.lp);
      setReserves(pool, pool.reserveMedia + quote.media, pool.reserveQuote + quote.quote);
      context.transfer(context.at('ownerMedia'), pool.mediaVault, quote.media, owner);
      context.transfer(context.at('ownerQuote'), pool.quoteVault, quote.quote, owner);
      context.mintTo(pool.lpMint, context.at('ownerLp'), quote.lp);
    },

    removeLiquidity(context, args) {
      const { config, pool } = openPool(context, ['lpMint', 'mediaVault', 'quoteVault']);
      checkUser(context, pool, config, { paid: ['ownerMedia', 'ownerQuote', 'burned'] });
      if (args.lp === 0n) fail('ZeroAmount');
      const quote = {
        media: (args.lp * pool.reserveMedia) / pool.lpSupply,
        quote: (args.lp * pool.reserveQuote) / pool.lpSupply,
      };
      // Only more LP than there is pays more than 64 bits hold, and burning that fails.
      if (quote.media > U64_MAX || quote.quote > U64_MAX) failToken(TOKEN_INSUFFICIENT_FUNDS);
      if (quote.media < args.minMedia || quote.quote < args.minQuote) fail('Slippage');
      context.burn(pool.lpMint, context.at('ownerLp'), args.lp, context.at('owner'));
      touchPrice(pool, config, context.now);
      pool.lpSupply = u64(pool.lpSupply - args.lp);
      setReserves(pool, pool.reserveMedia - quote.media, pool.reserveQuote - quote.quote);
      const authority = context.at('config');
      context.transfer(pool.mediaVault, context.at('ownerMedia'), quote.media, authority);
      context.transfer(pool.quoteVault, context.at('ownerQuote'), quote.quote, authority);
    },

    swap(context, args) {
      const { config, pool } = openPool(context, ['mediaVault', 'quoteVault']);
      const { direction } = args;
      const isKnown = direction === 0 || direction === 1;
      if (!isKnown) fail('InvalidParameter');
      checkUser(context, pool, config, { paid: [direction === 0 ? 'ownerQuote' : 'ownerMedia'] });
      if (args.amountIn === 0n) fail('ZeroAmount');
      const { out } = quoteSwap(pool, direction, args.amountIn, config.poolFeeBps);
      if (out < args.minOut) fail('Slippage');
      const before = pool.reserveMedia * pool.reserveQuote;
      touchPrice(pool, config, context.now);
      const [owner, authority] = [context.at('owner'), context.at('config')];
      if (direction === 0) {
        setReserves(pool, u64(pool.reserveMedia + args.amountIn), pool.reserveQuote - out);
        context.transfer(context.at('ownerMedia'), pool.mediaVault, args.amountIn, owner);
        context.transfer(pool.quoteVault, context.at('ownerQuote'), out, authority);
      } else {
        setReserves(pool, pool.reserveMedia - out, u64(pool.reserveQuote + args.amountIn));
        context.transfer(context.at('ownerQuote'), pool.quoteVault, args.amountIn, owner);
        context.transfer(pool.mediaVault, context.at('ownerMedia'), out, authority);
      }
      if (pool.reserveMedia * pool.reserveQuote < before) fail('InvariantBroken');
    },
  };
