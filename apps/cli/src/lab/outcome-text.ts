import type { Outcome } from '@media-network/lab';
import { formatMedia } from '../amounts.ts';

/** An outcome as a line: what it cost and brought, and what the honest had of it. */
export function outcomeText(outcome: Outcome): string {
  const honest = `the honest earned ${formatMedia(outcome.honestAfter)}, without it ${formatMedia(outcome.honestBefore)}`;
  return outcome.kind === 'mishap'
    ? honest
    : `costs ${formatMedia(outcome.attackerIn)}, brings ${formatMedia(outcome.attackerOut)}; ${honest}`;
}
