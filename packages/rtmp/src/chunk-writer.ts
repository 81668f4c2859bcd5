import type { RtmpMessage } from './chunk-reader.ts';

/** Bytes of a chunk's payload that this side sends, announced right after the handshake. */
export const SENT_CHUNK_BYTES = 4_096;

/**
 * A message as chunks (RTMP 1.0, 5.3.1): one of format 0, and as many of format 3 as it takes.
 * `chunkStream` is 2 to 63; the timestamp is below 2²⁴ − 1 here.
 */
export function encodeMessage(chunkStream: number, message: RtmpMessage, chunkBytes: number): Uint8Array {
  const { payload, type, streamId, timestampMs } = message;
  const more = Math.max(0, Math.ceil(payload.length / chunkBytes) - 1);
  const bytes = new Uint8Array(12 + payload.length + more);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (chunkStream << 24) | timestampMs);
  view.setUint32(4, (payload.length << 8) | type);
  view.setUint32(8, streamId, true);
  let at = 12;
  for (let from = 0; from < payload.length; from += chunkBytes) {
    if (from > 0) {
      bytes[at] = 0xc0 | chunkStream;
      at += 1;
    }
    const part = payload.subarray(from, from + chunkBytes);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
