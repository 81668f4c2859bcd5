import type { SegmentDigest } from './edge/digest.ts';

/** A segment whose every byte is verified. */
export interface HeldSegment {
  readonly bytes: Uint8Array;
  readonly digest: SegmentDigest;
}

/** Verified segments in memory, and nowhere else; what was used longest ago goes first. */
export interface SegmentStore {
  readonly bytes: number;
  readonly size: number;
  get(id: string): HeldSegment | undefined;
  has(id: string): boolean;
  ids(): string[];
  /** The names that had to go for it. One that is larger than all room is not kept, and is named itself. */
  add(id: string, segment: HeldSegment): readonly string[];
  clear(): void;
}

export function createSegmentStore(maxBytes: number, maxSegments: number): SegmentStore {
  // A map keeps the order in which keys were put in: the first is the one used longest ago.
  const held = new Map<string, HeldSegment>();
  let bytes = 0;

  function drop(id: string): void {
    bytes -= held.get(id)?.bytes.length ?? 0;
    held.delete(id);
  }

  return {
    get bytes() {
      return bytes;
    },
    get size() {
      return held.size;
    },
    get(id) {
      const found = held.get(id);
      if (found !== undefined) {
        held.delete(id);
        held.set(id, found);
      }
      return found;
    },
    has: (id) => held.has(id),
    ids: () => [...held.keys()],
    add(id, segment) {
      drop(id);
      if (segment.bytes.length > maxBytes) return [id];
      held.set(id, segment);
      bytes += segment.bytes.length;
      const gone: string[] = [];
      for (const oldest of held.keys()) {
        if (bytes <= maxBytes && held.size <= maxSegments) break;
        drop(oldest);
        gone.push(oldest);
      }
      return gone;
    },
    clear() {
      held.clear();
      bytes = 0;
    },
  };
}
