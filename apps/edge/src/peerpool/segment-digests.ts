import { createHash } from 'node:crypto';
import type { StoredEntry } from '@media-network/http-cache';
import { MAX_SEGMENT_BYTES, SEGMENT_CHUNK_BYTES, signSegmentDigest, toHex } from '@media-network/protocol';
import type { SignBytes } from '@media-network/protocol';
import { remember } from '../remember.ts';

/** As pages read it; bytes are hex. */
export interface DigestAnswer {
  readonly target: string;
  readonly length: number;
  readonly sha256: string;
  readonly chunks: readonly string[];
  readonly signature: string;
}

export interface SegmentDigestsDeps {
  readonly edge: string;
  readonly sign: SignBytes;
  readonly hour: () => bigint;
}

/** Hashes of chunks that are remembered, by the hash of the whole: 2 KB of one of 4 MiB. */
const MAX_REMEMBERED = 4_096;
/** Bodies that are read at once; who asks beyond that is told nothing, and gets its bytes from the edge. */
const MAX_READING = 8;

/** Signs for what is stored. Each object is read for it once, and signed for once an hour and target. */
export interface SegmentDigests {
  /** Undefined of what is too long, or where the disk does not give it. */
  of(resource: string, target: string, entry: StoredEntry): Promise<DigestAnswer | undefined>;
}

export function createSegmentDigests({ edge, sign, hour }: SegmentDigestsDeps): SegmentDigests {
  const chunked = new Map<string, Promise<readonly Uint8Array[]>>();
  const signed = new Map<string, Promise<DigestAnswer>>();
  let reading = 0;

  async function hashes(entry: StoredEntry): Promise<readonly Uint8Array[]> {
    reading += 1;
    try {
      const found: Uint8Array[] = [];
      let hash = createHash('sha256');
      let filled = 0;
      for await (const part of entry.body === undefined ? entry.read() : [entry.body]) {
        for (let at = 0; at < part.length;) {
          const piece = part.subarray(at, at + SEGMENT_CHUNK_BYTES - filled);
          hash.update(piece);
          filled += piece.length;
          at += piece.length;
          if (filled < SEGMENT_CHUNK_BYTES) continue;
          found.push(hash.digest());
          hash = createHash('sha256');
          filled = 0;
        }
      }
      if (filled > 0) found.push(hash.digest());
      return found;
    } finally {
      reading -= 1;
    }
  }

  return {
    async of(resource, target, entry) {
      if (entry.length === 0 || entry.length > MAX_SEGMENT_BYTES) return undefined;
      const sha256 = new Uint8Array(entry.sha256);
      const name = toHex(sha256);
      if (reading >= MAX_READING && !chunked.has(name)) return undefined;
      const now = hour();
      try {
        const chunks = await remember(chunked, MAX_REMEMBERED, name, () => hashes(entry));
        return await remember(signed, MAX_REMEMBERED, `${now} ${resource} ${name} ${target}`, async () => {
          const body = { edge, resource, hour: now, target, length: entry.length, sha256, chunks };
          return {
            target,
            length: entry.length,
            sha256: name,
            chunks: chunks.map((each) => toHex(each)),
            signature: toHex(await signSegmentDigest(body, sign)),
          };
        });
      } catch {
        return undefined;
      }
    },
  };
}
