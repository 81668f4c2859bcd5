import { EMPTY_ROOT, toHex } from '@media-network/protocol';
import { isBlobOf } from './evidence-store.ts';
import type { BlobKind, EvidenceStore } from './evidence-store.ts';
import type { PeerFetch } from './peer-fetch.ts';

/** Evidence wherever it is: on disk, at the peer it comes from, at other guards. Verified by root, then kept. */
export interface EvidenceSource {
  /** `peers` are base URLs, asked in turn. Undefined when nobody has it. */
  find(kind: BlobKind, rootHex: string, peers: readonly string[]): Promise<Uint8Array | undefined>;
}

const EMPTY_HEX = toHex(EMPTY_ROOT);

export function createEvidenceSource(store: EvidenceStore, fetch: PeerFetch): EvidenceSource {
  return {
    async find(kind, rootHex, peers) {
      // The root of nothing: lists without items; an hour without leaves still has its count.
      if (rootHex === EMPTY_HEX) return kind === 'hours' ? new Uint8Array(4) : new Uint8Array(0);
      const stored = await store.get(kind, rootHex);
      if (stored !== undefined) return stored;
      for (const peer of peers) {
        const answer = await fetch.get(peer, `/v1/${kind}/${rootHex}`);
        if (answer?.status !== 200 || !isBlobOf(kind, rootHex, answer.body)) continue;
        await store.put(kind, answer.body);
        return answer.body;
      }
      return undefined;
    },
  };
}
