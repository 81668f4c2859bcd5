import { compareBytes, concatBytes, recordReader, recordWriter } from './bytes.ts';
import type { Sha256 } from './bytes.ts';
import { splitRecords } from './entry.ts';
import { LEAF_DOMAIN, leafHash, merkleRoot } from './merkle.ts';
import type { LeafDomain } from './merkle.ts';
import { RECEIPT_BYTES, decodeReceipt, encodeReceipt } from './receipt.ts';
import type { Receipt } from './receipt.ts';
import { TOKEN_BYTES, decodeToken, encodeToken } from './token.ts';
import type { Token } from './token.ts';

export const SESSION_PROOF_BYTES: number = TOKEN_BYTES + RECEIPT_BYTES;
export const DIGEST_BYTES = 72;
/** Most objects in a digest list, a resource and hour. */
export const MAX_DIGESTS = 4096;
/** Most sessions in a receipts list, a resource and hour; the largest list has 22.8 MB. What is above is open bytes. */
export const MAX_SESSIONS = 65_536;

/** A session's token with its last receipt. */
export interface SessionProof {
  readonly token: Token;
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
  const sorted = proofs.toSorted((a, b) => compareBytes(a.token.session, b.token.session));
  return concatBytes(sorted.flatMap(({ token, receipt }) => [encodeToken(token), encodeReceipt(receipt)]));
}

/** Undefined when a record is malformed, sessions are not in rising order, or there are too many: then the list is void. */
export function decodeReceiptList(blob: Uint8Array): readonly SessionProof[] | undefined {
  const records = splitRecords(blob, SESSION_PROOF_BYTES);
  if (records === undefined || records.length > MAX_SESSIONS) return undefined;
  const proofs: SessionProof[] = [];
  let before: Uint8Array | undefined;
  for (const record of records) {
    const token = decodeToken(record.subarray(0, TOKEN_BYTES));
    const receipt = decodeReceipt(record.subarray(TOKEN_BYTES));
    if (token === undefined || receipt === undefined) return undefined;
    if (before !== undefined && compareBytes(before, token.session) >= 0) return undefined;
    before = token.session;
    proofs.push({ token, receipt });
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
