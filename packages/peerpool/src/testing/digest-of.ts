import type { SegmentDigest } from '../edge/digest.ts';
import { sha256Hex } from '../segment-id.ts';
import { CHUNK_BYTES } from '../wire/messages.ts';

/** What an edge would say of these bytes. */
export async function digestOf(bytes: Uint8Array): Promise<SegmentDigest> {
  const chunks: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    chunks.push(await sha256Hex(bytes.subarray(at, at + CHUNK_BYTES)));
  return { length: bytes.length, sha256: await sha256Hex(bytes), chunks };
}

/** Bytes that differ from each other and from those of another seed. */
export function someBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed + 1;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}
