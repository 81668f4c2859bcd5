import type { MediaClient } from '@media-network/chain';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import {
  checkReport,
  decodeEntries,
  entriesRoot,
  equalBytes,
  receiptListRoot,
  toHex,
  weekOfHour,
} from '@media-network/protocol';
import type { Entry, ReportFinding, Sha256 } from '@media-network/protocol';
import { MediaError } from '@media-network/runtime';
import type { Address } from '@solana/kit';

import type { Blobs } from './blobs.ts';
import { readReport } from './report-record.ts';
import type { ReportRecord, ReportStatus } from './report-record.ts';
import { createFindings } from './subject.ts';
import type { Audit, AuditDeps } from './subject.ts';

export interface ReportFigures {
  readonly report: Address;
  readonly edge: Address;
  readonly hour: bigint;
  readonly status: ReportStatus;
  readonly bytes: bigint;
  readonly attested: bigint;
  readonly entries: readonly Entry[];
  readonly reasons: readonly string[];
}

/**
 * Runs the checks that published evidence allows (1 to 4 of docs/evidence.md) and compares with the verdict.
 * What guards saw with their own probes (5 to 7) cannot be seen again; a rejection for it stands as unknown.
 */
export async function auditReport(
  deps: AuditDeps,
  edge: Address,
  hour: bigint,
): Promise<Audit<ReportFigures>> {
  const record = await readReport(deps.client, edge, hour);
  if (record === undefined) {
    throw new MediaError({
      code: 'audit/no-report',
      message: `Edge ${edge} has no report of hour ${hour} on this chain, or the node keeps no history of it.`,
      source: 'client',
      context: { edge, hour },
    });
  }
  const findings = createFindings();
  const finding = await checkPublished(deps, record);
  if (finding.kind === 'ok' && record.status === 'rejected') {
    findings.cannotTell(
      `guards rejected it (${record.reasons.join(', ')}), for what published evidence does not show`,
    );
  } else if (finding.kind === 'missing') {
    findings.cannotTell(`nobody serves its ${finding.what} (root ${finding.root})`);
  } else if (finding.kind === 'rejected' && record.status === 'confirmed') {
    findings.differ('verdict', 'confirmed', `${finding.reason}: ${finding.words}`);
  }
  const entries = await findEntries(deps.blobs, record, deps.sha256);
  return findings.result({
    report: record.address,
    edge,
    hour,
    status: record.status,
    bytes: record.bytes,
    attested: (entries ?? []).reduce((sum, entry) => sum + entry.attested, 0n),
    entries: entries ?? [],
    reasons: record.reasons,
  });
}

/** The entries behind a report's root, from whoever has them; undefined when nobody has. */
export async function findEntries(
  blobs: Blobs,
  report: { readonly root: Uint8Array },
  sha256: Sha256,
): Promise<readonly Entry[] | undefined> {
  const blob = await findEntriesBlob(blobs, report, sha256);
  return blob === undefined ? undefined : decodeEntries(blob);
}

async function findEntriesBlob(
  blobs: Blobs,
  report: { readonly root: Uint8Array },
  sha256: Sha256,
): Promise<Uint8Array | undefined> {
  return blobs.find('entries', report.root, (blob) => {
    const root = entriesRoot(blob, sha256);
    return root !== undefined && equalBytes(root, report.root) ? blob : undefined;
  });
}

async function checkPublished(deps: AuditDeps, record: ReportRecord): Promise<ReportFinding> {
  const { blobs, client, sha256 } = deps;
  const entriesBlob = await findEntriesBlob(blobs, record, sha256);
  const entries = entriesBlob === undefined ? undefined : decodeEntries(entriesBlob);
  const receipts = new Map<string, Uint8Array>();
  for (const { receiptsRoot } of entries ?? []) {
    const list = await blobs.find('receipts', receiptsRoot, (blob) => {
      const root = receiptListRoot(blob, sha256);
      return root !== undefined && equalBytes(root, receiptsRoot) ? blob : undefined;
    });
    if (list !== undefined) receipts.set(toHex(receiptsRoot), list);
  }
  const resources = await client.accounts(
    'resource',
    // Resource addresses in entries are base58 of 32 bytes, which is what an Address is.
    (entries ?? []).map((entry) => entry.resource as Address),
  );
  const known = new Map(
    resources.flatMap((resource) => (resource === null ? [] : [[String(resource.address), resource]])),
  );
  const operators = await operatorsOfWeek(client, weekOfHour(await client.config(), record.hour));
  return checkReport({
    report: record,
    entries: entriesBlob,
    receiptsOf: (root) => receipts.get(root),
    resourceOf(address) {
      const resource = known.get(address);
      if (resource === undefined) return undefined;
      const removed =
        resource.status === RESOURCE_STATUS.removed || resource.status === RESOURCE_STATUS.released;
      return {
        draft: resource.status === RESOURCE_STATUS.draft,
        removedHour: removed ? resource.removedHour : undefined,
      };
    },
    operatorsOf: (no) => operators.get(no),
    counters: [],
    sha256,
  });
}

/** Operators by guard number, of the guards of a week's set. */
async function operatorsOfWeek(
  client: MediaClient,
  week: bigint,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const [set, guards] = await Promise.all([client.guardSet(week), client.guards()]);
  const members = new Set(set?.entries.slice(0, set.count).map((entry) => entry.no) ?? []);
  return new Map(
    guards.filter((guard) => members.has(guard.no)).map((guard) => [guard.no, [guard.operator]]),
  );
}
