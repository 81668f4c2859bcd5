import type { Worker } from 'node:worker_threads';
import { startThread } from '@media-network/runtime/own-parts';
import { equalBytes, fromHex } from '@media-network/protocol';
import { rootOfBlob } from './blob-roots.ts';
import type { BlobKind } from './blob-roots.ts';
import type { HashResult, HashTask } from './hash-worker.ts';

/** Computes roots of blobs; large ones away from the loop, which has clients and deadlines to serve. */
export interface Hasher {
  /** Undefined when the bytes are no blob of the kind. */
  rootOf(kind: BlobKind, blob: Uint8Array): Promise<Uint8Array | undefined>;
  /** What comes from a peer or from disk passes through this before use. */
  isBlobOf(kind: BlobKind, rootHex: string, blob: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

/** Up to here hashing takes about a millisecond, less than a thread is worth. */
const INLINE_BYTES = 65_536;

export function createHasher(): Hasher {
  let worker: Worker | undefined;
  let next = 0;
  const waiting = new Map<
    number,
    { resolve(root: Uint8Array | undefined): void; reject(error: unknown): void }
  >();

  function fail(error: unknown): void {
    worker = undefined;
    for (const each of waiting.values()) each.reject(error);
    waiting.clear();
  }

  function started(): Worker {
    if (worker !== undefined) return worker;
    const mine = startThread(new URL('hash-worker.ts', import.meta.url));
    mine.on('message', ({ id, root }: HashResult) => {
      waiting.get(id)?.resolve(root);
      waiting.delete(id);
      if (waiting.size === 0) mine.unref();
    });
    mine.on('error', fail);
    mine.unref();
    worker = mine;
    return mine;
  }

  function rootOf(kind: BlobKind, blob: Uint8Array): Promise<Uint8Array | undefined> {
    if (blob.length <= INLINE_BYTES) return Promise.resolve(rootOfBlob(kind, blob));
    next += 1;
    const task: HashTask = { id: next, kind, blob };
    return new Promise((resolve, reject) => {
      const thread = started();
      waiting.set(task.id, { resolve, reject });
      thread.ref();
      thread.postMessage(task, []);
    });
  }

  return {
    rootOf,
    async isBlobOf(kind, rootHex, blob) {
      const wanted = fromHex(rootHex, 32);
      const root = await rootOf(kind, blob);
      return wanted !== undefined && root !== undefined && equalBytes(wanted, root);
    },
    async close() {
      const closing = worker;
      fail(new Error('the guard is closing'));
      await closing?.terminate();
    },
  };
}
