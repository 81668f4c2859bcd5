import { parentPort } from 'node:worker_threads';
import { rootOfBlob } from './blob-roots.ts';
import type { BlobKind } from './blob-roots.ts';

export interface HashTask {
  readonly id: number;
  readonly kind: BlobKind;
  readonly blob: Uint8Array;
}
export interface HashResult {
  readonly id: number;
  readonly root: Uint8Array | undefined;
}

/** Roots of large blobs, in a thread of their own (`createHasher`). */
parentPort?.on('message', ({ id, kind, blob }: HashTask) => {
  const result: HashResult = { id, root: rootOfBlob(kind, blob) };
  parentPort?.postMessage(result, []);
});
