import { createHash } from 'node:crypto';
import { SEGMENT_CHUNK_BYTES, toHex } from '@media-network/protocol';
import { publishedSegmentMessage } from '@media-network/protocol/published-segment';
import type { PublisherKey } from './publisher-key.ts';

/** What the publisher says of one file, in the form of an edge's digests (docs/evidence.md, Sharing). Hashes and signature in hex. */
export interface SignedSegment {
  /** The end of its URL: channel and file. */
  readonly name: string;
  readonly length: number;
  readonly sha256: string;
  readonly chunks: readonly string[];
  readonly signature: string;
}

export type SignSegment = (name: string, bytes: Uint8Array) => SignedSegment;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export const createSegmentSigner =
  (key: PublisherKey): SignSegment =>
  (name, bytes) => {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += SEGMENT_CHUNK_BYTES)
      chunks.push(sha256(bytes.subarray(at, at + SEGMENT_CHUNK_BYTES)));
    const body = { name, length: bytes.length, sha256: sha256(bytes), chunks };
    return {
      name,
      length: bytes.length,
      sha256: toHex(body.sha256),
      chunks: chunks.map((each) => toHex(each)),
      signature: toHex(key.sign(publishedSegmentMessage(body))),
    };
  };
