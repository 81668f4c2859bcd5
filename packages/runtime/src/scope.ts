/**
 * Owns what a daemon starts. Parts are added as they start; `close` stops them in reverse order, each
 * one tried even if others fail, and failures are gathered.
 */
export interface Scope {
  /** Aborted as soon as `close` begins. */
  readonly signal: AbortSignal;
  /** Registers how to stop a part. If the scope is closed already, it is stopped at once. */
  add(name: string, stop: () => Promise<void> | void): void;
  /** Idempotent; later calls get the same promise. Rejects with an AggregateError if any part failed to stop. */
  close(): Promise<void>;
  /**
   * Closes after a failure and throws that failure, whatever goes wrong on the way: a cause must not be masked by
   * its own clean-up. What could not be stopped is told to `onUnstopped`.
   */
  fail(error: unknown, onUnstopped?: (failure: unknown) => void): Promise<never>;
}

export function createScope(): Scope {
  const controller = new AbortController();
  const parts: { name: string; stop: () => Promise<void> | void }[] = [];
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    controller.abort();
    const failures: Error[] = [];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      try {
        await part.stop();
      } catch (error) {
        failures.push(new Error(`could not stop ${part.name}`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map((f) => f.message).join('; '));
  }

  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }

  return {
    signal: controller.signal,
    add(name, stop) {
      parts.push({ name, stop });
      if (closing !== undefined) closing = closing.then(closeAll);
    },
    close,
    async fail(error, onUnstopped) {
      try {
        await close();
      } catch (failure) {
        onUnstopped?.(failure);
      }
      throw error;
    },
  };
}
