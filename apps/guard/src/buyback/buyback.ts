import type { Found, MediaClient, Signer } from '@media-network/chain';
import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import type { Counts } from '../counts.ts';
import type { Network } from '../network.ts';
import { sharersNow } from '../sharers.ts';
import { planBuyback } from './plan-buyback.ts';

export interface BuybackDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly runner: ActionRunner;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly counts: Counts;
}

/** The duty that buys MEDIA back with the quote side of fees, and burns it. */
export function createBuyback(deps: BuybackDeps): { round(signal: AbortSignal): Promise<RoundResult> } {
  const { client, network, operator, guard } = deps;
  return {
    async round(signal) {
      // Nothing here is pressing: what another duty has just read will do.
      const snapshot = await network.snapshot();
      const { config, now, pools } = snapshot;
      const numbers = await sharersNow(network, snapshot);
      let result: RoundResult = 'idle';
      for (const { kind, pool } of planBuyback({ config, now, guardNo: guard.no, numbers, pools })) {
        if (signal.aborted) break;
        const outcome = await deps.runner.run(`${kind} in ${pool.address}`, async () => {
          const { buyback, burnBought } = client.instructions;
          const built =
            kind === 'burn' ? burnBought({ pool: pool.address }) : buyback({ pool: pool.address });
          await client.send([await built], { payer: operator });
          network.invalidate();
          deps.counts.add(kind === 'burn' ? 'burns' : 'buybacks');
          return true;
        });
        if (outcome === 'done') result = 'busy';
      }
      return result;
    },
  };
}
