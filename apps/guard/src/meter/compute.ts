import type { Found, MediaClient } from '@media-network/chain';
import { HOUR_STATUS } from '@media-network/chain/schema';
import {
  boundInForce,
  creditHour,
  decodeEntries,
  decodeEpoch,
  decodeHour,
  equalBytes,
  hoursOfWeek,
  shareWeek,
  toHex,
  weekOfHour,
} from '@media-network/protocol';
import type { ConfirmedReport, Hour, WeekShares } from '@media-network/protocol';
import { sha256 } from '../evidence-store.ts';
import type { EvidenceStore } from '../evidence-store.ts';
import type { EvidenceSource } from '../evidence-source.ts';
import type { Network, Snapshot } from '../network.ts';
import { otherGuards } from './inspect.ts';
import type { MeterState } from './meter-state.ts';

export interface ComputeDeps {
  readonly client: MediaClient;
  readonly network: Network;
  readonly source: EvidenceSource;
  readonly store: EvidenceStore;
  readonly guardNo: number;
}

/** The hour that follows from its confirmed reports; undefined while evidence is missing. Kept on disk. */
export async function computeHour(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  account: Found<'hour'>,
): Promise<Hour | undefined> {
  const { hour } = account;
  const set = await deps.network.guardSet(weekOfHour(snapshot.config, hour), snapshot);
  const guards = otherGuards(snapshot, set, deps.guardNo);
  const reports: ConfirmedReport[] = [];
  const confirmed = await deps.client.confirmedReports(hour);
  // Fewer: closed since, or not there yet at the node that was asked. Either way the hour cannot be computed from these.
  if (confirmed.length !== account.confirmed) return undefined;
  for (const report of confirmed) {
    const edge = snapshot.edges.find(({ address }) => address === report.edge);
    const peers = edge === undefined ? guards : [edge.control, ...guards];
    const blob = await deps.source.find('entries', toHex(report.root), peers);
    const entries = blob === undefined ? undefined : decodeEntries(blob);
    if (entries === undefined) return undefined;
    reports.push({ edge: report.edge, entries });
  }
  const resources = new Map<string, Found<'resource'>>(
    snapshot.resources.map((each) => [each.address, each]),
  );
  const computed = creditHour(
    {
      reports,
      boundOf(address) {
        const resource = resources.get(address);
        return resource === undefined ? 0n : boundInForce(resource, hour);
      },
      previousOf: (address) => previousHour(state, hour, address, state.lastHours.get(address) ?? 0n),
    },
    sha256,
  );
  await deps.store.put('hours', computed.blob);
  return computed;
}

/** Hour + 1 of the last final hour before `hour` with this resource: recorded on chain, or final and still to be recorded. */
export function previousHour(
  state: Pick<MeterState, 'final'>,
  hour: bigint,
  resource: string,
  lastHour: bigint,
): bigint {
  let previous = lastHour;
  for (const [index, { resources }] of state.final) {
    if (index < hour && index + 1n > previous && resources.some((leaf) => leaf.resource === resource))
      previous = index + 1n;
  }
  return previous;
}

/** The hour behind a final root; computed anew where nobody has its blob. Undefined while it cannot be had. */
export async function loadHour(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  account: Found<'hour'>,
): Promise<Hour | undefined> {
  const own = state.computed.get(account.hour)?.hour;
  if (own !== undefined && equalBytes(own.root, account.root)) return own;
  const set = await deps.network.guardSet(weekOfHour(snapshot.config, account.hour), snapshot);
  const blob = await deps.source.find('hours', toHex(account.root), otherGuards(snapshot, set, deps.guardNo));
  if (blob !== undefined) return decodeHour(blob, sha256);
  const computed = await computeHour(deps, state, snapshot, account);
  return computed !== undefined && equalBytes(computed.root, account.root) ? computed : undefined;
}

/** Cumulative claims of a closed week; undefined while nobody has them. */
export async function loadClaims(
  deps: ComputeDeps,
  snapshot: Snapshot,
  week: bigint,
): Promise<ReturnType<typeof decodeEpoch>> {
  const epoch = await deps.client.epoch(week);
  if (epoch === null) return undefined;
  const set = await deps.network.guardSet(week, snapshot);
  const blob = await deps.source.find('epochs', toHex(epoch.root), otherGuards(snapshot, set, deps.guardNo));
  return blob === undefined ? undefined : decodeEpoch(blob, sha256);
}

/** What a week pays; undefined while evidence is missing. Kept on disk. */
export async function computeEpoch(
  deps: ComputeDeps,
  state: MeterState,
  snapshot: Snapshot,
  epoch: Found<'epoch'>,
): Promise<WeekShares | undefined> {
  const { config } = snapshot;
  const { first, last } = hoursOfWeek(config, epoch.week);
  const addresses = await Promise.all(
    Array.from({ length: Number(last - first) + 1 }, (_, i) => deps.client.addresses.hour(first + BigInt(i))),
  );
  const hours = [];
  for (const [i, account] of (await deps.client.accounts('hour', addresses)).entries()) {
    if (account === null || account.status !== HOUR_STATUS.final) {
      // The node shows less than it did: a week computed from that would be another.
      if (state.seenFinal.has(first + BigInt(i))) return undefined;
      continue;
    }
    const hour = state.final.get(account.hour) ?? (await loadHour(deps, state, snapshot, account));
    if (hour === undefined) return undefined;
    const votes = account.votes
      .slice(0, account.voteCount)
      .filter(({ root }) => equalBytes(root, account.root));
    hours.push({ edges: hour.edges, guards: votes.map(({ no }) => no) });
  }
  const claims =
    config.lastEpoch === 0n ? [] : (await loadClaims(deps, snapshot, config.lastEpoch - 1n))?.claims;
  if (claims === undefined) return undefined;

  const edgeOwners = new Map<string, string>(snapshot.edges.map(({ address, owner }) => [address, owner]));
  const guardOwners = new Map<number, string>(snapshot.guards.map(({ no, owner }) => [no, owner]));
  const shares = shareWeek(
    {
      kept: epoch.kept,
      guardShareBps: config.guardShareBps,
      hours,
      // Accounts of nodes are never closed, so each has its owner.
      ownerOfEdge: (edge) => known(edgeOwners.get(edge), edge),
      ownerOfGuard: (no) => known(guardOwners.get(no), `guard ${no}`),
      before: new Map(claims.map(({ owner, cumulative }) => [owner, cumulative])),
    },
    sha256,
  );
  await deps.store.put('epochs', shares.blob);
  return shares;
}

function known(owner: string | undefined, whose: string): string {
  if (owner === undefined) throw new RangeError(`no owner of ${whose} on chain`);
  return owner;
}
