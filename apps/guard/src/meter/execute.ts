import type { Found, MediaClient, Signer } from '@media-network/chain';
import { ensureAta } from '@media-network/chain';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import { concatBytes, toHex, weekAt } from '@media-network/protocol';
import { MediaError, errorCode } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import type { Counts } from '../counts.ts';
import type { PaidShares } from '../probe/paid-shares.ts';
import type { GuardOverrides } from '../types.ts';
import { baseOf, computeHour, loadHour } from './compute-hour.ts';
import type { ComputeDeps } from './compute-hour.ts';
import { computeWeek, loadClaims } from './compute-week.ts';
import type { MeterAction } from './facts.ts';
import type { MeterState } from './meter-state.ts';
import { commitmentOf, ownVerdict } from './own-verdict.ts';
import type { OwnVerdictDeps } from './own-verdict.ts';
import type { MeterReading } from './read-facts.ts';
import { byAddress } from '../network.ts';
import { recordBatch } from './record-batch.ts';

export interface ExecuteDeps extends ComputeDeps, Omit<OwnVerdictDeps, 'client'> {
  readonly client: MediaClient;
  readonly operator: Signer;
  readonly counts: Counts;
  readonly shares: PaidShares;
  readonly log: Log;
  readonly overrides: GuardOverrides;
}

/** Names an action, so that its failures are its own. */
export function actionKey(action: MeterAction): string {
  const parts: string[] = [action.kind];
  if ('hour' in action) parts.push(`hour ${action.hour}`);
  if ('week' in action) parts.push(`week ${action.week}`);
  if ('setWeek' in action) parts.push(`set ${action.setWeek}`);
  if ('resource' in action) parts.push(action.resource);
  return parts.join(' ');
}

const gone = (what: string): MediaError =>
  new MediaError({
    code: 'guard/fact-gone',
    message: `${what} is not on chain any more.`,
    source: 'internal',
    retry: true,
  });

/** Bytes of a verdict that go into one transaction beside what reveals it. */
const WRITE_BYTES = 600;

type Built = Promise<Parameters<MediaClient['send']>[0][number]>;

