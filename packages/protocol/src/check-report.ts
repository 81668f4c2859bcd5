import { compareBytes, equalBytes, toHex } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { addressBytes } from './address.ts';
import { checkCounters } from './check-counters.ts';
import { decodeEntries, entriesRoot, sumSlots } from './entry.ts';
import type { Entry, ReportBody } from './entry.ts';
import { decodeReceiptList, receiptListRoot } from './evidence-lists.ts';
import type { SessionProof } from './evidence-lists.ts';
import { EMPTY_ROOT } from './merkle.ts';
import { verifyReceiptSignature } from './receipt.ts';
import type { Counter } from './statements.ts';
import { verifyTicketSignature } from './ticket.ts';

/** What the chain says of a resource, as far as a report's check needs it. */
export interface ResourceFacts {
  readonly draft: boolean;
  /** Hour in which it was removed, if it was. */
  readonly removedHour: bigint | undefined;
}

export interface ReportFacts {
  readonly report: ReportBody & { readonly edge: string };
  /** The blob behind the report's root, if anybody had it. */
  readonly entries: Uint8Array | undefined;
  /** The receipts list of a root, if anybody had it. */
  readonly receiptsOf: (rootHex: string) => Uint8Array | undefined;
  readonly resourceOf: (resource: string) => ResourceFacts | undefined;
  /** Operators under which a guard of the set of the hour's week has been known; undefined for others. */
  readonly operatorsOf: (guardNo: number) => readonly string[] | undefined;
  /** Counters of this edge, signatures already verified, of this hour and of hours around it. */
  readonly counters: readonly Counter[];
  readonly sha256: Sha256;
}

export type RejectReason =
  | 'wrongRoot'
  | 'wrongTotal'
  | 'malformed'
  | 'unknownResource'
  | 'badReceipt'
  | 'attestedMismatch'
  | 'counterMismatch';

/** `missing` is no verdict yet: `unavailable` once the verdict window is nearly over. */
export type ReportFinding =
  | { readonly kind: 'ok'; readonly entries: readonly Entry[] }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly words: string }
  | { readonly kind: 'missing'; readonly what: 'entries' | 'receipts'; readonly root: string };

type Rejection = Extract<ReportFinding, { kind: 'rejected' }>;
const rejected = (reason: RejectReason, words: string): Rejection => ({ kind: 'rejected', reason, words });

/** Checks 1 to 5 of docs/evidence.md, in their order, on evidence that was fetched before. */
export async function checkReport(facts: ReportFacts): Promise<ReportFinding> {
  const { report, sha256 } = facts;
  if (facts.entries === undefined) return { kind: 'missing', what: 'entries', root: toHex(report.root) };
  const root = entriesRoot(facts.entries, sha256);
  const entries = decodeEntries(facts.entries);
  if (
    root === undefined ||
    entries === undefined ||
    !equalBytes(root, report.root) ||
    entries.length !== report.entryCount
  ) {
    return rejected('wrongRoot', 'the entries do not have the root and count of the report');
  }
  const structure = checkEntries(entries, report.bytes);
  if (structure !== undefined) return structure;
  for (const entry of entries) {
    const resource = facts.resourceOf(entry.resource);
    if (
      resource === undefined ||
      resource.draft ||
      // What was under way when it was removed, and until the edge heard of it, may reach into the next hour.
      (resource.removedHour !== undefined && resource.removedHour + 1n < report.hour)
    ) {
      return rejected('unknownResource', `${entry.resource} is not a resource of this hour`);
    }
  }
  for (const entry of entries) {
    const finding = await checkReceipts(entry, facts);
    if (finding !== undefined) return finding;
  }
  const mismatch = checkCounters(report.edge, report.hour, entries, facts.counters);
  return mismatch === undefined ? { kind: 'ok', entries } : rejected('counterMismatch', mismatch);
}

function checkEntries(entries: readonly Entry[], bytes: bigint): Rejection | undefined {
  if (entries.reduce((sum, entry) => sum + sumSlots(entry.slots), 0n) !== bytes) {
    return rejected('wrongTotal', 'the entries do not sum to the bytes of the report');
  }
  let before: Uint8Array | undefined;
  for (const entry of entries) {
    const key = addressBytes(entry.resource);
    if (before !== undefined && compareBytes(before, key) >= 0)
      return rejected('malformed', 'the entries are not sorted, or one is there twice');
    before = key;
    const total = sumSlots(entry.slots);
    if (total === 0n) return rejected('malformed', `the entry of ${entry.resource} is zero`);
    if (entry.attested > total)
      return rejected('malformed', `${entry.resource} has more attested than served`);
  }
  return undefined;
}

async function checkReceipts(entry: Entry, facts: ReportFacts): Promise<ReportFinding | undefined> {
  const rootHex = toHex(entry.receiptsRoot);
  const nothing = equalBytes(entry.receiptsRoot, EMPTY_ROOT);
  const blob = nothing ? new Uint8Array(0) : facts.receiptsOf(rootHex);
  if (blob === undefined) return { kind: 'missing', what: 'receipts', root: rootHex };
  const root = receiptListRoot(blob, facts.sha256);
  const proofs = decodeReceiptList(blob);
  if (root === undefined || proofs === undefined || !equalBytes(root, entry.receiptsRoot)) {
    return rejected('badReceipt', `the receipts of ${entry.resource} do not have their root`);
  }
  let before: Uint8Array | undefined;
  let attested = 0n;
  for (const proof of proofs) {
    const { session } = proof.ticket;
    if (before !== undefined && compareBytes(before, session) >= 0)
      return rejected('badReceipt', `a session of ${entry.resource} is there twice, or out of order`);
    before = session;
    const fault = await sessionFault(proof, entry.resource, facts);
    if (fault !== undefined) return rejected('badReceipt', `session ${toHex(session)}: ${fault}`);
    attested += proof.receipt.bytes;
  }
  if (attested !== entry.attested)
    return rejected(
      'attestedMismatch',
      `the receipts of ${entry.resource} sum to ${attested}, not ${entry.attested}`,
    );
  return undefined;
}

async function sessionFault(
  { ticket, receipt }: SessionProof,
  resource: string,
  facts: ReportFacts,
): Promise<string | undefined> {
  const operators = facts.operatorsOf(ticket.guardNo);
  if (operators === undefined) return `guard ${ticket.guardNo} is not in the set of the week`;
  if (ticket.resource !== resource || ticket.hour !== facts.report.hour)
    return 'the ticket is for another resource or hour';
  if (
    !equalBytes(receipt.session, ticket.session) ||
    receipt.resource !== resource ||
    receipt.edge !== facts.report.edge
  ) {
    return 'the receipt is for another session, resource or edge';
  }
  const signed = await Promise.all(operators.map((operator) => verifyTicketSignature(ticket, operator)));
  if (!signed.includes(true)) return 'the ticket is not signed by its guard';
  if (!(await verifyReceiptSignature(receipt, ticket.clientKey)))
    return "the receipt is not signed by the ticket's key";
  return undefined;
}
