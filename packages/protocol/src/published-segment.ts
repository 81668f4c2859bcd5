import { concatBytes, recordWriter, utf8 } from './bytes.ts';
import { signedMessage, verifySignature } from './signing.ts';

/** What a publisher says that a file of a stream is, whoever carries it. */
export interface PublishedSegmentBody {
  /** Path of the file from the stream's folder on, `live/video-12.m4s`: the end of its URL. At most 255 bytes. */
  readonly name: string;
  readonly length: number;
  /** Of the whole, 32 bytes. */
  readonly sha256: Uint8Array;
  /** Of each chunk of 64 KiB, in order: as edges sign them, and as viewers check them. */
  readonly chunks: readonly Uint8Array[];
}

/** What is signed. `"media-network published segment v1\0"` ‖ length of the name u8 ‖ name ‖ length u64 ‖ sha256 32 ‖ chunks 32 each. */
export function publishedSegmentMessage({ name, length, sha256, chunks }: PublishedSegmentBody): Uint8Array {
  const named = utf8(name);
  if (named.length > 255) throw new RangeError('the name of a published segment is too long');
  const head = recordWriter(1 + named.length + 40)
    .u8(named.length)
    .bytes(named, named.length)
    .u64(BigInt(length))
    .bytes(sha256, 32)
    .done();
  return signedMessage('published segment v1', concatBytes([head, ...chunks]));
}

/** False for a key or a signature that is malformed, too. `publisher` is an address. */
export function verifyPublishedSegment(
  body: PublishedSegmentBody,
  signature: Uint8Array,
  publisher: string,
): Promise<boolean> {
  return verifySignature(publisher, signature, publishedSegmentMessage(body));
}
