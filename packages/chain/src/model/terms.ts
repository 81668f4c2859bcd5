import { fail } from './failure.ts';
import type { Draft } from './state.ts';
import { reportsUntil, weekAt } from './time.ts';

type Config = Draft<'config'>;

/** What holds for everything of a week: what a vote changes holds from the next week on. */
export type Terms = Pick<
  Config,
  'minGuards' | 'guardShareBps' | 'openYieldBps' | 'feePerGb' | 'dustBytes' | 'minEdgeStake'
>;

export function termsOf(config: Config, week: bigint): Terms {
  if (week >= BigInt(config.termsFrom)) {
    const { minGuards, guardShareBps, openYieldBps, feePerGb, dustBytes, minEdgeStake } = config;
    return { minGuards, guardShareBps, openYieldBps, feePerGb, dustBytes, minEdgeStake };
  }
  return {
    minGuards: config.previousMinGuards,
    guardShareBps: config.previousGuardShareBps,
    openYieldBps: config.previousOpenYieldBps,
    feePerGb: config.previousFeePerGb,
    dustBytes: config.previousDustBytes,
    minEdgeStake: config.previousMinEdgeStake,
  };
}

/** Part of fees that the fund adds to a week's rewards; nothing to one before the last two changes. */
export function boostOf(config: Config, week: bigint): number {
  if (week >= BigInt(config.termsFrom)) return config.rewardBoostBps;
  return week >= BigInt(config.previousFrom) ? config.previousRewardBoostBps : 0;
}

/** Today's terms stay those of this week and before. */
export function keepTerms(config: Config, now: bigint): void {
  const week = weekAt(config, now);
  const from = BigInt(config.termsFrom);
  if (from > week) return;
  // Reports of the week before, which may still come, could need the terms that would be forgotten.
  if (from === week && week > 0n) {
    const lastHour = week * BigInt(config.hoursPerWeek) - 1n;
    if (now < reportsUntil(config, lastHour)) fail('TooEarly');
  }
  config.previousFrom = config.termsFrom;
  config.previousMinGuards = config.minGuards;
  config.previousGuardShareBps = config.guardShareBps;
  config.previousOpenYieldBps = config.openYieldBps;
  config.previousRewardBoostBps = config.rewardBoostBps;
  config.previousFeePerGb = config.feePerGb;
  config.previousDustBytes = config.dustBytes;
  config.previousMinEdgeStake = config.minEdgeStake;
  if (week + 1n > 0xffff_ffffn) fail('Overflow');
  config.termsFrom = Number(week + 1n);
}