/** Does one action of the plan. Resolves to false when it could not be done yet. Rejects with errors of the chain. */
export async function executeAction(
  deps: ExecuteDeps,
  state: MeterState,
  reading: MeterReading,
  action: MeterAction,
  signal: AbortSignal,
): Promise<boolean> {
  const { client, operator, counts } = deps;
  const guard = deps.guard.address;
  const { snapshot } = reading;
  const { instructions } = client;
  const send = async (...built: readonly Built[]): Promise<void> => {
    await client.send(await Promise.all(built), { payer: operator });
    deps.network.invalidate();
  };
  /** Sends what was worked out from the chain. Where it has moved on since, that is dropped, to be worked out from what there is now. */
  const sendWorkedOut = async (built: Built, drop: () => unknown): Promise<void> => {
    try {
      await send(built);
    } catch (error) {
      if (errorCode(error) === 'chain/basis-changed') {
        deps.network.invalidate();
        await drop();
      }
      throw error;
    }
  };
  const sendFor = async (resources: readonly Address[], built: Built): Promise<void> => {
    await client.send([await built], { payer: operator });
    deps.network.invalidate(resources);
  };
  const hourOf = (hour: bigint): Found<'hour'> => {
    const account = reading.hours.get(hour);
    if (account === undefined) throw gone('An hour');
    return account;
  };
  const epochOf = (week: bigint): Found<'epoch'> => {
    const account = reading.epochs.get(week);
    if (account === undefined) throw gone('An epoch');
    return account;
  };
  const resourceOf = (address: string): Found<'resource'> => {
    const found = byAddress(snapshot).get(address);
    if (found === undefined) throw gone('A resource');
    return found;
  };

  switch (action.kind) {
    case 'commit-verdict': {
      const { hour, week } = action;
      const account = hourOf(hour);
      const verdict = await ownVerdict(deps, account, baseOf(state, snapshot, hour)?.root);
      if (verdict === undefined) return false;
      const commitment = commitmentOf(guard, hour, verdict);
      const reports = verdict.said.length;
      // Refused, it was never committed: nobody can ask for it any more.
      await sendWorkedOut(
        instructions.commitVerdict({ operator, guard, week, hour, commitment, reports }),
        () => deps.book.dropVerdict(hour),
      );
      counts.add('verdicts');
      return true;
    }
    case 'reveal-verdict': {
      const { hour } = action;
      const verdict = deps.book.verdict(hour);
      if (verdict === undefined) return false;
      const { payload, holding, prevRoot, salt } = verdict;
      const pieces: Built[] = [];
      for (let offset = 0; offset < payload.length; offset += WRITE_BYTES) {
        const tail = payload.subarray(offset, offset + WRITE_BYTES);
        pieces.push(instructions.writeVerdict({ operator, guard, hour, offset, tail }));
      }
      const last = pieces.pop();
      for (const piece of pieces) await send(piece);
      const { length } = payload;
      const reveal = instructions.revealVerdict({ operator, guard, hour, length, holding, prevRoot, salt });
      await (last === undefined ? send(reveal) : send(last, reveal));
      counts.add('reveals');
      return true;
    }
    case 'compute-hour': {
      const account = hourOf(action.hour);
      const hour = await computeHour(deps, state, snapshot, account, signal);
      if (hour === undefined) return false;
      const { reports, reveals } = account;
      state.computed.set(action.hour, { hour, reports, reveals });
      if (hour.missing.length > 0)
        deps.log.warn(
          { hour: String(action.hour), missing: hour.missing.slice(0, 5) },
          'evidence of an hour is missing',
        );
      return hour.missing.length === 0;
    }
    case 'propose-hour': {
      const { hour, week } = action;
      const computed = state.computed.get(hour);
      if (computed === undefined) return false;
      const { reports, reveals } = computed;
      const { leaves } = computed.hour;
      const root = deps.overrides.root?.({ kind: 'hour', hour }, computed.hour.root) ?? computed.hour.root;
      await sendWorkedOut(
        instructions.proposeHour({ operator, guard, week, hour, root, leaves, reports, reveals }),
        () => state.computed.delete(hour),
      );
      counts.add('hours');
      return true;
    }
    case 'load-hour': {
      const hour = await loadHour(deps, state, snapshot, hourOf(action.hour), signal);
      if (hour !== undefined) {
        state.loaded.set(action.hour, hour);
        deps.shares.note(hour, action.hour);
      }
      return hour !== undefined;
    }
    case 'record': {
      const hour = state.loaded.get(action.hour);
      if (hour === undefined) return false;
      const isRecorded = (index: number): boolean =>
        reading.facts.resources.get(hour.resources[index]?.resource ?? '')?.isRecorded(action.hour) === true;
      let indices = action.indices;
      while (indices.length > 0) {
        const batch = recordBatch(hour, indices, isRecorded);
        const leaves = hour.resources.slice(batch.first, batch.first + batch.count);
        const accounts = leaves.map((leaf) => {
          const { address, ring, status } = resourceOf(leaf.resource);
          return { resource: address, ring: status === RESOURCE_STATUS.released ? null : ring };
        });
        const { first: index, count, tail } = batch;
        await sendFor(
          accounts.map((each) => each.resource),
          instructions.record({ hour: action.hour, index, count, resources: accounts, tail }),
        );
        counts.add('recorded', batch.fresh);
        indices = indices.slice(batch.fresh);
      }
      return true;
    }
    case 'charge': {
      const { address: resource, pool, stake } = resourceOf(action.resource);
      await sendFor(
        [resource],
        instructions.charge({ payer: operator, pool, stake, resource, week: action.week }),
      );
      counts.add('charged');
      return true;
    }
    case 'pay-debt': {
      const { address: resource, pool, stake } = resourceOf(action.resource);
      await sendFor([resource], instructions.payDebt({ pool, stake, resource }));
      counts.add('debts');
      return true;
    }
    case 'compute-week': {
      const epoch = epochOf(action.week);
      const shares = await computeWeek(deps, state, snapshot, epoch, signal);
      if (shares === undefined) return false;
      state.weeks.set(action.week, { at: weekAt(snapshot.config, snapshot.now), kept: epoch.kept, shares });
      for (const week of state.weeks.keys()) if (week + 10n < action.week) state.weeks.delete(week);
      return true;
    }
    case 'propose-week': {
      const { week, setWeek } = action;
      const computed = state.weeks.get(week);
      if (computed === undefined) return false;
      const { kept, shares } = computed;
      const root = deps.overrides.root?.({ kind: 'week', week }, shares.root) ?? shares.root;
      const { rewards } = shares;
      await sendWorkedOut(
        instructions.proposeEpoch({ operator, guard, week, setWeek, root, rewards, kept }),
        () => state.weeks.delete(week),
      );
      counts.add('epochs');
      return true;
    }
    case 'check-claim': {
      const owed = await owedFor(deps, reading, action.week, signal);
      if (owed === 'unknown') return false;
      state.claims.set(action.week, owed !== undefined);
      return true;
    }
    default:
      return claim(deps, state, reading, action.week, signal);
  }
}

