import type { Founding, InstructionArgs } from '@media-network/chain';

/** Genesis parameters but for the quote tokens and what is locked; the names and units are those of the config account. */
export type NetworkParams = Omit<InstructionArgs<'genesis'>, 'quotes' | keyof Founding>;

const MEDIA = 1_000_000_000n;
const DAY = 86_400;

/** The periods of the whitepaper (§2.6): five-minute samples, an hour a report, a week an epoch. */
export const REAL_PARAMS: NetworkParams = {
  sampleSecs: 300,
  reportSlots: 6,
  commitSlots: 9,
  verdictSlots: 12,
  finalHours: 24,
  lateHours: 336,
  hoursPerWeek: 168,
  monthSlots: 8_640,
  unbondSecs: 21 * DAY,
  twapSecs: DAY,
  spotSecs: 1_800,
  spotBps: 300,
  votingSecs: 3 * DAY,
  timelockSecs: 3 * DAY,
  maxGuards: 21,
  minGuards: 3,
  poolFeeBps: 25,
  guardShareBps: 2_000,
  openYieldBps: 900,
  feePerGb: MEDIA / 500n,
  quotaKbpsPerMedia: 1_000n,
  minEdgeStake: 25n * MEDIA,
  minGuardStake: 1_000n * MEDIA,
  minPoolMedia: 5_000n * MEDIA,
  dustBytes: 1_048_576n,
  seasoningSecs: 14 * DAY,
  quorumVotes: 1_000_000n * MEDIA,
  // 10,000 USDC, whose mint has six decimals.
  depositQuote: 10_000_000_000n,
  depositFloor: 200n * MEDIA,
  depositCeiling: 20_000n * MEDIA,
};

/** The same story while one watches: a sample a second, a report every 12 s, a week in two minutes. */
export const FAST_PARAMS: NetworkParams = {
  ...REAL_PARAMS,
  sampleSecs: 1,
  // A busy machine may need some seconds for what it has five minutes for in life.
  reportSlots: 10,
  commitSlots: 20,
  verdictSlots: 30,
  finalHours: 20,
  // What a resource keeps of money by week bounds how late an hour can be decided: five weeks.
  lateHours: 27,
  hoursPerWeek: 10,
  // A week: a month's first hours would be long gone before anybody saw it end.
  monthSlots: 120,
  // Two weeks, an hour's windows and its finality.
  unbondSecs: 530,
  twapSecs: 60,
  spotSecs: 22,
  votingSecs: 61,
  timelockSecs: 62,
  seasoningSecs: 63,
  quorumVotes: 1_000n * MEDIA,
  // A resource-hour of twelve seconds with less is not worth its record.
  dustBytes: 16_384n,
};

/** Periods by name, or parameters that replace some of the real ones. */
export type PeriodsOption = 'real' | 'fast' | Partial<NetworkParams>;

export function networkParams(option: PeriodsOption): NetworkParams {
  if (option === 'real') return REAL_PARAMS;
  if (option === 'fast') return FAST_PARAMS;
  return { ...REAL_PARAMS, ...option };
}
