import type { Worker } from 'node:worker_threads';
import { startThread } from '@media-network/runtime/own-parts';
import { MediaError } from '@media-network/runtime';

/** `bytes` have memory of their own, which goes over to the thread. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Of each file of a batch: the code of what went wrong. */
export type Written = readonly (string | undefined)[];

/**
 * Writes new files whole, in a thread that takes all that has gathered at once: the pool of the platform would take
 * three calls for each, and waking up a thread for a call costs more than the call.
 */
export interface FileThread {
  /**
   * False where somebody else must: the folder is missing, too much is waiting, or the thread is gone. Rejects
   * with the system's code where the disk will not have it; nothing of it is left there then.
   */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>;
  close(): Promise<void>;
}

interface Waiting extends NewFile {
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Waiting for the thread, bytes: what a disk that has become slow may hold of memory. */
const MAX_WAITING_BYTES = 33_554_432;
/** What comes within so long goes together: nobody waits for a file but the next start. */
const GATHER_MS = 4;
/** Files in one batch: how long the first of them waits for the last. */
const MAX_BATCH = 64;
/** Without work for so long the thread ends and gives its memory back. */
const IDLE_MS = 10_000;

export function createFileThread(): FileThread {
  let thread: Worker | undefined;
  let waiting: Waiting[] = [];
  let batch: readonly Waiting[] = [];
  let waitingBytes = 0;
  let scheduled = false;
  let closed = false;
  let idle: NodeJS.Timeout | undefined;

  function settle(written: Written): void {
    const done = batch;
    batch = [];
    for (const [i, each] of done.entries()) {
      const problem = written[i];
      if (problem === undefined) each.resolve(true);
      else if (problem === 'ENOENT') each.resolve(false);
      else each.reject(writeFailed(problem));
    }
    schedule();
    if (scheduled) return;
    thread?.unref();
    idle = setTimeout(rest, IDLE_MS).unref();
  }

  /** The thread is gone: what it had may be there or not, under names that nobody will look up. */
  function lost(): void {
    thread = undefined;
    const all = [...batch, ...waiting];
    batch = [];
    waiting = [];
    waitingBytes = 0;
    for (const each of all) each.resolve(false);
  }

  function started(): Worker {
    if (thread !== undefined) return thread;
    const mine = startThread(new URL('file-thread-main.ts', import.meta.url));
    mine.on('message', settle);
    mine.on('error', lost);
    thread = mine;
    return mine;
  }

  function rest(): void {
    idle = undefined;
    const mine = thread;
    thread = undefined;
    void mine?.terminate();
  }

  function schedule(): void {
    if (scheduled || batch.length > 0 || waiting.length === 0) return;
    scheduled = true;
    setTimeout(pump, GATHER_MS);
  }

  function pump(): void {
    scheduled = false;
    if (waiting.length === 0) return;
    clearTimeout(idle);
    batch = waiting.splice(0, MAX_BATCH);
    for (const { bytes } of batch) waitingBytes -= bytes.length;
    const mine = started();
    mine.ref();
    mine.postMessage(
      batch.map(({ path, bytes }) => ({ path, bytes })),
      batch.map(({ bytes }) => bytes.buffer),
    );
  }

  return {
    write(path, bytes) {
      if (closed || waitingBytes + bytes.length > MAX_WAITING_BYTES) return Promise.resolve(false);
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      waiting.push({ path, bytes, resolve, reject });
      waitingBytes += bytes.length;
      schedule();
      return promise;
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      // First it ends: what it had is given to somebody else to write.
      await thread?.terminate();
      lost();
    },
  };
}

function writeFailed(code: string): MediaError {
  return new MediaError({
    code,
    message: `A file of the cache could not be written (${code}).`,
    source: 'internal',
  });
}
