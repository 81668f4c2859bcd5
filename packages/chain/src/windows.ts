import { CLAIM_WINDOW, RECORD_WINDOW } from './schema/index.ts';

function bitAt(bits: Uint8Array, number: bigint): boolean {
  const place = Number(number % BigInt(8 * bits.length));
  return (((bits[place >> 3] ?? 0) >> (place & 7)) & 1) === 1;
}

/** Whether an hour of a resource is recorded; `late` when it no longer can be. A decoded resource account fits. */
export function recordedIn(
  resource: { readonly lastHour: bigint; readonly recorded: Uint8Array },
  hour: bigint,
): 'recorded' | 'open' | 'late' {
  if (hour >= resource.lastHour) return 'open';
  if (resource.lastHour - 1n - hour >= BigInt(RECORD_WINDOW)) return 'late';
  return bitAt(resource.recorded, hour) ? 'recorded' : 'open';
}

/** Whether an owner has claimed a week; `late` when it no longer can. A decoded claim account fits, null is none. */
export function claimedIn(
  claim: { readonly base: bigint; readonly claimed: Uint8Array } | null,
  week: bigint,
): 'claimed' | 'open' | 'late' {
  if (claim === null || week >= claim.base + BigInt(CLAIM_WINDOW)) return 'open';
  if (week < claim.base) return 'late';
  return bitAt(claim.claimed, week) ? 'claimed' : 'open';
}

/** What of a week's rewards may have been paid out by now (docs/chain.md, claim). A decoded epoch account fits. */
export function releasedIn(
  epoch: { readonly rewards: bigint; readonly slashable: bigint; readonly endorsedAt: bigint },
  currentWeek: bigint,
): bigint {
  const half = epoch.slashable / 2n;
  const steps = currentWeek < epoch.endorsedAt ? 1n : 1n + currentWeek - epoch.endorsedAt;
  const released = epoch.rewards <= half ? epoch.rewards : half * steps;
  return released < epoch.rewards ? released : epoch.rewards;
}
