import { sha256Hex } from '../segment-id.ts';
import { CHUNK_BYTES } from '../wire/messages.ts';

/** What the bytes of a segment are, by somebody that the page believes. */
export interface SegmentDigest {
  readonly length: number;
  /** Of the whole, hex. */
  readonly sha256: string;
  /** Of each chunk of 64 KiB, hex, in order. */
  readonly chunks: readonly string[];
}

/** Longest segment that is shared. */
export const MAX_SEGMENT_BYTES: number = 32 * 1024 * 1024;

/** One of what a publisher, an edge or a guard says; undefined where it is none. */
export function readDigest(value: unknown): SegmentDigest | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { length, sha256, chunks } = value as Partial<Record<string, unknown>>;
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length <= 0) return undefined;
  if (length > MAX_SEGMENT_BYTES || !isHash(sha256) || !Array.isArray(chunks)) return undefined;
  if (chunks.length !== Math.ceil(length / CHUNK_BYTES) || !chunks.every(isHash)) return undefined;
  return { length, sha256, chunks };
}

const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/** Bytes of one chunk. */
export function chunkLength({ length }: SegmentDigest, chunk: number): number {
  return Math.min(CHUNK_BYTES, length - chunk * CHUNK_BYTES);
}

/** Whether a chunk is what it should be; anything but certainty is no. */
export async function isChunk(digest: SegmentDigest, chunk: number, bytes: Uint8Array): Promise<boolean> {
  const wanted = digest.chunks[chunk];
  if (wanted === undefined || bytes.length !== chunkLength(digest, chunk)) return false;
  return (await sha256Hex(bytes)) === wanted;
}

export async function isWhole(digest: SegmentDigest, bytes: Uint8Array): Promise<boolean> {
  return bytes.length === digest.length && (await sha256Hex(bytes)) === digest.sha256;
}
