import { compareAddresses } from './address.ts';
import { equalBytes } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { ENTRY_BYTES, decodeEntries, entriesRoot, sumSlots } from './entry.ts';
import type { Entry, ReportBody } from './entry.ts';
import { DIGEST_BYTES, MAX_DIGESTS, MAX_SESSIONS, SESSION_PROOF_BYTES } from './evidence-lists.ts';
import { saturatingAdd } from './integer.ts';

export type ReportFault = 'wrongRoot' | 'malformed' | 'wrongTotal';

/** What anybody can say of a report by its entries alone. */
export type ReportFinding =
  | { readonly kind: 'ok'; readonly entries: readonly Entry[] }
  | { readonly kind: 'rejected'; readonly reason: ReportFault; readonly words: string };

/** Exact length of the blob behind a report's root, known from the chain before a byte is fetched. */
export function entriesLength(report: { readonly entryCount: number }): number {
  return report.entryCount * ENTRY_BYTES;
}

/** Exact length of an entry's receipts list. */
export function receiptsLength(entry: Entry): number {
  return entry.sessions * SESSION_PROOF_BYTES;
}

/** Exact length of an entry's digest list. */
export function digestsLength(entry: Entry): number {
  return entry.digests * DIGEST_BYTES;
}

/** Whether entries are what a report with that sum and count may have; what is wrong, otherwise. */
export function checkEntries(
  report: Pick<ReportBody, 'bytes' | 'entryCount'>,
  entries: readonly Entry[],
): { readonly reason: ReportFault; readonly words: string } | undefined {
  if (entries.length !== report.entryCount)
    return { reason: 'wrongRoot', words: `${entries.length} entries, not ${report.entryCount}` };
  let total = 0n;
  let before: string | undefined;
  for (const entry of entries) {
    const bytes = sumSlots(entry.slots);
    const malformed = (words: string): { reason: ReportFault; words: string } => ({
      reason: 'malformed',
      words: `${words} at ${entry.resource}`,
    });
    if (before !== undefined && compareAddresses(before, entry.resource) >= 0)
      return malformed('entries out of order');
    if (bytes === 0n) return malformed('an entry without bytes');
    if (entry.asked > bytes) return malformed('more asked for than served');
    if (entry.sessions > MAX_SESSIONS) return malformed(`more than ${MAX_SESSIONS} sessions`);
    if (entry.digests > MAX_DIGESTS) return malformed(`more than ${MAX_DIGESTS} digests`);
    before = entry.resource;
    total = saturatingAdd(total, bytes);
  }
  if (total !== report.bytes)
    return { reason: 'wrongTotal', words: `entries sum to ${total}, the report says ${report.bytes}` };
  return undefined;
}

/** A report by the blob that somebody served for its root. Objective: every honest guard finds the same. */
export function checkReport(
  report: Pick<ReportBody, 'bytes' | 'entryCount' | 'root'>,
  blob: Uint8Array,
  sha256: Sha256,
): ReportFinding {
  const wrong: ReportFinding = {
    kind: 'rejected',
    reason: 'wrongRoot',
    words: 'the entries do not have the root and count of the report',
  };
  // Before anything is hashed: a length that is off costs nothing.
  if (blob.length !== entriesLength(report)) return wrong;
  const root = entriesRoot(blob, sha256);
  if (root === undefined || !equalBytes(root, report.root)) return wrong;
  const entries = decodeEntries(blob) ?? [];
  const fault = checkEntries(report, entries);
  return fault === undefined ? { kind: 'ok', entries } : { kind: 'rejected', ...fault };
}
