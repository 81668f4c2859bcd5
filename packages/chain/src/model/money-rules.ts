import { MAX_GUARDS, LOCKED_LP, MEDIA_SUPPLY, SAMPLE_RING } from '../schema/index.ts';
import { isqrt, mulDiv, mulDivUp, quoteAdd, quoteRemove, quoteSwap, u64 } from './arithmetic.ts';
import type { Context } from './context.ts';
import { fail } from './failure.ts';
import { checkSame, checkToken, setPrice, setReserves, touchPrice } from './pool-rules.ts';

type Range = readonly [value: number | bigint, low: number | bigint, high?: number | bigint];

/** docs/chain.md, Money: Genesis. */
export function genesis(context: Context<'genesis'>): void {
  const { args, now } = context;
  for (const name of ['config', 'mediaMint', 'fund'] as const) checkSame(context.at(name), context.derive(name));
  if (context.find('config', context.at('config')) !== null) fail('AlreadyExists');
  const ranges: readonly Range[] = [
    [args.sampleSecs, 1, 86_400],
    [args.reportSlots, 1],
    [args.verdictSlots, args.reportSlots + 1, 1_000],
    [args.finalHours, 1, 10_000],
    [args.hoursPerWeek, 1, 10_000],
    [args.monthSlots, 12, SAMPLE_RING],
    [args.unbondSecs, 1],
    [args.twapSecs, 1],
    [args.votingSecs, 1],
    [args.timelockSecs, 1],
    [args.minGuards, 1, args.maxGuards],
    [args.maxGuards, 1, MAX_GUARDS],
    [args.poolFeeBps, 0, 1_000],
    [args.guardShareBps, 0, 10_000],
    [args.quotaKbpsPerMedia, 1n],
  ];
  for (const [value, low, high] of ranges) if (value < low || (high !== undefined && value > high)) fail('InvalidParameter');
  const [mediaMint, fund, treasury, payer] = [context.at('mediaMint'), context.at('fund'), context.at('treasury'), context.at('payer')];
  context.setMint(mediaMint, { supply: MEDIA_SUPPLY, authority: null, freezable: false });
  context.setToken(treasury, { mint: mediaMint, owner: payer, amount: MEDIA_SUPPLY });
  context.setToken(fund, { mint: mediaMint, owner: context.at('config'), amount: 0n });
  context.create('config', context.at('config'), { mediaMint, fund, epochZero: now, ...args, nextGuardNo: 1 });
}

export function createPool(context: Context<'createPool'>): void {
  const names = ['config', 'pool', 'lpMint', 'mediaVault', 'quoteVault', 'lpVault', 'buybackVault'] as const;
  for (const name of names) checkSame(context.at(name), context.derive(name));
  const config = context.open('config', context.at('config'));
  const quoteMint = context.at('quoteMint');
  checkSame(context.at('mediaMint'), config.mediaMint);
  if (quoteMint === config.mediaMint || context.mint(quoteMint).freezable) fail('WrongMint');
  const addresses = {
    lpMint: context.at('lpMint'),
    mediaVault: context.at('mediaVault'),
    quoteVault: context.at('quoteVault'),
    lpVault: context.at('lpVault'),
    buybackVault: context.at('buybackVault'),
  };
  context.create('pool', context.at('pool'), { quoteMint, ...addresses, updatedAt: context.now });
  const owner = context.at('config');
  context.setMint(addresses.lpMint, { supply: 0n, authority: owner, freezable: false });
  context.setToken(addresses.mediaVault, { mint: config.mediaMint, owner, amount: 0n });
  context.setToken(addresses.quoteVault, { mint: quoteMint, owner, amount: 0n });
  context.setToken(addresses.lpVault, { mint: addresses.lpMint, owner, amount: 0n });
  context.setToken(addresses.buybackVault, { mint: quoteMint, owner, amount: 0n });
}

type LiquidityContext = Context<'addLiquidity'> | Context<'removeLiquidity'>;

function openLiquidity(context: LiquidityContext): ReturnType<typeof openPool> {
  const opened = openPool(context);
  checkSame(context.at('lpMint'), opened.pool.lpMint);
  return opened;
}

function openPool(context: LiquidityContext | Context<'swap'>): {
  config: ReturnType<Context['open']> & object;
  pool: ReturnType<typeof poolOf>;
} {
  checkSame(context.at('config'), context.derive('config'));
  const config = context.open('config', context.at('config'));
  const pool = poolOf(context);
  checkSame(context.at('mediaVault'), pool.mediaVault);
  checkSame(context.at('quoteVault'), pool.quoteVault);
  return { config, pool };
}

function poolOf(context: LiquidityContext | Context<'swap'>) {
  return context.open('pool', context.at('pool'));
}
