import { MediaError } from '@media-network/runtime';

/** How long to leave a CA alone after the n-th failure in a row for a name. */
const MINUTE_MS = 60_000;
/** A CA counts failed validations of a name, five an hour at the best known; what fails for a reason seldom mends itself. */
const REFUSED = { firstMs: 5 * MINUTE_MS, mostMs: 24 * 60 * MINUTE_MS };
/** It was not there, or had too much to do: nothing was counted. */
const PASSING = { firstMs: MINUTE_MS, mostMs: 60 * MINUTE_MS };
/** What a CA may put us off for. */
const MAX_AFTER_MS = 7 * 24 * 60 * MINUTE_MS;

/** Whether the same order can go on later: nothing was decided, or it was this machine that failed, as a full disk does. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof MediaError) || error.retry;
}

/** Doubling, up to a quarter more at random, and never sooner than the CA asks. */
export function pauseMs(
  failures: number,
  { passing, afterMs = 0 }: { readonly passing: boolean; readonly afterMs?: number | undefined },
  random: () => number,
): number {
  const { firstMs, mostMs } = passing ? PASSING : REFUSED;
  const doubled = Math.min(firstMs * 2 ** Math.min(failures - 1, 20), mostMs);
  return Math.floor(Math.max(doubled * (1 + random() / 4), Math.min(afterMs, MAX_AFTER_MS)));
}

/** What the CA said with its refusal. */
export function afterMsOf(error: unknown): number | undefined {
  const after = error instanceof MediaError ? error.context['retryAfterMs'] : undefined;
  return typeof after === 'number' ? after : undefined;
}
