import type { Found, MediaClient, Signer } from '@media-network/chain';
import { hourAt, hourSecs, hourWindows, sampleAt, weekAt } from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import { placeOf } from '../duty.ts';
import type { Network } from '../network.ts';

export interface SweepDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly runner: ActionRunner;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
}

/** Last hour whose account may be closed (docs/chain.md, closeHour); negative for none. Its reports stay as long, for audits. */
export function lastClosable(periods: Periods, unixSecs: bigint): bigint {
  const keep = BigInt(4 * periods.hoursPerWeek) * hourSecs(periods);
  let hour = hourAt(periods, unixSecs - keep);
  while (hour >= 0n && unixSecs <= hourWindows(periods, hour).finalUntil + keep) hour -= 1n;
  return hour;
}

/** Hours looked at in one round. */
const WINDOW = 100n;

/** Gives the rent of old reports and hours back to who paid it. One guard at a time, another each sample. */
export function createSweep(deps: SweepDeps): { round(signal: AbortSignal): Promise<RoundResult> } {
  const { client, network, operator } = deps;
  /** All hours below are closed. */
  let from = 0n;

  async function close(hour: Found<'hour'>): Promise<boolean> {
    for (const report of await client.reports(hour.hour)) {
      const closing = await client.instructions.closeReport({
        report: report.address,
        payer: report.payer,
        hour: hour.hour,
      });
      await client.send([closing], { payer: operator });
    }
    await client.send([await client.instructions.closeHour({ payer: hour.payer, hour: hour.hour })], {
      payer: operator,
    });
    return true;
  }

  return {
    async round(signal) {
      const snapshot = await network.snapshot();
      const { config, now } = snapshot;
      const set = await network.guardSet(weekAt(config, now), snapshot);
      const last = lastClosable(config, now);
      if (last < from || placeOf(set.numbers, deps.guard.no, sampleAt(config, now)) !== 0) return 'idle';
      const to = last - from >= WINDOW ? from + WINDOW - 1n : last;
      const indices = Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i));
      const found = await client.accounts(
        'hour',
        await Promise.all(indices.map((index) => client.addresses.hour(index))),
      );
      let left = false;
      for (const hour of found) {
        if (hour === null) continue;
        if (signal.aborted) return 'idle';
        const outcome = await deps.runner.run(`close ${hour.hour}`, () => close(hour));
        if (outcome !== 'done') left = true;
      }
      if (!left) from = to + 1n;
      return left || to === last ? 'idle' : 'busy';
    },
  };
}
