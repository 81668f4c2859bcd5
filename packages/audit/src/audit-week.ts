import { EPOCH_STATUS, HOUR_STATUS } from '@media-network/chain/schema';
import { hoursOfWeek, shareWeek, toHex } from '@media-network/protocol';
import type { Hour } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import { feeOf } from './audit-hour.ts';
import { findHour } from './published.ts';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps, Findings } from './subject.ts';

export interface WeekFigures {
  readonly week: bigint;
  readonly status: keyof typeof EPOCH_STATUS;
  /** Final ones; void hours are not paid. */
  readonly hours: number;
  readonly billable: bigint;
  readonly disputed: bigint;
  /** MEDIA base units. `feesExpected` is what the hours give at their own terms. */
  readonly fees: bigint;
  readonly feesExpected: bigint;
  readonly kept: bigint;
  readonly toBurn: bigint;
  readonly rewards: bigint;
  readonly paid: bigint;
  /** What each owner earned in the week. */
  readonly shares: ReadonlyMap<string, bigint>;
}

interface Hours {
  readonly final: readonly Hour[];
  readonly fees: bigint;
  readonly complete: boolean;
}

/** Recomputes a week's rewards and its root of claims from its final hours (docs/evidence.md, The week). */
export async function auditWeek(deps: AuditDeps, week: bigint): Promise<Audit<WeekFigures>> {
  const { client, sha256 } = deps;
  const [epoch, set, config] = await Promise.all([
    client.epoch(week),
    client.guardSet(week),
    client.config(),
  ]);
  if (epoch === null) {
    throw new MediaError({
      code: 'audit/no-week',
      message: `Week ${week} has no epoch on this chain: nothing was charged for it yet, or it was closed.`,
      source: 'client',
      context: { week },
    });
  }
  const findings = createFindings();
  const hours = await finalHours(deps, week, findings);
  const kept = await keptByResource(deps, week, epoch.kept, findings);
  const [edges, guards] = await Promise.all([client.edges(), client.guards()]);
  const edgeOwners = new Map<string, string>(edges.map((edge) => [edge.address, edge.owner]));
  const guardOwners = new Map<number, string>(guards.map((guard) => [guard.no, guard.owner]));
  const shares = shareWeek(
    {
      hours: hours.final,
      keptOf: (resource) => kept.amounts.get(resource) ?? 0n,
      guardShareBps: set?.guardShareBps ?? config.guardShareBps,
      ownerOfEdge: (edge) => edgeOwners.get(edge),
      ownerOfGuard: (no) => guardOwners.get(no),
    },
    sha256,
  );
  const decided = epoch.status !== EPOCH_STATUS.open;
  if (decided && hours.complete && kept.complete) {
    findings.compare('rewards', epoch.rewards, shares.rewards);
    findings.compare('root of claims', toHex(epoch.root), toHex(shares.root));
  }
  if (epoch.rewards > epoch.kept)
    findings.differ('rewards above what was kept', String(epoch.rewards), String(epoch.kept));
  if (epoch.paid > epoch.rewards)
    findings.differ('paid above rewards', String(epoch.paid), String(epoch.rewards));
  const leaves = hours.final.flatMap((hour) => hour.resources);
  return findings.result({
    week,
    status: statusOf(epoch.status),
    hours: hours.final.length,
    billable: leaves.reduce((sum, leaf) => sum + leaf.billable, 0n),
    disputed: leaves.reduce((sum, leaf) => sum + leaf.disputed, 0n),
    fees: epoch.fees,
    feesExpected: hours.fees,
    kept: epoch.kept,
    toBurn: epoch.toBurn,
    rewards: epoch.rewards,
    paid: epoch.paid,
    shares: shares.amounts,
  });
}

function statusOf(status: number): keyof typeof EPOCH_STATUS {
  if (status === EPOCH_STATUS.endorsed) return 'endorsed';
  return status === EPOCH_STATUS.decided ? 'decided' : 'open';
}

async function finalHours(deps: AuditDeps, week: bigint, findings: Findings): Promise<Hours> {
  const { client } = deps;
  const { first, last } = hoursOfWeek(await client.config(), week);
  const addresses = await Promise.all(
    Array.from({ length: Number(last - first) + 1 }, (_, i) => client.addresses.hour(first + BigInt(i))),
  );
  const final: Hour[] = [];
  let [fees, complete] = [0n, true];
  for (const account of await client.accounts('hour', addresses)) {
    if (account === null || account.status !== HOUR_STATUS.final) continue;
    const hour = await findHour(deps, account.root);
    if (hour === undefined) {
      complete = false;
      findings.cannotTell(`nobody serves hour ${account.hour} (root ${toHex(account.root)})`);
      continue;
    }
    final.push(hour);
    fees += hour.resources.reduce((sum, leaf) => sum + feeOf(leaf, account.feePerGb), 0n);
  }
  return { final, fees, complete };
}

/** What each resource paid for the week. A resource keeps its last six weeks; older ones are gone. */
async function keptByResource(
  deps: AuditDeps,
  week: bigint,
  epochKept: bigint,
  findings: Findings,
): Promise<{ readonly amounts: ReadonlyMap<string, bigint>; readonly complete: boolean }> {
  const amounts = new Map<string, bigint>();
  let overwritten = false;
  for (const resource of await deps.client.resources()) {
    const found = resource.weeks.find((each) => each.week === week + 1n);
    if (found !== undefined) amounts.set(resource.address, found.kept);
    // Its place holds a later week.
    else if ((resource.weeks[Number(week % BigInt(resource.weeks.length))]?.week ?? 0n) > week + 1n)
      overwritten = true;
  }
  const sum = [...amounts.values()].reduce((total, each) => total + each, 0n);
  if (sum === epochKept) return { amounts, complete: true };
  if (overwritten) findings.cannotTell('what each resource paid for this week: it is too long ago');
  else findings.differ('kept', String(epochKept), `${sum} over all resources`);
  return { amounts, complete: false };
}
