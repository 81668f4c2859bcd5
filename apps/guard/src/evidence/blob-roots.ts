import { createHash } from 'node:crypto';
import {
  countersRoot,
  decodeClaims,
  decodeHour,
  digestListRoot,
  entriesRoot,
  receiptListRoot,
} from '@media-network/protocol';
import type { Sha256 } from '@media-network/protocol';

export const BLOB_KINDS = ['entries', 'receipts', 'digests', 'counters', 'hours', 'weeks'] as const;
export type BlobKind = (typeof BLOB_KINDS)[number];

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** The root that a blob of a kind has; undefined when it is none of that kind. Takes time in proportion to the blob. */
export function rootOfBlob(kind: BlobKind, blob: Uint8Array): Uint8Array | undefined {
  switch (kind) {
    case 'entries':
      return entriesRoot(blob, sha256);
    case 'receipts':
      return receiptListRoot(blob, sha256);
    case 'digests':
      return digestListRoot(blob, sha256);
    case 'counters':
      return countersRoot(blob, sha256);
    case 'hours':
      return decodeHour(blob, sha256)?.root;
    default:
      return decodeClaims(blob, sha256)?.root;
  }
}
