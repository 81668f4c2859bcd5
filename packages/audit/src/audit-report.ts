import type { Found } from '@media-network/chain';
import { VERDICT_STATUS } from '@media-network/chain/schema';
import { checkCommits, decideReports, decodeVerdict } from '@media-network/protocol';
import type { CommitFinding, Decision, Entry, Level, Reveal } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';
import { findCommits, findEntries, findSessions, resourcesIn } from './published.ts';
import { readReport } from './report-record.ts';
import type { ReportRecord } from './report-record.ts';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps, Findings } from './subject.ts';

export interface ReportFigures {
  readonly report: Address;
  readonly edge: Address;
  readonly hour: bigint;
  /** What the reveals make of it; undefined while they can still come, or once they are closed. */
  readonly decision: Decision | undefined;
  /** What each guard said, by number. */
  readonly levels: readonly { readonly no: number; readonly level: Level }[];
  readonly bytes: bigint;
  readonly entries: readonly Entry[];
  /** Σ bytes of sessions that count, before ceilings over all edges. */
  readonly vouched: bigint;
  readonly sessions: number;
  /** Sessions that count for nothing, and why. */
  readonly dropped: readonly string[];
  /** What the commits that guards collected say of it. */
  readonly commits: { readonly count: number; readonly finding: CommitFinding };
}

/**
 * Looks at a report by what is published: entries, sessions, commits, and what guards revealed. What guards saw with their
 * own probes cannot be seen again.
 */
export async function auditReport(
  deps: AuditDeps,
  edge: Address,
  hour: bigint,
): Promise<Audit<ReportFigures>> {
  const { client } = deps;
  const record = await readReport(client, edge, hour);
  if (record === undefined) {
    throw new MediaError({
      code: 'audit/no-report',
      message: `Edge ${edge} has no report of hour ${hour} on this chain, or the node keeps no history of it.`,
      source: 'client',
      context: { edge, hour },
    });
  }
  const findings = createFindings();
  const { decision, levels } = await readDecision(deps, record, findings);
  const found = await findEntries(deps, record);
  if (found === undefined) findings.cannotTell('nobody serves its entries');
  else if (found.finding.kind === 'rejected' && decision !== undefined && decision !== 'rejected')
    findings.differ('decision', decision, `rejected: ${found.finding.reason}, ${found.finding.words}`);
  const entries = found?.finding.kind === 'ok' ? found.finding.entries : [];
  const vouched = await sumSessions(deps, record, entries, findings);
  const [account] = await client.accounts('edge', [edge]);
  const commits = account === null || account === undefined ? [] : await commitsAround(deps, account, hour);
  return findings.result({
    report: record.address,
    edge,
    hour,
    decision,
    levels,
    bytes: record.bytes,
    entries,
    ...vouched,
    commits: {
      count: commits.filter(({ commit }) => commit.hour === hour).length,
      // Nobody was asked here: that there are none convicts nobody.
      finding: checkCommits({ hour, entries, commits, asked: 0, received: new Map() }),
    },
  });
}

async function readDecision(
  deps: AuditDeps,
  record: ReportRecord,
  findings: Findings,
): Promise<Pick<ReportFigures, 'decision' | 'levels'>> {
  const { client } = deps;
  const [hour, verdicts] = await Promise.all([client.hour(record.hour), client.verdicts(record.hour)]);
  const revealed = verdicts.filter(({ status }) => status === VERDICT_STATUS.revealed);
  if (hour === null || record.place === undefined || revealed.length < hour.reveals) {
    findings.cannotTell('what guards said of it: accounts of the hour are closed');
    return { decision: undefined, levels: [] };
  }
  const reveals = revealed.map((verdict): Reveal => ({
    ...(decodeVerdict(verdict.tail.subarray(0, verdict.length)) ?? { levels: [], disputes: [] }),
    no: verdict.no,
    holdingRight: true,
    prevRight: true,
  }));
  const { index } = record.place;
  return {
    decision: decideReports(hour.reports, reveals, hour.setCount)[index],
    levels: reveals.map(({ no, levels }) => ({ no, level: levels[index] ?? 0 })),
  };
}

async function sumSessions(
  deps: AuditDeps,
  record: ReportRecord,
  entries: readonly Entry[],
  findings: Findings,
): Promise<Pick<ReportFigures, 'vouched' | 'sessions' | 'dropped'>> {
  const terms = await resourcesIn(
    deps,
    entries.map(({ resource }) => resource),
    record.hour,
  );
  const dropped: string[] = [];
  let [vouched, sessions] = [0n, 0];
  for (const entry of entries) {
    const held = terms.get(entry.resource);
    if (held?.active !== true) {
      dropped.push(`${entry.resource} was not active in this hour`);
      continue;
    }
    const at = { hour: record.hour, edge: record.edge, vouchingKey: held.vouchingKey };
    const list = await findSessions(deps, at, entry);
    if (list === undefined) {
      findings.cannotTell(`nobody serves the receipts of ${entry.resource}`);
      continue;
    }
    sessions += list.sessions.length;
    vouched += list.sessions.reduce((sum, session) => sum + session.bytes, 0n);
    dropped.push(...list.dropped.map((words) => `${entry.resource}: ${words}`));
  }
  return { vouched, sessions, dropped };
}

/** Commits of an hour and its neighbours, which bind its first and its last slots. */
async function commitsAround(
  deps: AuditDeps,
  edge: Found<'edge'>,
  hour: bigint,
): ReturnType<typeof findCommits> {
  const hours = hour === 0n ? [hour, 1n] : [hour - 1n, hour, hour + 1n];
  return (await Promise.all(hours.map((each) => findCommits(deps, edge, each)))).flat();
}
