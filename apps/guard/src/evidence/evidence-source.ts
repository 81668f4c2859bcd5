import { EMPTY_ROOT, toHex } from '@media-network/protocol';
import type { BlobKind } from './blob-roots.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { Hasher } from './hasher.ts';
import { timeFor } from './peer-fetch.ts';
import type { PeerFetch } from './peer-fetch.ts';

/** A blob that is looked for: strangers choose how large it is and how slowly it comes, so all of that is bounded. */
export interface Wanted {
  readonly kind: BlobKind;
  readonly rootHex: string;
  /** Its length, where the chain or a verified blob says it; then nothing else is read. */
  readonly exactBytes?: number;
  /** Most bytes to read, where the length is not known. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Evidence wherever it is: on disk, at the peer it comes from, at other guards. Verified by root, then kept. */
export interface EvidenceSource {
  /** `peers` are base URLs, asked in turn. Undefined when nobody has it within the limits. */
  find(wanted: Wanted, peers: readonly string[]): Promise<Uint8Array | undefined>;
}

const EMPTY_HEX = toHex(EMPTY_ROOT);
/** Longest time for one blob from one peer. */
const CEILING_MS = 60_000;
/** Of hours and weeks, whose length nobody states: 300,000 resources. */
export const MAX_UNKNOWN_BYTES: number = 64 * 2 ** 20;

export function createEvidenceSource(
  store: EvidenceStore,
  fetch: PeerFetch,
  hasher: Pick<Hasher, 'isBlobOf'>,
): EvidenceSource {
  return {
    async find({ kind, rootHex, exactBytes, maxBytes, signal }, peers) {
      // The root of nothing: a list without items. Hours and weeks without leaves are known by whoever computes them.
      if (rootHex === EMPTY_HEX) return new Uint8Array(0);
      const stored = await store.get(kind, rootHex);
      if (stored !== undefined) return stored;
      const most = exactBytes ?? maxBytes ?? MAX_UNKNOWN_BYTES;
      for (const peer of peers) {
        if (signal?.aborted === true) return undefined;
        const answer = await fetch.get(peer, `/v1/${kind}/${rootHex}`, {
          maxBytes: most,
          timeoutMs: timeFor(most, CEILING_MS),
          ...(exactBytes === undefined ? {} : { exactBytes }),
          ...(signal === undefined ? {} : { signal }),
        });
        if (answer?.status !== 200 || !(await hasher.isBlobOf(kind, rootHex, answer.body))) continue;
        await store.keep(kind, rootHex, answer.body);
        return answer.body;
      }
      return undefined;
    },
  };
}
