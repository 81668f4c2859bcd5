import { compareBytes, concatBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { splitRecords } from './entry.ts';
import { LEAF_DOMAIN, leafHash, merkleRoot } from './merkle.ts';
import type { LeafDomain } from './merkle.ts';
import { RECEIPT_BYTES, decodeReceipt, encodeReceipt } from './receipt.ts';
import type { Receipt } from './receipt.ts';
import { TICKET_BYTES, decodeTicket, encodeTicket } from './ticket.ts';
import type { Ticket } from './ticket.ts';

export const SESSION_PROOF_BYTES = 349;
export const DIGEST_BYTES = 72;
/** Most objects in a digest list, a resource and hour. */
export const MAX_DIGESTS = 4096;

/** A session's ticket with its last receipt. */
export interface SessionProof {
  readonly ticket: Ticket;
  readonly receipt: Receipt;
}

/** An object served at least once in the hour. */
export interface ServedDigest {
  readonly targetHash: Uint8Array;
  readonly bodyHash: Uint8Array;
  readonly size: bigint;
}

/** Receipts list: sorted by session, end to end. */
export function encodeReceiptList(proofs: readonly SessionProof[]): Uint8Array {
  const sorted = proofs.toSorted((a, b) => compareBytes(a.ticket.session, b.ticket.session));
  return concatBytes(sorted.flatMap(({ ticket, receipt }) => [encodeTicket(ticket), encodeReceipt(receipt)]));
}

/** Undefined when a record is malformed. Order is left to the checks. */
export function decodeReceiptList(blob: Uint8Array): readonly SessionProof[] | undefined {
  const proofs: SessionProof[] = [];
  for (const record of splitRecords(blob, SESSION_PROOF_BYTES) ?? [new Uint8Array(0)]) {
    const ticket = decodeTicket(record.subarray(0, TICKET_BYTES));
    const receipt = decodeReceipt(record.subarray(TICKET_BYTES, TICKET_BYTES + RECEIPT_BYTES));
    if (ticket === undefined || receipt === undefined) return undefined;
    proofs.push({ ticket, receipt });
  }
  return proofs;
}

/** Digest list: sorted, duplicates left out, at most `MAX_DIGESTS`. */
export function encodeDigestList(digests: readonly ServedDigest[]): Uint8Array {
  const records = digests
    .map((digest) =>
      recordWriter(DIGEST_BYTES)
        .bytes(digest.targetHash, 32)
        .bytes(digest.bodyHash, 32)
        .u64(digest.size)
        .done(),
    )
    .sort(compareBytes);
  const unique = records.filter((record, i) => {
    const before = records[i - 1];
    return before === undefined || compareBytes(before, record) !== 0;
  });
  return concatBytes(unique.slice(0, MAX_DIGESTS));
}

export function decodeDigestList(blob: Uint8Array): readonly ServedDigest[] | undefined {
  return splitRecords(blob, DIGEST_BYTES)?.map((record) => {
    const read = recordReader(record);
    return { targetHash: read.bytes(32), bodyHash: read.bytes(32), size: read.u64() };
  });
}

function listRoot(
  blob: Uint8Array,
  size: number,
  domain: LeafDomain,
  sha256: Sha256,
): Uint8Array | undefined {
  const records = splitRecords(blob, size);
  if (records === undefined) return undefined;
  return merkleRoot(
    records.map((record) => leafHash(domain, record, sha256)),
    sha256,
  );
}

/** Root of a receipts list; undefined when its length is off. */
export function receiptListRoot(blob: Uint8Array, sha256: Sha256): Uint8Array | undefined {
  return listRoot(blob, SESSION_PROOF_BYTES, LEAF_DOMAIN.receipt, sha256);
}

/** Root of a digest list; undefined when its length is off. */
export function digestListRoot(blob: Uint8Array, sha256: Sha256): Uint8Array | undefined {
  return listRoot(blob, DIGEST_BYTES, LEAF_DOMAIN.digest, sha256);
}
