import type { SegmentDigest } from '../edge/digest.ts';
import { isWhole } from '../edge/digest.ts';
import { CHUNK_BYTES, MAX_CHUNKS_ASKED } from '../wire/messages.ts';
import type { Peer } from './peer.ts';

/** A segment as far as it has come: what is verified is not asked for again, whoever it came from. */
export interface Partial {
  readonly digest: SegmentDigest;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Chunks that are not there yet. */
  readonly missing: Set<number>;
}

export function createPartial(digest: SegmentDigest): Partial {
  return {
    digest,
    bytes: new Uint8Array(digest.length),
    missing: new Set(digest.chunks.keys()),
  };
}

export interface GatherOptions {
  readonly id: string;
  readonly partial: Partial;
  /** Peers to ask next, best first, at most so many; none when there is nobody left. */
  readonly sources: (count: number) => readonly Peer[];
  /** Longest that one request may take. */
  readonly requestMs: () => number;
  /** Aborted when the edge is to be asked instead. */
  readonly signal: AbortSignal;
}

/** Sources at once: more than a few cost more in messages than they win. */
const MAX_SOURCES = 3;
/** Chunks below which one source does. */
const CHUNKS_OF_ONE = 4;

/** All of a segment from peers, verified chunk by chunk and as a whole; undefined where they do not have it in time. */
export async function gather(options: GatherOptions): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { id, partial, signal } = options;
  const { digest, bytes, missing } = partial;
  let unassigned = [...missing];
  const cancels = new Set<() => void>();

  const isComplete = await new Promise<boolean>((resolve) => {
    const giveUp = (): void => {
      resolve(false);
      for (const cancel of cancels) cancel();
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });

    function ask(peer: Peer, chunks: readonly number[]): void {
      const first = chunks[0];
      if (first === undefined) return;
      const left = new Set(chunks);
      const cancel = peer.ask({
        id,
        digest,
        firstChunk: first,
        chunks: chunks.length,
        onChunk(chunk, part) {
          left.delete(chunk);
          missing.delete(chunk);
          bytes.set(part, chunk * CHUNK_BYTES);
        },
        onEnd(end) {
          clearTimeout(timer);
          cancels.delete(cancel);
          if (missing.size === 0) return resolve(true);
          if (end === 'slow') peer.failed();
          if (signal.aborted) return;
          unassigned.push(...left);
          assign();
        },
      });
      cancels.add(cancel);
      const timer = setTimeout(cancel, options.requestMs());
    }

    function assign(): void {
      unassigned = unassigned.filter((chunk) => missing.has(chunk)).sort((a, b) => a - b);
      if (unassigned.length === 0) return;
      const wanted = unassigned.length <= CHUNKS_OF_ONE ? 1 : MAX_SOURCES;
      const sources = options.sources(wanted);
      if (sources.length === 0) {
        if (cancels.size === 0) resolve(false);
        return;
      }
      const share = Math.ceil(unassigned.length / sources.length);
      for (const source of sources) {
        const run = takeRun(unassigned, Math.min(share, MAX_CHUNKS_ASKED));
        unassigned = unassigned.slice(run.length);
        ask(source, run);
      }
      if (unassigned.length > 0 && cancels.size === 0) resolve(false);
    }

    assign();
  });
  return isComplete && (await isWhole(digest, bytes)) ? bytes : undefined;
}

/** The first chunks that follow each other without a gap. */
function takeRun(chunks: readonly number[], most: number): readonly number[] {
  const run: number[] = [];
  for (const chunk of chunks) {
    const last = run.at(-1);
    if (run.length === most || (last !== undefined && chunk !== last + 1)) break;
    run.push(chunk);
  }
  return run;
}
