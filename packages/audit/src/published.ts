import type { Found } from '@media-network/chain';
import {
  COUNTER_BYTES,
  activeIn,
  checkReport,
  countersRoot,
  decodeClaims,
  decodeCounters,
  decodeHour,
  entriesLength,
  equalBytes,
  operatorIn,
  receiptListRoot,
  receiptsLength,
  termsOf,
  verifyCommitSignature,
  verifySessions,
} from '@media-network/protocol';
import type {
  Claims,
  CollectedCommit,
  Entry,
  Hour,
  ReportBody,
  ReportFinding,
  ResourceTerms,
  SessionsFinding,
} from '@media-network/protocol';
import type { Address } from '@solana/kit';
import type { AuditDeps } from './subject.ts';

/** The entries behind a report's root and what they show by themselves; undefined when nobody serves them. */
export async function findEntries(
  deps: AuditDeps,
  report: Pick<ReportBody, 'root' | 'bytes' | 'entryCount'>,
): Promise<{ readonly finding: ReportFinding; readonly blob: Uint8Array } | undefined> {
  return deps.blobs.find(
    'entries',
    report.root,
    (blob) => {
      const finding = checkReport(report, blob, deps.sha256);
      // Another blob than the report's shows nothing of it.
      return finding.kind === 'rejected' && finding.reason === 'wrongRoot' ? undefined : { finding, blob };
    },
    entriesLength(report),
  );
}

/** The sessions of an entry that count; undefined when nobody serves their list. */
export async function findSessions(
  deps: AuditDeps,
  at: { readonly hour: bigint; readonly edge: string; readonly vouchingKey: string | undefined },
  entry: Entry,
): Promise<SessionsFinding | undefined> {
  if (entry.sessions === 0) return { sessions: [], dropped: [] };
  const list = await deps.blobs.find(
    'receipts',
    entry.receiptsRoot,
    (blob) => {
      const root = receiptListRoot(blob, deps.sha256);
      return root !== undefined && equalBytes(root, entry.receiptsRoot) ? blob : undefined;
    },
    receiptsLength(entry),
  );
  return list === undefined ? undefined : verifySessions({ ...at, entry }, list);
}

/** The hour behind a final root, from whoever has it. */
export async function findHour(deps: AuditDeps, root: Uint8Array): Promise<Hour | undefined> {
  return deps.blobs.find('hours', root, (blob) => {
    const decoded = decodeHour(blob, deps.sha256);
    return decoded !== undefined && equalBytes(decoded.root, root) ? decoded : undefined;
  });
}

/** The claims behind a week's root, from whoever has them. */
export async function findClaims(deps: AuditDeps, root: Uint8Array): Promise<Claims | undefined> {
  return deps.blobs.find('weeks', root, (blob) => {
    const decoded = decodeClaims(blob, deps.sha256);
    return decoded !== undefined && equalBytes(decoded.root, root) ? decoded : undefined;
  });
}

/** An edge's commits of an hour that its operator signed, with their counters where somebody shows them. */
export async function findCommits(
  deps: AuditDeps,
  edge: Found<'edge'>,
  hour: bigint,
): Promise<readonly CollectedCommit[]> {
  const collected: CollectedCommit[] = [];
  for (const commit of await deps.blobs.commits(edge.address, hour)) {
    if (!(await verifyCommitSignature(commit, operatorIn(edge, hour)))) continue;
    const counters = await deps.blobs.find(
      'counters',
      commit.root,
      (blob) => {
        const root = countersRoot(blob, deps.sha256);
        return root !== undefined && equalBytes(root, commit.root) ? decodeCounters(blob) : undefined;
      },
      commit.count * COUNTER_BYTES,
    );
    collected.push({
      commit,
      counters: counters && new Map(counters.map(({ resource, bytes }) => [resource, bytes])),
    });
  }
  return collected;
}

/** What held for a resource in an hour, as the chain has it. */
export interface ResourceInHour extends ResourceTerms {
  readonly active: boolean;
}

/** Terms and spans of resources in an hour, by address; those that the chain does not know are left out. */
export async function resourcesIn(
  deps: AuditDeps,
  addresses: Iterable<string>,
  hour: bigint,
): Promise<ReadonlyMap<string, ResourceInHour>> {
  // Resource addresses in entries are base58 of 32 bytes, which is what an Address is.
  const wanted = [...new Set(addresses)] as Address[];
  const accounts = await deps.client.accounts('resource', wanted);
  return new Map(
    accounts.flatMap((account) =>
      account === null
        ? []
        : [
            [
              String(account.address),
              { ...termsOf(account, hour), active: activeIn(account, hour) },
            ] as const,
          ],
    ),
  );
}
