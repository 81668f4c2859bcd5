import { EMPTY_ROOT, toHex } from '@media-network/protocol';
import { isBlobOf } from './evidence-store.ts';
import type { BlobKind, EvidenceStore } from './evidence-store.ts';
import type { PeerFetch } from './peer-fetch.ts';

/** What a search may cost: strangers choose how many blobs there are, and how slowly they come. */
export interface SearchLimits {
  readonly signal: AbortSignal;
  /** Bytes that may still be read; falls with each blob found. */
  bytesLeft: number;
}

/** Evidence wherever it is: on disk, at the peer it comes from, at other guards. Verified by root, then kept. */
export interface EvidenceSource {
  /** `peers` are base URLs, asked in turn. Undefined when nobody has it, or the limits are reached. */
  find(
    kind: BlobKind,
    rootHex: string,
    peers: readonly string[],
    limits?: SearchLimits,
  ): Promise<Uint8Array | undefined>;
}

const EMPTY_HEX = toHex(EMPTY_ROOT);

export function createEvidenceSource(store: EvidenceStore, fetch: PeerFetch): EvidenceSource {
  return {
    async find(kind, rootHex, peers, limits) {
      // The root of nothing: lists without items; an hour without leaves still has its count.
      if (rootHex === EMPTY_HEX) return kind === 'hours' ? new Uint8Array(4) : new Uint8Array(0);
      if (limits !== undefined && limits.bytesLeft <= 0) return undefined;
      const stored = await store.get(kind, rootHex);
      if (stored !== undefined) {
        if (limits !== undefined) limits.bytesLeft -= stored.length;
        return stored;
      }
      for (const peer of peers) {
        if (limits?.signal.aborted === true) return undefined;
        const answer = await fetch.get(peer, `/v1/${kind}/${rootHex}`, limits?.bytesLeft, limits?.signal);
        if (answer?.status !== 200 || !isBlobOf(kind, rootHex, answer.body)) continue;
        if (limits !== undefined) limits.bytesLeft -= answer.body.length;
        await store.put(kind, answer.body);
        return answer.body;
      }
      return undefined;
    },
  };
}
