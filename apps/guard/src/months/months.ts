import type { Found, MediaClient, Signer } from '@media-network/chain';
import { nextMonth } from '@media-network/protocol';
import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import type { Counts } from '../counts.ts';
import type { Network, Snapshot } from '../network.ts';
import { sharersNow } from '../sharers.ts';
import { planMonths } from './plan-months.ts';

export interface MonthsDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly runner: ActionRunner;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly counts: Counts;
}

/** Rings read in one round: 36 KB each. What is left comes at once in the next. */
const MONTHS_A_ROUND = 16;

/** The duty that finalises months: what a resource's 95th percentile was, before its ring is written over. */
export function createMonths(deps: MonthsDeps): { round(signal: AbortSignal): Promise<RoundResult> } {
  const { client, network, operator, guard } = deps;

  async function finalise(
    resource: Found<'resource'>,
    { config, now }: Pick<Snapshot, 'config' | 'now'>,
  ): Promise<boolean> {
    const ring = await client.ring(resource.ring);
    // Of a resource that was released meanwhile.
    if (ring === null) return false;
    const next = nextMonth(config, resource, ring, now);
    if (next === undefined) return false;
    const { month, p95Kbps } = next;
    const built = client.instructions.finaliseMonth({
      resource: resource.address,
      ring: resource.ring,
      month: Number(month),
      p95Kbps,
    });
    try {
      await client.send([await built], { payer: operator });
    } finally {
      // Refused, the account is not as it was read: another guard was quicker, or an hour came late.
      network.invalidate([resource.address]);
    }
    deps.counts.add('months');
    return true;
  }

  return {
    async round(signal) {
      // Nothing here is pressing: what another duty has just read will do.
      const snapshot = await network.snapshot();
      const { config, now, resources } = snapshot;
      const numbers = await sharersNow(network, snapshot);
      const due = planMonths({ config, now, guardNo: guard.no, numbers, resources });
      let result: RoundResult = 'idle';
      for (const resource of due.slice(0, MONTHS_A_ROUND)) {
        if (signal.aborted) break;
        const outcome = await deps.runner.run(`month of ${resource.address}`, () =>
          finalise(resource, snapshot),
        );
        if (outcome === 'done') result = 'busy';
      }
      return result;
    },
  };
}
