import type { Found } from '@media-network/chain';
import { HOUR_STATUS } from '@media-network/chain/schema';
import { decodeClaims, hoursOfWeek, shareWeek, toHex } from '@media-network/protocol';
import type { Claims, Hour, WeekShares } from '@media-network/protocol';
import { sha256 } from '../evidence/blob-roots.ts';
import { otherGuards } from '../inspect/peers.ts';
import type { Snapshot } from '../network.ts';
import { isVoid } from './is-void.ts';
import { loadHour } from './compute-hour.ts';
import type { ComputeDeps } from './compute-hour.ts';
import type { MeterState } from './meter-state.ts';

/** What a week pays; undefined while evidence is missing or the chain's node is behind. Kept on disk. */
export async function computeWeek(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  epoch: Found<'epoch'>,
  signal: AbortSignal,
): Promise<WeekShares | undefined> {
  const { config } = snapshot;
  const { week } = epoch;
  const { first, last } = hoursOfWeek(config, week);
  const addresses = await Promise.all(
    Array.from({ length: Number(last - first) + 1 }, (_, i) => deps.client.addresses.hour(first + BigInt(i))),
  );
  const hours: Hour[] = [];
  for (const [i, account] of (await deps.client.accounts('hour', addresses)).entries()) {
    const hour = first + BigInt(i);
    if (account?.status !== HOUR_STATUS.final) {
      // The node shows less than it did, or less than there is: a week computed from that would be another.
      if (account === null ? state.seen.has(hour) : !isVoid(config, hour, snapshot.now)) return undefined;
      continue;
    }
    const loaded = await loadHour(deps, state, snapshot, account, signal);
    if (loaded === undefined) return undefined;
    hours.push(loaded);
  }
  const set = await deps.client.guardSet(week);
  const keptOf = await keptForWeek(deps, snapshot, epoch);
  if (keptOf === undefined) return undefined;
  const edgeOwners = new Map<string, string>(snapshot.edges.map(({ address, owner }) => [address, owner]));
  const guardOwners = new Map<number, string>(snapshot.guards.map(({ no, owner }) => [no, owner]));
  const shares = shareWeek(
    {
      hours,
      keptOf: (resource) => keptOf.get(resource) ?? 0n,
      guardShareBps: set?.guardShareBps ?? config.guardShareBps,
      ownerOfEdge: (edge) => edgeOwners.get(edge),
      ownerOfGuard: (no) => guardOwners.get(no),
    },
    sha256,
  );
  await deps.store.put('weeks', shares.blob);
  return shares;
}

/**
 * MEDIA collected of each resource for a week. Undefined while the node shows another sum than the epoch's: a charge that it
 * has not told of yet would make another table of the same week.
 */
async function keptForWeek(
  deps: Pick<ComputeDeps, 'network'>,
  snapshot: Snapshot,
  { week, kept }: Found<'epoch'>,
): Promise<ReadonlyMap<string, bigint> | undefined> {
  const told = keptIn(snapshot, week);
  if (sumOf(told) === kept) return told;
  const whole = await deps.network.whole();
  const found = keptIn(whole, week);
  return sumOf(found) === kept || isForgotten(whole, week) ? found : undefined;
}

/** A resource keeps six weeks: what one of them paid for this week may be known to nobody any more (docs/chain.md, Known limits). */
function isForgotten({ resources }: Pick<Snapshot, 'resources'>, week: bigint): boolean {
  return resources.some(({ weeks }) => (weeks[Number(week % BigInt(weeks.length))]?.week ?? 0n) > week + 1n);
}

/** MEDIA collected of each resource for a week. */
function keptIn({ resources }: Pick<Snapshot, 'resources'>, week: bigint): ReadonlyMap<string, bigint> {
  return new Map(
    resources.flatMap(({ address, weeks }) => {
      const kept = weeks.find((each) => each.week === week + 1n)?.kept ?? 0n;
      return kept > 0n ? [[String(address), kept] as const] : [];
    }),
  );
}

const sumOf = (amounts: ReadonlyMap<string, bigint>): bigint =>
  [...amounts.values()].reduce((sum, each) => sum + each, 0n);

/** What a week pays to whom, by the root on chain; undefined while nobody has it. */
export async function loadClaims(
  deps: ComputeDeps,
  snapshot: Snapshot,
  epoch: Found<'epoch'>,
  signal: AbortSignal,
): Promise<Claims | undefined> {
  const set = await deps.network.guardSet(epoch.decidedWeek, snapshot);
  const wanted = { kind: 'weeks', rootHex: toHex(epoch.root), signal } as const;
  const blob = await deps.source.find(wanted, otherGuards(snapshot, set, deps.guard.no));
  return blob === undefined ? undefined : decodeClaims(blob, sha256);
}
