import type { DigestSource } from './digest-source.ts';
import type { SegmentDigest } from './digest.ts';

/** Digests by the segment's name, each asked for once; what was not known may be later. */
export interface KnownDigests {
  /** Never rejects. */
  of(url: string, id: string): Promise<SegmentDigest | undefined>;
  forget(id: string): void;
  clear(): void;
}

export function createKnownDigests(digests: DigestSource, most: number): KnownDigests {
  const known = new Map<string, Promise<SegmentDigest | undefined>>();
  return {
    of(url, id) {
      const before = known.get(id);
      if (before !== undefined) return before;
      const asked = digests(url)
        .catch(() => undefined)
        .then((digest) => {
          if (digest === undefined) known.delete(id);
          return digest;
        });
      known.set(id, asked);
      for (const oldest of known.keys()) {
        if (known.size <= most) break;
        known.delete(oldest);
      }
      return asked;
    },
    forget: (id) => known.delete(id),
    clear: () => known.clear(),
  };
}
