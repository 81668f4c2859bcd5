import { createHash } from 'node:crypto';
import {
  MAX_SESSIONS,
  addressOf,
  askOpen,
  buildReport,
  decodeReceipt,
  decodeToken,
  digestListRoot,
  encodeDigestList,
  encodeReceiptList,
  fromHex,
  minOf,
  receiptListRoot,
  sumSlots,
} from '@media-network/protocol';
import type { Entry, OpenPart, ReportBody, ServedDigest, SessionProof } from '@media-network/protocol';
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

/** What an edge knows of what its open bytes of an hour are paid for. */
export interface OpenTerms {
  /** Most over all resources (`yieldCapBytes`); undefined where nothing limits them. */
  readonly capBytes: bigint | undefined;
  /** Of a resource, by key. */
  likelyOf(resource: string): bigint;
}

/** Makes an hour's report from its books. Pure. */
export type BuildReport = (book: HourBook, open: OpenTerms) => BuiltReport;

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** The honest one: what was counted, signed and served (docs/evidence.md, Journal, report, entries). */
export const buildHonestReport: BuildReport = (book, open) => {
  const receipts = new Map<string, Uint8Array>();
  const digests = new Map<string, Uint8Array>();
  const proofs = proofsByResource(book);
  const entries: Entry[] = [];
  const parts: OpenPart[] = [];
  for (const [resource, counted] of book.samples) {
    if (counted.every((bytes) => bytes === 0)) continue;
    const slots = counted.map(BigInt);
    const sessions = mostSigned(proofs.get(resource) ?? []);
    const objects = digestsOf(book, resource);
    const receiptBlob = encodeReceiptList(sessions);
    const digestBlob = encodeDigestList(objects);
    const receiptsRoot = rootOf(receiptListRoot(receiptBlob, sha256));
    const digestRoot = rootOf(digestListRoot(digestBlob, sha256));
    if (receiptBlob.length > 0) receipts.set(hex(receiptsRoot), receiptBlob);
    if (digestBlob.length > 0) digests.set(hex(digestRoot), digestBlob);
    parts.push({
      bytes: sumSlots(slots),
      signed: signedBytes(sessions),
      likely: open.likelyOf(resource),
    });
    entries.push({
      resource: addressOf(bytesOf(resource)),
      slots,
      asked: 0n,
      receiptsRoot,
      digestRoot,
      sessions: sessions.length,
      digests: objects.length,
    });
  }
  const asks = askOpen(parts, open.capBytes);
  const { report, blob } = buildReport(
    BigInt(book.hour),
    entries.map((entry, i) => ({ ...entry, asked: asks[i] ?? 0n })),
    sha256,
  );
  return { report, entries: blob, receipts, digests };
};

function signedBytes(sessions: readonly SessionProof[]): bigint {
  return sessions.reduce((sum, { token, receipt }) => sum + minOf(receipt.bytes, token.ceiling), 0n);
}

/** A list holds so many sessions; what the smallest above that signed for is open bytes. */
function mostSigned(sessions: readonly SessionProof[]): readonly SessionProof[] {
  if (sessions.length <= MAX_SESSIONS) return sessions;
  return sessions.toSorted((a, b) => Number(b.receipt.bytes - a.receipt.bytes)).slice(0, MAX_SESSIONS);
}

function proofsByResource(book: HourBook): Map<string, SessionProof[]> {
  const found = new Map<string, SessionProof[]>();
  for (const { resource, token: tokenBytes, receipt: receiptBytes } of book.sessions.values()) {
    if (receiptBytes === undefined) continue;
    const token = decodeToken(tokenBytes);
    const receipt = decodeReceipt(receiptBytes);
    // The journal holds only what was decoded before it was taken in.
    if (token === undefined || receipt === undefined || receipt.bytes === 0n) continue;
    const list = found.get(resource) ?? [];
    list.push({ token, receipt });
    found.set(resource, list);
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
