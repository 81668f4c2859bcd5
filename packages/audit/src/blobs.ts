import { toHex } from '@media-network/protocol';

/** Kinds of evidence that guards and edges serve by root (docs/evidence.md). */
export type BlobKind = 'entries' | 'receipts' | 'digests' | 'hours' | 'epochs';

/** Evidence by root. Unverified: whoever uses a blob computes its root first. */
export interface Blobs {
  /** Every distinct answer that somebody gives for a root, one at a time, until the caller is content. */
  find<T>(
    kind: BlobKind,
    root: Uint8Array,
    accept: (blob: Uint8Array) => T | undefined,
  ): Promise<T | undefined>;
}

export interface HttpBlobsDeps {
  readonly fetch: typeof fetch;
  /** Base URLs of guards and of edges' control planes, in the order to be asked. */
  readonly sources: () => Promise<readonly string[]>;
}

/** Largest blob taken from a stranger: an hour of a million resources is 144 MB. Protects the auditor's memory. */
const MAX_BLOB_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

export function createHttpBlobs(deps: HttpBlobsDeps): Blobs {
  async function ask(url: string): Promise<Uint8Array | undefined> {
    try {
      const response = await deps.fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
      if (!response.ok || response.body === null) return undefined;
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of response.body) {
        size += part.length;
        if (size > MAX_BLOB_BYTES) return undefined;
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
    async find(kind, root, accept) {
      const path = `/v1/${kind}/${toHex(root)}`;
      for (const source of await deps.sources()) {
        const blob = await ask(new URL(path, source).href);
        const accepted = blob === undefined ? undefined : accept(blob);
        if (accepted !== undefined) return accepted;
      }
      return undefined;
    },
  };
}
