import type { Found } from '@media-network/chain';
import { monthFinalFrom, newestDueMonth, newestFinalMonth } from '@media-network/protocol';
import { isMyTurn } from '../duty.ts';
import { stepSecs } from '../meter/plan-money.ts';

/** An address that is not set: a draft without a ring, or a resource that has given it back. */
const NO_RING = '11111111111111111111111111111111';

export interface MonthsFacts {
  readonly config: Found<'config'>;
  /** Unix seconds by the chain's clock. */
  readonly now: bigint;
  readonly guardNo: number;
  /** Guards that share the work: the week's set, or all while there is none. */
  readonly numbers: readonly number[];
  readonly resources: readonly Found<'resource'>[];
}

/**
 * Resources of which this guard should finalise a month now. The turn is another guard's each month, and each further one waits
 * a little longer, so that one that is down holds nothing up.
 */
export function planMonths(facts: MonthsFacts): readonly Found<'resource'>[] {
  const { config, now, guardNo, numbers } = facts;
  const newest = Number(newestFinalMonth(config, now));
  return facts.resources.filter((resource) => {
    // Nearly all of them, nearly always, and there may be a hundred thousand.
    if (resource.monthsClosed > newest || resource.ring === NO_RING) return false;
    const month = newestDueMonth(config, resource, now);
    if (month === undefined) return false;
    const since = monthFinalFrom(config, month);
    const waited = { now, since, stepSecs: stepSecs({ periods: config }) };
    return isMyTurn(numbers, guardNo, month, waited);
  });
}
