import { REAL_PARAMS } from '@media-network/devnet/periods';
import type { NetworkParams } from '@media-network/devnet/periods';

export const MEDIA = 1_000_000_000n;

/** How many of each there are. Shares of nodes are counted in these. */
export const POPULATION = { edges: 20, guards: 19 } as const;

/** Days from which on weeks have seven days; shorter plays have weeks of one day, so that some are paid. */
const WHOLE_WEEKS_FROM_DAYS = 14;

/** The whitepaper's parameters. A set has all guards of the population, so that a share of them is a share of the seats. */
const LONG: NetworkParams = { ...REAL_PARAMS, minGuards: POPULATION.guards };
const SHORT: NetworkParams = {
  ...LONG,
  hoursPerWeek: 24,
  finalHours: 6,
  lateHours: 60,
  monthSlots: 288,
  unbondSecs: 3 * 86_400,
  votingSecs: 43_200,
  timelockSecs: 43_200,
  seasoningSecs: 86_400,
};

export function paramsFor(days: number): NetworkParams {
  return days < WHOLE_WEEKS_FROM_DAYS ? SHORT : LONG;
}

/** Hours in which viewers come: whole weeks, with a day left to decide, charge and pay them. */
export function servedHours(days: number): number {
  const { hoursPerWeek } = paramsFor(days);
  return Math.max(0, Math.floor((days * 24 - 24) / hoursPerWeek)) * hoursPerWeek;
}
