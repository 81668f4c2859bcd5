import { EPOCH_STATUS, HOUR_STATUS } from '@media-network/chain/schema';
import { decodeEpoch, equalBytes, hoursOfWeek, shareWeek, toHex } from '@media-network/protocol';
import type { FinalHour } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';

import { bytesOf, feeOf, findHour } from './audit-hour.ts';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps, Findings } from './subject.ts';

export interface WeekFigures {
  readonly week: bigint;
  readonly closed: boolean;
  readonly hours: number;
  readonly bytes: bigint;
  readonly billable: bigint;
  /** MEDIA base units. `feesExpected` is what the hours give at the rate in force. */
  readonly fees: bigint;
  readonly feesExpected: bigint;
  readonly kept: bigint;
  readonly toBurn: bigint;
  readonly rewards: bigint;
  /** What each owner earned in the week. */
  readonly shares: ReadonlyMap<string, bigint>;
}

interface Hours {
  readonly final: readonly FinalHour[];
  readonly bytes: bigint;
  readonly billable: bigint;
  readonly fees: bigint;
  readonly complete: boolean;
}

/** Recomputes a week's rewards and its root of claims from its final hours (docs/evidence.md, What is paid). */
export async function auditWeek(deps: AuditDeps, week: bigint): Promise<Audit<WeekFigures>> {
  const { client, sha256 } = deps;
  const [epoch, config] = await Promise.all([client.epoch(week), client.config()]);
  if (epoch === null) {
    throw new MediaError({
      code: 'audit/no-week',
      message: `Week ${week} has no epoch on this chain: nothing was charged for it yet.`,
      source: 'client',
      context: { week },
    });
  }
  const findings = createFindings();
  const hours = await finalHours(deps, week, config.feePerGb, findings);
  const before = await tableBefore(deps, epoch.prevEpoch, findings);
  const [edges, guards] = await Promise.all([client.edges(), client.guards()]);
  const edgeOwners = new Map(edges.map((edge) => [String(edge.address), String(edge.owner)]));
  const guardOwners = new Map(guards.map((guard) => [guard.no, String(guard.owner)]));
  const shares = shareWeek(
    {
      kept: epoch.kept,
      guardShareBps: config.guardShareBps,
      hours: hours.final,
      ownerOfEdge: (edge) => edgeOwners.get(edge) ?? edge,
      ownerOfGuard: (no) => guardOwners.get(no) ?? `guard ${no}`,
      before: before ?? new Map(),
    },
    sha256,
  );
  const closed = epoch.status === EPOCH_STATUS.closed;
  if (closed && hours.complete && before !== undefined) {
    findings.compare('rewards', epoch.rewards, shares.rewards);
    findings.compare('root of claims', toHex(epoch.root), toHex(shares.root));
  }
  if (epoch.rewards > epoch.kept)
    findings.differ('rewards above what was kept', String(epoch.rewards), String(epoch.kept));
  return findings.result({
    week,
    closed,
    hours: hours.final.length,
    bytes: hours.bytes,
    billable: hours.billable,
    fees: epoch.fees,
    feesExpected: hours.fees,
    kept: epoch.kept,
    toBurn: epoch.toBurn,
    rewards: epoch.rewards,
    shares: shares.shares,
  });
}

async function finalHours(
  deps: AuditDeps,
  week: bigint,
  feePerGb: bigint,
  findings: Findings,
): Promise<Hours> {
  const { client } = deps;
  const { first, last } = hoursOfWeek(await client.config(), week);
  const final: FinalHour[] = [];
  let [bytes, billable, fees, complete] = [0n, 0n, 0n, true];
  for (let index = first; index <= last; index += 1n) {
    const account = await client.hour(index);
    if (account === null || account.status !== HOUR_STATUS.final) continue;
    const hour = await findHour(deps, account.root);
    if (hour === undefined) {
      complete = false;
      findings.cannotTell(`nobody serves the leaves of hour ${index} (root ${toHex(account.root)})`);
      continue;
    }
    const voters = account.votes
      .slice(0, account.voteCount)
      .filter((vote) => equalBytes(vote.root, account.root));
    final.push({ edges: hour.edges, guards: voters.map((vote) => vote.no) });
    bytes += bytesOf(hour);
    for (const leaf of hour.resources) {
      billable += leaf.billable;
      fees += feeOf(leaf.billable, feePerGb);
    }
  }
  return { final, bytes, billable, fees, complete };
}

/** The cumulative table of the epoch before; empty before the first, undefined when nobody serves it. */
async function tableBefore(
  deps: AuditDeps,
  prevEpoch: bigint,
  findings: Findings,
): Promise<ReadonlyMap<string, bigint> | undefined> {
  if (prevEpoch === 0n) return new Map();
  const epoch = await deps.client.epoch(prevEpoch - 1n);
  const table =
    epoch === null
      ? undefined
      : await deps.blobs.find('epochs', epoch.root, (blob) => {
          const decoded = decodeEpoch(blob, deps.sha256);
          return decoded !== undefined && equalBytes(decoded.root, epoch.root) ? decoded : undefined;
        });
  if (table === undefined) {
    findings.cannotTell(`nobody serves the claims of week ${prevEpoch - 1n}`);
    return undefined;
  }
  return new Map(table.claims.map((claim) => [claim.owner, claim.cumulative]));
}
