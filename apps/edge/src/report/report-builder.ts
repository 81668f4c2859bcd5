import { createHash } from 'node:crypto';
import {
  addressOf,
  buildReport,
  decodeReceipt,
  decodeTicket,
  digestListRoot,
  encodeDigestList,
  encodeReceiptList,
  fromHex,
  receiptListRoot,
} from '@media-network/protocol';
import type { Entry, ReportBody, ServedDigest, SessionProof } from '@media-network/protocol';
import type { HourBook } from '../journal/ledger.ts';

/** A report and everything that guards may ask for behind it. */
export interface BuiltReport {
  readonly report: ReportBody;
  /** Entries end to end; their Merkle root is the report's. */
  readonly entries: Uint8Array;
  /** Receipt lists by root, hex. */
  readonly receipts: ReadonlyMap<string, Uint8Array>;
  /** Digest lists by root, hex. */
  readonly digests: ReadonlyMap<string, Uint8Array>;
}

/** Makes an hour's report from its books. Pure. */
export type BuildReport = (book: HourBook) => BuiltReport;

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** The honest one: what was counted, signed and served (docs/evidence.md, Journal, report, entries). */
export const buildHonestReport: BuildReport = (book) => {
  const receipts = new Map<string, Uint8Array>();
  const digests = new Map<string, Uint8Array>();
  const proofs = proofsByResource(book);
  const entries: Entry[] = [];
  for (const [resource, slots] of book.samples) {
    if (slots.every((bytes) => bytes === 0)) continue;
    const { list, attested } = proofs.get(resource) ?? { list: [], attested: 0n };
    const receiptBlob = encodeReceiptList(list);
    const digestBlob = encodeDigestList(digestsOf(book, resource));
    const receiptsRoot = rootOf(receiptListRoot(receiptBlob, sha256));
    const digestRoot = rootOf(digestListRoot(digestBlob, sha256));
    if (receiptBlob.length > 0) receipts.set(hex(receiptsRoot), receiptBlob);
    if (digestBlob.length > 0) digests.set(hex(digestRoot), digestBlob);
    entries.push({
      resource: addressOf(bytesOf(resource)),
      slots: slots.map(BigInt),
      attested,
      receiptsRoot,
      digestRoot,
    });
  }
  const { report, blob } = buildReport(BigInt(book.hour), entries, sha256);
  return { report, entries: blob, receipts, digests };
};

function proofsByResource(book: HourBook): Map<string, { list: SessionProof[]; attested: bigint }> {
  const found = new Map<string, { list: SessionProof[]; attested: bigint }>();
  for (const { resource, ticket: ticketBytes, receipt: receiptBytes } of book.sessions.values()) {
    if (receiptBytes === undefined) continue;
    const ticket = decodeTicket(ticketBytes);
    const receipt = decodeReceipt(receiptBytes);
    // The journal holds only what was decoded before it was taken in.
    if (ticket === undefined || receipt === undefined || receipt.bytes === 0n) continue;
    const of = found.get(resource) ?? { list: [], attested: 0n };
    of.list.push({ ticket, receipt });
    of.attested += receipt.bytes;
    found.set(resource, of);
  }
  return found;
}

function digestsOf(book: HourBook, resource: string): ServedDigest[] {
  return [...(book.digests.get(resource)?.values() ?? [])].map(({ target, body, size }) => ({
    targetHash: bytesOf(target),
    bodyHash: bytesOf(body),
    size: BigInt(size),
  }));
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text, 32);
  if (bytes === undefined) throw new RangeError('the ledger holds a key that is no 32 bytes of hex');
  return bytes;
}

function rootOf(root: Uint8Array | undefined): Uint8Array {
  if (root === undefined) throw new RangeError('a list that we encoded has whole records');
  return root;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
