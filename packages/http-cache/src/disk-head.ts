import { createHash } from 'node:crypto';
import { ownBytes } from '@media-network/runtime/own-bytes';
import type { EntryMeta } from './store.ts';

/**
 * One file an entry: this head, key, metadata as JSON, padding, body.
 *
 *   0  8  magic "MNCACHE\n"       24  8  body length
 *   8  4  version                 32 32  SHA-256 of the body
 *  12  4  key bytes               64 16  MD5 of the body
 *  16  4  metadata bytes          80 32  SHA-256 of bytes 0..80, key and metadata
 *  20  4  offset of the body     112     key, metadata, zeroes
 *
 * Little-endian. The padding leaves room for longer metadata after a 304.
 */
export const HEAD_BYTES = 112;
const MAGIC = Buffer.from('MNCACHE\n', 'latin1');
const VERSION = 1;
const SLACK_BYTES = 1_024;
const ALIGN_BYTES = 4_096;
/** More metadata than this is no response's. */
const MAX_HEAD_BYTES = 1_048_576;

export interface DiskHead {
  readonly key: string;
  readonly meta: EntryMeta;
  readonly bodyOffset: number;
  readonly length: number;
  readonly sha256: Buffer;
  readonly md5: Buffer;
}

function offsetAfter(keyBytes: number, metaBytes: number): number {
  return Math.ceil((HEAD_BYTES + keyBytes + metaBytes + SLACK_BYTES) / ALIGN_BYTES) * ALIGN_BYTES;
}

export function bodyOffsetFor(key: string, meta: EntryMeta): number {
  return offsetAfter(Buffer.byteLength(key), Buffer.byteLength(JSON.stringify(meta)));
}

/** The head up to the body, or undefined when it no longer fits before `bodyOffset`. */
export function encodeHead(head: DiskHead): Buffer | undefined {
  const key = Buffer.from(head.key);
  const meta = Buffer.from(JSON.stringify(head.meta));
  if (HEAD_BYTES + key.length + meta.length > head.bodyOffset) return undefined;
  const bytes = Buffer.allocUnsafe(head.bodyOffset);
  writeHead(bytes, head, key, meta);
  return bytes;
}

/** A whole file, in memory of its own. */
export function encodeWhole(
  entry: Pick<DiskHead, 'key' | 'meta' | 'sha256' | 'md5'> & { readonly body: Buffer },
): { readonly bodyOffset: number; readonly bytes: Buffer<ArrayBuffer> } {
  const key = Buffer.from(entry.key);
  const meta = Buffer.from(JSON.stringify(entry.meta));
  const bodyOffset = offsetAfter(key.length, meta.length);
  const bytes = Buffer.allocUnsafeSlow(bodyOffset + entry.body.length);
  writeHead(bytes, { ...entry, bodyOffset, length: entry.body.length }, key, meta);
  bytes.set(entry.body, bodyOffset);
  return { bodyOffset, bytes };
}

/** All before the body, the padding included. */
function writeHead(bytes: Buffer, head: Omit<DiskHead, 'key' | 'meta'>, key: Buffer, meta: Buffer): void {
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(key.length, 12);
  bytes.writeUInt32LE(meta.length, 16);
  bytes.writeUInt32LE(head.bodyOffset, 20);
  bytes.writeBigUInt64LE(BigInt(head.length), 24);
  head.sha256.copy(bytes, 32);
  head.md5.copy(bytes, 64);
  headDigest(bytes.subarray(0, 80), key, meta).copy(bytes, 80);
  key.copy(bytes, HEAD_BYTES);
  meta.copy(bytes, HEAD_BYTES + key.length);
  bytes.fill(0, HEAD_BYTES + key.length + meta.length, head.bodyOffset);
}

function headDigest(fixed: Buffer, key: Buffer, meta: Buffer): Buffer {
  return createHash('sha256').update(fixed).update(key).update(meta).digest();
}

/** How many bytes to read for key and metadata, from the fixed part; undefined when it is not ours. */
export function headLength(fixed: Buffer): number | undefined {
  if (fixed.length < HEAD_BYTES || !fixed.subarray(0, 8).equals(MAGIC) || fixed.readUInt32LE(8) !== VERSION)
    return undefined;
  const length = HEAD_BYTES + fixed.readUInt32LE(12) + fixed.readUInt32LE(16);
  return length <= MAX_HEAD_BYTES && length <= fixed.readUInt32LE(20) ? length : undefined;
}

/** Reads a head; undefined unless every byte of it is as written. */
export function decodeHead(bytes: Buffer): DiskHead | undefined {
  const length = headLength(bytes);
  if (length === undefined || bytes.length < length) return undefined;
  const keyEnd = HEAD_BYTES + bytes.readUInt32LE(12);
  const key = bytes.subarray(HEAD_BYTES, keyEnd);
  const meta = bytes.subarray(keyEnd, length);
  if (!headDigest(bytes.subarray(0, 80), key, meta).equals(bytes.subarray(80, 112))) return undefined;
  const digests = ownBytes(bytes.subarray(32, 80));
  return {
    key: key.toString(),
    // the digest covers it and only this module writes it, so it has the shape it was written with
    meta: JSON.parse(meta.toString()) as EntryMeta,
    bodyOffset: bytes.readUInt32LE(20),
    length: Number(bytes.readBigUInt64LE(24)),
    sha256: digests.subarray(0, 32),
    md5: digests.subarray(32),
  };
}
