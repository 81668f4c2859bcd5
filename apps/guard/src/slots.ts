/**
 * Work that waits for strangers, each piece in a slot of its own, so that one that hangs keeps neither the others nor
 * the chain's deadlines waiting. A task starts what is due and looks on for a moment only.
 */
export interface Slots {
  /** Starts `work` unless there is work under this key, or no slot is free. Work never rejects: it says what it found elsewhere. */
  start(key: string, work: (signal: AbortSignal) => Promise<void>): boolean;
  has(key: string): boolean;
  readonly free: number;
  /** Resolves when nothing is under way any more, at the latest after `patienceMs`; to whether anything still is. */
  rest(patienceMs: number): Promise<boolean>;
  /** Tells all work to end, and waits until it has. */
  close(): Promise<void>;
}

export function createSlots(limit: number, onFailure: (error: unknown) => void): Slots {
  const controller = new AbortController();
  const running = new Map<string, Promise<void>>();

  return {
    start(key, work) {
      if (controller.signal.aborted || running.has(key) || running.size >= limit) return false;
      const run = work(controller.signal)
        .catch(onFailure)
        .finally(() => {
          running.delete(key);
        });
      running.set(key, run);
      return true;
    },
    has: (key) => running.has(key),
    get free() {
      return limit - running.size;
    },
    async rest(patienceMs) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      const all = (async () => {
        while (running.size > 0) await Promise.allSettled(running.values());
      })();
      await Promise.race([all, patience]);
      clearTimeout(timer);
      return running.size > 0;
    },
    async close() {
      controller.abort();
      await Promise.allSettled(running.values());
    },
  };
}