/** Claims what the owner earned in a week, and pays for its account where it has none. */
async function claim(
  deps: ExecuteDeps,
  state: MeterState,
  reading: MeterReading,
  week: bigint,
  signal: AbortSignal,
): Promise<boolean> {
  const { client, operator } = deps;
  const owed = await owedFor(deps, reading, week, signal);
  if (owed === 'unknown') return false;
  if (owed === undefined) {
    state.claims.set(week, false);
    return true;
  }
  const { owner } = deps.guard;
  const { instruction } = await ensureAta(client.addresses, {
    payer: operator,
    owner,
    mint: reading.snapshot.config.mediaMint,
  });
  const { amount } = owed;
  const tail = concatBytes(owed.proof);
  const claiming = await client.instructions.claim({ payer: operator, owner, week, amount, tail });
  try {
    await client.send([instruction, claiming], { payer: operator });
  } catch (error) {
    // Too old for the account's window: nothing will ever be had of it.
    if (errorCode(error) === 'chain/too-late') state.claims.set(week, false);
    throw error;
  }
  state.claims.set(week, false);
  deps.counts.addClaimed(amount);
  return true;
}

/** What the guard's owner can still claim of an endorsed week; 'unknown' while the table cannot be had. */
async function owedFor(
  deps: ExecuteDeps,
  { snapshot, epochs }: MeterReading,
  week: bigint,
  signal: AbortSignal,
): Promise<{ readonly amount: bigint; readonly proof: readonly Uint8Array[] } | 'unknown' | undefined> {
  const epoch = epochs.get(week) ?? (await deps.client.epoch(week));
  if (epoch === null) return undefined;
  const account = await deps.client.claimed(deps.guard.owner);
  if (account !== null && isClaimed(account, week)) return undefined;
  const table = await loadClaims(deps, snapshot, epoch, signal);
  if (table === undefined) {
    deps.log.debug({ week: String(week), root: toHex(epoch.root) }, 'nobody has the claims of a week');
    return 'unknown';
  }
  return table.claimProof(deps.guard.owner);
}

/** docs/chain.md, claim: a window of 256 weeks from `base` on; what lies before it is past. */
function isClaimed(account: Found<'claim'>, week: bigint): boolean {
  if (week < account.base) return true;
  if (week >= account.base + 256n) return false;
  const bit = Number(week % 256n);
  return (((account.claimed[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
}
