import type { Found, MediaClient, Signer } from '@media-network/chain';
import { ensureAta } from '@media-network/chain';
import { concatBytes, encodeResourceHour, fromHex } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { Counts } from '../counts.ts';
import type { GuardOverrides } from '../types.ts';
import { computeEpoch, computeHour, loadClaims, loadHour } from './compute.ts';
import type { ComputeDeps } from './compute.ts';
import type { MeterAction } from './facts.ts';
import { inspectReport } from './inspect.ts';
import type { InspectDeps } from './inspect.ts';
import type { MeterState } from './meter-state.ts';
import type { MeterReading } from './read-facts.ts';
import { reasonName } from './verdict.ts';

export interface ExecuteDeps extends ComputeDeps, InspectDeps {
  readonly client: MediaClient;
  readonly operator: Signer;
  readonly guard: Found<'guard'>;
  readonly counts: Counts;
  readonly log: Log;
  readonly overrides: Pick<GuardOverrides, 'verdict' | 'hourRoot'>;
}

/** Names an action, so that its failures are its own. */
export function actionKey(action: MeterAction): string {
  if (action.kind === 'vote') return `vote ${action.hour} ${action.verdicts[0]?.report ?? ''}`;
  const {
    kind,
    hour,
    week,
    report,
    resource,
    pool,
  }: Partial<Record<string, string | bigint>> & { readonly kind: string } = action;
  return [kind, hour ?? week, report, resource, pool].filter((part) => part !== undefined).join(' ');
}

const gone = (what: string): MediaError =>
  new MediaError({
    code: 'guard/fact-gone',
    message: `${what} is not on chain any more.`,
    source: 'internal',
    retry: true,
  });

