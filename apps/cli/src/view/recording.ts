import type { Found, MediaClient } from '@media-network/chain';
import { HOUR_STATUS } from '@media-network/chain/schema';
import { hourAt, hourEnd, hourSecs, hourWindows } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import { formatMs } from '../amounts.ts';

/** Hours looked back: enough to tell a guard that is late from a network that records nothing. */
const HOURS_BACK = 24n;
/** Least time that guards get to decide after the last verdict: an hour of a fast network is a few seconds. */
const LEAST_GRACE_SECS = 120n;

type HourSeen = Pick<Found<'hour'>, 'hour' | 'status' | 'reports'>;

/** Hours with reports wait to be final, and none that is newer has become it. */
export interface Stalled {
  /** The oldest that waits, of those looked at. */
  readonly hour: bigint;
  readonly waiting: number;
  /** The newest that is final; undefined where none of those looked at is. */
  readonly newestFinal: bigint | undefined;
  /** Seconds since the newest final hour ended; without one, since the oldest that waits did. */
  readonly secs: bigint;
}

/** The hours before this one that the chain knows, the newest first. */
export async function recentHours(
  client: Pick<MediaClient, 'hour'>,
  periods: Periods,
  unixSecs: bigint,
): Promise<readonly Found<'hour'>[]> {
  const current = hourAt(periods, unixSecs);
  const found = await Promise.all(
    Array.from({ length: Number(HOURS_BACK) }, (_, i) => current - BigInt(i) - 1n)
      .filter((each) => each >= 0n)
      .map((each) => client.hour(each)),
  );
  return found.filter((each) => each !== null);
}

/** Undefined while hours become final as they should, and where nothing was reported. */
export function stalledSince(
  periods: Periods,
  unixSecs: bigint,
  hours: readonly HourSeen[],
): Stalled | undefined {
  const numbers = (wanted: (each: HourSeen) => boolean): readonly bigint[] =>
    hours
      .filter(wanted)
      .map(({ hour }) => hour)
      .sort((a, b) => (a < b ? -1 : 1));
  const newestFinal = numbers(({ status }) => status === HOUR_STATUS.final).at(-1);
  const grace = hourSecs(periods) > LEAST_GRACE_SECS ? hourSecs(periods) : LEAST_GRACE_SECS;
  const waiting = numbers(
    ({ hour, status, reports }) =>
      status !== HOUR_STATUS.final &&
      reports > 0 &&
      (newestFinal === undefined || hour > newestFinal) &&
      unixSecs >= hourWindows(periods, hour).revealsUntil + grace,
  );
  const [hour] = waiting;
  if (hour === undefined) return undefined;
  return {
    hour,
    waiting: waiting.length,
    newestFinal,
    secs: unixSecs - hourEnd(periods, newestFinal ?? hour),
  };
}

export function stalledWords({ hour, waiting, newestFinal, secs }: Stalled): string {
  const since = newestFinal === undefined ? `hour ${hour}, the oldest that waits` : `hour ${newestFinal}`;
  const count = `${waiting} with reports ${waiting === 1 ? 'waits' : 'wait'}`;
  return `no hour has become final since ${since}, which ended ${formatMs(Number(secs) * 1_000)} ago; ${count}, and nothing is charged or paid meanwhile`;
}

export const STALLED_HINT =
  'See that most guards of this week run and keep up (their logs, the load of their machines) and have SOL for fees: without their verdicts no hour becomes final.';
