import type { Found } from '@media-network/chain';
import { buybackBounds, mostOfBuyback } from '@media-network/chain/model';
import { hourSecs, sampleAt, weekAt } from '@media-network/protocol';
import { isMyTurn } from '../duty.ts';
import { stepSecs } from '../meter/plan-money.ts';

export interface BuybackFacts {
  readonly config: Found<'config'>;
  /** Unix seconds by the chain's clock. */
  readonly now: bigint;
  readonly guardNo: number;
  /** Guards that share the work: the week's set, or all while there is none. */
  readonly numbers: readonly number[];
  readonly pools: readonly Found<'pool'>[];
}

export type BuybackAction = { readonly kind: 'buyback' | 'burn'; readonly pool: Found<'pool'> };

/**
 * What is to be bought back and burned now: a whole slice as soon as it may be, what is less once an hour, and in each week what the
 * weeks before have bought. The turn is another guard's each sample, and each further one waits a little longer.
 */
export function planBuyback(facts: BuybackFacts): readonly BuybackAction[] {
  const { config, now, guardNo, numbers } = facts;
  const { bps, secs } = buybackBounds(config);
  const isMine = (since: bigint): boolean =>
    isMyTurn(numbers, guardNo, sampleAt(config, since), {
      now,
      since,
      stepSecs: stepSecs({ periods: config }),
    });
  return facts.pools.flatMap((pool) => {
    const actions: BuybackAction[] = [];
    if (pool.bought > 0n && pool.burnedWeek <= weekAt(config, now)) {
      const began = config.epochZero + pool.burnedWeek * BigInt(config.hoursPerWeek) * hourSecs(config);
      const since = began > pool.boughtAt ? began : pool.boughtAt;
      if (isMine(since)) actions.push({ kind: 'burn', pool });
    }
    const most = mostOfBuyback(pool.reserveQuote, bps, config.poolFeeBps);
    if (pool.toBurn > 0n && most > 0n) {
      const pause = pool.toBurn < most && hourSecs(config) > BigInt(secs) ? hourSecs(config) : BigInt(secs);
      // Never before: nothing says since when it could be, so whoever's turn this sample is begins.
      const ready = pool.boughtAt + pause;
      const started = config.epochZero + sampleAt(config, now) * BigInt(config.sampleSecs);
      if (now >= ready && isMine(pool.boughtAt === 0n ? started : ready))
        actions.push({ kind: 'buyback', pool });
    }
    return actions;
  });
}
