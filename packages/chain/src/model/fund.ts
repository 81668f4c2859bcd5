import type { Draft } from './state.ts';

/** What the fund has beyond what weeks keep for their rewards and grants are owed. */
export function freeOfFund(
  config: Pick<Draft<'config'>, 'kept' | 'claimed' | 'grantsOwed'>,
  balance: bigint,
): bigint {
  const free = balance - (config.kept - config.claimed) - config.grantsOwed;
  return free > 0n ? free : 0n;
}
