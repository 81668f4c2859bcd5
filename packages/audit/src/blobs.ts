import {
  COMMIT_BYTES,
  MAX_HOUR_BLOB_BYTES,
  decodeCommits,
  encodeCommit,
  toHex,
} from '@media-network/protocol';
import type { Commit } from '@media-network/protocol';

/** Kinds of evidence that guards and edges serve by root (docs/evidence.md). */
export type BlobKind = 'entries' | 'receipts' | 'digests' | 'counters' | 'hours' | 'weeks';

/** Published evidence. Unverified: whoever uses a blob computes its root first, and checks signatures. */
export interface Blobs {
  /**
   * Every distinct answer that somebody gives for a root, one at a time, until the caller is content. With `exactBytes`,
   * answers of another length are not read.
   */
  find<T>(
    kind: BlobKind,
    root: Uint8Array,
    accept: (blob: Uint8Array) => T | undefined,
    exactBytes?: number,
  ): Promise<T | undefined>;
  /** An edge's commits of an hour, from all who have some; signatures are the caller's to verify. */
  commits(edge: string, hour: bigint): Promise<readonly Commit[]>;
}

export interface HttpBlobsDeps {
  readonly fetch: typeof fetch;
  /** Base URLs of guards and of edges' control planes, in the order to be asked. */
  readonly sources: () => Promise<readonly string[]>;
}

/** Commits of one edge and hour that are taken from one source: one a sample, and some boots. */
const MAX_COMMITS = 100;
const TIMEOUT_MS = 20_000;

export function createHttpBlobs(deps: HttpBlobsDeps): Blobs {
  async function ask(url: URL, maxBytes: number): Promise<Uint8Array | undefined> {
    try {
      const response = await deps.fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
      if (!response.ok || response.body === null) return undefined;
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of response.body) {
        size += part.length;
        if (size > maxBytes) return undefined;
        parts.push(part);
      }
      const blob = new Uint8Array(size);
      let at = 0;
      for (const part of parts) {
        blob.set(part, at);
        at += part.length;
      }
      return blob;
    } catch {
      // Whoever does not answer is passed over; the next one may.
      return undefined;
    }
  }

  return {
    async find(kind, root, accept, exactBytes) {
      for (const source of await deps.sources()) {
        const blob = await ask(
          new URL(`/v1/${kind}/${toHex(root)}`, source),
          exactBytes ?? MAX_HOUR_BLOB_BYTES,
        );
        if (blob === undefined || (exactBytes !== undefined && blob.length !== exactBytes)) continue;
        const accepted = accept(blob);
        if (accepted !== undefined) return accepted;
      }
      return undefined;
    },
    async commits(edge, hour) {
      const found = new Map<string, Commit>();
      for (const source of await deps.sources()) {
        const url = new URL(`/v1/commits?hour=${hour}&edge=${edge}`, source);
        const blob = await ask(url, MAX_COMMITS * COMMIT_BYTES);
        for (const commit of (blob === undefined ? undefined : decodeCommits(blob)) ?? []) {
          // An edge answers with its own whatever edge is asked for.
          if (commit.edge === edge && commit.hour === hour) found.set(toHex(encodeCommit(commit)), commit);
        }
      }
      return [...found.values()].toSorted((a, b) => a.slot - b.slot || a.boot - b.boot);
    },
  };
}