/** Does one action of the plan. Resolves to false when it could not be done yet. Rejects with errors of the chain. */
export async function executeAction(
  deps: ExecuteDeps,
  state: MeterState,
  reading: MeterReading,
  action: MeterAction,
): Promise<boolean> {
  const { client, operator, counts } = deps;
  const guard = deps.guard.address;
  const { snapshot } = reading;
  const { instructions } = client;
  const send = async (built: Promise<Parameters<typeof client.send>[0][number]>): Promise<void> => {
    await client.send([await built], { payer: operator });
    deps.network.invalidate();
  };

  switch (action.kind) {
    case 'inspect': {
      const report = reading.reports.get(action.report);
      if (report === undefined) throw gone('A report');
      const verdict = await inspectReport(deps, report, snapshot);
      state.judged.set(report.address, { report, verdict, voted: undefined });
      deps.log.debug(
        { report: report.address, edge: report.edge, hour: String(report.hour), verdict },
        'report inspected',
      );
      return verdict.kind === 'decided';
    }
    case 'vote': {
      const verdicts = action.verdicts.flatMap(({ report: address, reason: found }) => {
        const report = reading.reports.get(address);
        if (report === undefined) return [];
        return [{ report, reason: deps.overrides.verdict?.(report, found) ?? found }];
      });
      const reports = verdicts.map(({ report }) => report.address);
      const tail = Uint8Array.from(verdicts, ({ reason }) => reason);
      await send(instructions.vote({ operator, guard, reports, week: action.week, hour: action.hour, tail }));
      for (const { report, reason } of verdicts) {
        const before = state.judged.get(report.address)?.verdict;
        const verdict = before ?? { kind: 'waiting', words: 'no evidence came in time' };
        state.judged.set(report.address, { report, verdict, voted: reason });
        counts.add(reason === 0 ? 'confirmed' : 'rejected');
        counts.addReason(reasonName(reason));
        if (reason !== 0) {
          deps.log.info(
            { edge: report.edge, hour: String(report.hour), reason: reasonName(reason), why: verdict },
            'report rejected',
          );
        }
      }
      return true;
    }
    case 'compute-hour': {
      const account = reading.hours.get(action.hour);
      if (account === undefined) throw gone('An hour');
      const hour = await computeHour(deps, state, snapshot, account);
      if (hour !== undefined) state.computed.set(action.hour, { hour, confirmed: account.confirmed });
      return hour !== undefined;
    }
    case 'propose-hour': {
      const root = bytesOf(action.root);
      await send(instructions.proposeHour({ operator, guard, week: action.week, hour: action.hour, root }));
      counts.add('hours');
      return true;
    }
    case 'load-hour': {
      const account = reading.hours.get(action.hour);
      if (account === undefined) throw gone('An hour');
      const hour = await loadHour(deps, state, snapshot, account);
      if (hour !== undefined) state.final.set(action.hour, hour);
      return hour !== undefined;
    }
    case 'record': {
      const hour = state.final.get(action.hour);
      const resource = snapshot.resources.find(({ address }) => address === action.resource);
      const index = hour?.resources.findIndex((leaf) => leaf.resource === action.resource) ?? -1;
      const leaf = hour?.resources[index];
      if (hour === undefined || leaf === undefined || resource === undefined) throw gone('A resource');
      // The payload is resource 32 ‖ previous 8 ‖ slots 96 ‖ billable 8; the instruction wants its parts.
      const slots = encodeResourceHour(leaf).slice(40, 136);
      const tail = concatBytes(hour.resourceProof(index));
      const { previous, billable } = leaf;
      await send(
        instructions.record({
          resource: resource.address,
          ring: resource.ring,
          hour: action.hour,
          previous,
          slots,
          billable,
          tail,
        }),
      );
      counts.add('recorded');
      return true;
    }
    case 'charge': {
      const found = snapshot.resources.find(({ address }) => address === action.resource);
      if (found === undefined) throw gone('A resource');
      const { address: resource, pool, stake } = found;
      await send(
        instructions.charge({
          payer: operator,
          pool,
          stake,
          resource,
          week: action.dueWeek,
          epochWeek: action.epochWeek,
        }),
      );
      counts.add('charged');
      return true;
    }
    case 'unwrap': {
      const pool = snapshot.pools.find(({ address }) => address === action.pool);
      if (pool === undefined) throw gone('A pool');
      await send(instructions.unwrap({ pool: pool.address, week: action.week }));
      counts.add('unwrapped');
      return true;
    }
    case 'compute-epoch': {
      const epoch = reading.epochs.get(action.week);
      if (epoch === undefined) throw gone('An epoch');
      const shares = await computeEpoch(deps, state, snapshot, epoch);
      if (shares === undefined) return false;
      state.epochs.set(action.week, { kept: epoch.kept, lastEpoch: snapshot.config.lastEpoch, shares });
      for (const week of state.epochs.keys()) if (week + 8n < action.week) state.epochs.delete(week);
      return true;
    }
    case 'propose-epoch': {
      await send(
        instructions.proposeEpoch({
          operator,
          guard,
          week: action.week,
          root: bytesOf(action.root),
          rewards: action.rewards,
        }),
      );
      counts.add('epochs');
      return true;
    }
    case 'check-claim': {
      const owed = await owedTo(deps, reading, action.week);
      if (owed === undefined) return false;
      state.reward = { week: action.week, due: owed.amount > 0n };
      return true;
    }
    default: {
      const owed = await owedTo(deps, reading, action.week);
      if (owed === undefined) return false;
      const { owner } = deps.guard;
      const { week } = action;
      state.reward = { week, due: false };
      if (owed.amount === 0n) return true;
      const { instruction } = await ensureAta(client.addresses, {
        payer: operator,
        owner,
        mint: snapshot.config.mediaMint,
      });
      const tail = concatBytes(owed.proof);
      const claim = await instructions.claim({
        payer: operator,
        owner,
        week,
        cumulative: owed.cumulative,
        tail,
      });
      await client.send([instruction, claim], { payer: operator });
      counts.addClaimed(owed.amount);
      return true;
    }
  }
}

/** What the guard's owner can claim against a closed week; undefined while the table cannot be had. */
async function owedTo(
  deps: ExecuteDeps,
  { snapshot }: MeterReading,
  week: bigint,
): Promise<
  { readonly amount: bigint; readonly cumulative: bigint; readonly proof: readonly Uint8Array[] } | undefined
> {
  const table = await loadClaims(deps, snapshot, week);
  if (table === undefined) return undefined;
  const entry = table.claimProof(deps.guard.owner);
  const claimed = (await deps.client.claimed(deps.guard.owner))?.claimed ?? 0n;
  if (entry === undefined || entry.cumulative <= claimed) return { amount: 0n, cumulative: 0n, proof: [] };
  return { amount: entry.cumulative - claimed, cumulative: entry.cumulative, proof: entry.proof };
}

function bytesOf(rootHex: string): Uint8Array {
  const bytes = fromHex(rootHex, 32);
  if (bytes === undefined) throw new RangeError(`not a root: ${rootHex}`);
  return bytes;
}
