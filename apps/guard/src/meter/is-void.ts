import { hourWindows } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';

/**
 * Whether an hour that is shown without a decision will never have one. That one came in time is known for sure only a
 * little after its last moment, when every node has it.
 */
export function isVoid(periods: Periods, hour: bigint, now: bigint): boolean {
  return now >= hourWindows(periods, hour).lateUntil + BigInt(periods.sampleSecs);
}
