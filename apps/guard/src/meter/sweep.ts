import type { Found, MediaClient, Signer } from '@media-network/chain';
import {
  hourAt,
  hourSecs,
  hourWindows,
  hoursOfWeek,
  sampleAt,
  weekAt,
  weekOfHour,
} from '@media-network/protocol';
import type { Periods } from '@media-network/protocol';
import type { RoundResult } from '@media-network/runtime';
import type { ActionRunner } from '../actions.ts';
import type { Counts } from '../counts.ts';
import { placeOf } from '../duty.ts';
import type { Network } from '../network.ts';

export interface SweepDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly runner: ActionRunner;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly counts: Counts;
}

/** Last hour whose account may be closed (docs/chain.md, Time); negative for none. Its reports and verdicts stay as long, for audits. */
export function lastClosable(periods: Periods, unixSecs: bigint): bigint {
  const keep = BigInt(4 * periods.hoursPerWeek) * hourSecs(periods);
  let hour = hourAt(periods, unixSecs - keep);
  while (hour >= 0n && unixSecs <= hourWindows(periods, hour).lateUntil + keep) hour -= 1n;
  return hour;
}

/** Hours looked at in one round. */
const WINDOW = 100n;
/** After so many weeks an epoch may be closed though not everybody has claimed. */
const CLAIM_WEEKS = 256n;

/** Gives the rent of old accounts back to who paid it. One guard at a time, another each sample. */
export function createSweep(deps: SweepDeps): { round(signal: AbortSignal): Promise<RoundResult> } {
  const { client, network, operator } = deps;
  const { instructions } = client;
  /** All hours below are closed. */
  let from = 0n;

  async function send(built: Promise<Parameters<MediaClient['send']>[0][number]>): Promise<void> {
    await client.send([await built], { payer: operator });
    deps.counts.add('closed');
  }

  async function closeHour(account: Found<'hour'>): Promise<boolean> {
    const { hour, payer } = account;
    for (const report of await client.reports(hour))
      await send(instructions.closeReport({ report: report.address, payer: report.payer, hour }));
    for (const verdict of await client.verdicts(hour))
      await send(instructions.closeVerdict({ verdict: verdict.address, payer: verdict.payer, hour }));
    await send(instructions.closeHour({ payer, hour }));
    return true;
  }

  /** The set of a week whose last hour may be closed, and its epoch as soon as everybody has claimed. */
  async function closeWeek(week: bigint, current: bigint): Promise<boolean> {
    const set = await client.guardSet(week);
    if (set !== null) await send(instructions.closeSet({ payer: set.payer, week }));
    const epoch = await client.epoch(week);
    if (epoch === null) return true;
    const paid = epoch.endorsedAt > 0n && epoch.paid === epoch.rewards;
    if (paid || current > week + CLAIM_WEEKS)
      await send(instructions.closeEpoch({ payer: epoch.payer, week }));
    return true;
  }

  return {
    async round(signal) {
      const snapshot = await network.snapshot();
      const { config, now } = snapshot;
      const current = weekAt(config, now);
      const set = await network.guardSet(current, snapshot);
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
        const outcome = await deps.runner.run(`close ${hour.hour}`, () => closeHour(hour));
        if (outcome !== 'done') left = true;
      }
      for (const hour of indices) {
        const week = weekOfHour(config, hour);
        if (signal.aborted || hoursOfWeek(config, week).last !== hour) continue;
        const outcome = await deps.runner.run(`close week ${week}`, () => closeWeek(week, current));
        if (outcome !== 'done') left = true;
      }
      if (!left) from = to + 1n;
      return left || to === last ? 'idle' : 'busy';
    },
  };
}
