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

  return {
    signal: controller.signal,
    add(name, stop) {
      parts.push({ name, stop });
      if (closing !== undefined) closing = closing.then(closeAll);
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
