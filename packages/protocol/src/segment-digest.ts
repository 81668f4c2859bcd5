import { addressBytes } from './address.ts';
import { concatBytes, recordWriter, utf8 } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';
import type { SignBytes } from './signing.ts';

/** Bytes that one hash of a segment's list is about: viewers verify what others send in such chunks. */
export const SEGMENT_CHUNK_BYTES: number = 64 * 1024;
/** Longest object that digests are given of. */
export const MAX_SEGMENT_BYTES: number = 32 * 1024 * 1024;

/** What an edge says that an object is. It stands for its bytes towards whoever gets them from other viewers. */
export interface SegmentDigestBody {
  /** Account of the edge. */
  readonly edge: string;
  readonly resource: string;
  /** By the network's count, in which the edge says so. */
  readonly hour: bigint;
  /** Path and query, as asked for. */
  readonly target: string;
  readonly length: number;
  /** Of the whole, 32 bytes. */
  readonly sha256: Uint8Array;
  /** Of each chunk of 64 KiB, in order. */
  readonly chunks: readonly Uint8Array[];
}

async function message(body: SegmentDigestBody): Promise<Uint8Array> {
  const [target, chunks] = await Promise.all(
    [utf8(body.target), concatBytes(body.chunks)].map(
      async (part) => new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(part))),
    ),
  );
  return signedMessage(
    'segment digest v1',
    recordWriter(176)
      .bytes(addressBytes(body.edge), 32)
      .bytes(addressBytes(body.resource), 32)
      .u64(body.hour)
      .bytes(target ?? new Uint8Array(), 32)
      .u64(BigInt(body.length))
      .bytes(body.sha256, 32)
      .bytes(chunks ?? new Uint8Array(), 32)
      .done(),
  );
}

/** 64 bytes. */
export async function signSegmentDigest(body: SegmentDigestBody, sign: SignBytes): Promise<Uint8Array> {
  return sign(await message(body));
}

export async function verifySegmentDigest(
  body: SegmentDigestBody,
  signature: Uint8Array,
  operator: string,
): Promise<boolean> {
  return verifySignature(operator, signature, await message(body));
}
