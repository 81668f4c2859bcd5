import { MAX_GROUP_COMMIT } from '../limits.ts';

/** What waits for the disk: how it is undone if the disk refuses, and who waits for it. */
export interface PendingItem<T> {
  readonly value: T;
  undo(): void;
}

/**
 * Group commit. Items are handed over in the order they took effect in memory; those that arrive while a
 * write is under way share the next one. If a write fails, everything not yet durable is undone, newest first,
 * since later items may rest on earlier ones.
 */
export interface CommitQueue<T> {
  /** Resolves when the item is durable and published. */
  push(item: PendingItem<T>): Promise<void>;
  /** Resolves when all that was pushed so far is durable and published; rejects if any of it was undone. */
  readonly barrier: () => Promise<void>;
  readonly items: readonly PendingItem<T>[];
}

export interface CommitQueueDeps<T> {
  /** Makes a batch durable. */
  readonly write: (batch: readonly T[]) => Promise<void>;
  /** Runs when a batch is durable, before anyone who waits for it. Must not reject. */
  readonly publish: (batch: readonly T[]) => Promise<void>;
}

interface Entry<T> {
  readonly item: PendingItem<T>;
  readonly done: PromiseWithResolvers<void>;
}

export function createCommitQueue<T>(deps: CommitQueueDeps<T>): CommitQueue<T> {
  let queue: Entry<T>[] = [];
  let publishing: Entry<T> | undefined;
  let running = false;

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, MAX_GROUP_COMMIT);
      const values = batch.map((e) => e.item.value);
      try {
        await deps.write(values);
      } catch (error) {
        const undone = queue;
        queue = [];
        for (const entry of undone.toReversed()) entry.item.undo();
        for (const entry of undone) entry.done.reject(error);
        continue;
      }
      queue = queue.slice(batch.length);
      publishing = batch.at(-1);
      await deps.publish(values);
      publishing = undefined;
      for (const entry of batch) entry.done.resolve();
    }
    // In the same turn as the last look at the queue: whoever was just told may push at once.
    running = false;
  }

  return {
    push(item) {
      const done = Promise.withResolvers<void>();
      // Whoever waits sees the rejection; nobody waiting is no fault.
      done.promise.catch(() => undefined);
      queue.push({ item, done });
      if (!running) {
        running = true;
        void run();
      }
      return done.promise;
    },
    barrier: () => (queue.at(-1) ?? publishing)?.done.promise ?? Promise.resolve(),
    get items() {
      return queue.map((e) => e.item);
    },
  };
}
