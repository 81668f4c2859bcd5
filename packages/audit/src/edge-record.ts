import type { Found, MediaClient } from '@media-network/chain';
import { ELECTION_STATUS, HOUR_STATUS, VERDICT_STATUS } from '@media-network/chain/schema';
import { decideReports, decodeVerdict, disputeTest, hourAt } from '@media-network/protocol';
import type { Periods, ReputationFact, Reveal } from '@media-network/protocol';
import type { Address } from '@solana/kit';

/** What the chain says of an edge. */
export interface EdgeRecord {
  readonly facts: readonly ReputationFact[];
  /** Hours that the edge reported and of which it cannot be told any more, or not yet, what guards decided. */
  readonly unknown: readonly bigint[];
}

/** Hours read side by side: each costs the node a look through its verdicts. */
const PARALLEL = 8;

/** Everything that an edge's reputation counts, of hours `from` to `until`, both included. */
export async function readEdgeRecord(
  client: Pick<MediaClient, 'accounts' | 'addresses' | 'hour' | 'verdicts' | 'list'>,
  periods: Periods,
  edge: Address,
  { from, until }: { readonly from: bigint; readonly until: bigint },
): Promise<EdgeRecord> {
  const hours = Array.from({ length: Math.max(0, Number(until - from) + 1) }, (_, i) => from + BigInt(i));
  const addresses = await Promise.all(hours.map((hour) => client.addresses.report(edge, hour)));
  const reports = (await client.accounts('report', addresses)).flatMap((each) => each ?? []).values();
  const facts: ReputationFact[] = [];
  const unknown: bigint[] = [];

  async function readHours(): Promise<void> {
    for (const report of reports) {
      const found = await factsOfReport(client, report);
      if (found === undefined) unknown.push(report.hour);
      else facts.push(...found);
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, readHours));

  for (const election of await client.list('election')) {
    if (election.accused !== edge) continue;
    const { status } = election;
    const kind =
      status === ELECTION_STATUS.slashed
        ? 'slashed'
        : status === ELECTION_STATUS.removed
          ? 'removed'
          : undefined;
    const hour = hourAt(periods, election.startedAt);
    if (kind !== undefined && hour >= from && hour <= until)
      facts.push({ hour, kind, evidence: election.address });
  }
  return { facts, unknown: unknown.sort((a, b) => Number(a - b)) };
}

/** What guards decided of a report; undefined while they can still say something, or once that is closed. */
async function factsOfReport(
  client: Pick<MediaClient, 'hour' | 'verdicts'>,
  report: Found<'report'>,
): Promise<readonly ReputationFact[] | undefined> {
  const [hour, verdicts] = await Promise.all([client.hour(report.hour), client.verdicts(report.hour)]);
  if (hour === null || hour.status !== HOUR_STATUS.final) return undefined;
  const revealed = verdicts.filter(({ status }) => status === VERDICT_STATUS.revealed);
  if (revealed.length < hour.reveals) return undefined;
  const reveals = revealed.map((verdict): Reveal => ({
    ...(decodeVerdict(verdict.tail.subarray(0, verdict.length)) ?? { levels: [], disputes: [] }),
    no: verdict.no,
    holdingRight: true,
    prevRight: true,
  }));
  const decision = decideReports(hour.reports, reveals, hour.setCount)[report.index];
  if (decision === undefined) return undefined;
  const isDisputed = disputeTest(reveals, hour.setCount);
  const named = new Set(
    reveals.flatMap(({ disputes }) =>
      disputes.filter((each) => each.report === report.index && isDisputed(each)).map(({ entry }) => entry),
    ),
  );
  const at = { hour: report.hour, evidence: report.address };
  return [{ ...at, kind: decision }, ...[...named].map(() => ({ ...at, kind: 'disputed' as const }))];
}
