import { hearProgram } from './program-notices.ts';
import type { NoticeDeps } from './program-notices.ts';
import type { AccountName } from './schema/index.ts';

export interface WatchOptions {
  /** Longest time between two calls, whether or not anything was heard. 10 s by default. */
  readonly pollMs?: number;
}

export interface Watch {
  /** Ends the watch; `onChange` is not called again. Resolves when its loops have ended. */
  close(): Promise<void>;
}

/**
 * Calls `onChange` when an account of the kind, or any of the program's, may have changed. It is a wake-up, not a message: the
 * subscription can lose events and reconnects by itself, the poll catches what it lost. Read what you need anew.
 */
export function watchAccounts(
  deps: NoticeDeps,
  kind: AccountName | 'any',
  onChange: (reason: 'notified' | 'reconnected' | 'poll') => void,
  options: WatchOptions = {},
): Watch {
  const over = new AbortController();
  const { signal } = over;

  async function poll(): Promise<void> {
    for (;;) {
      await deps.clock.sleep(options.pollMs ?? 10_000, signal);
      if (signal.aborted) return;
      onChange('poll');
    }
  }

  const hooks = {
    onUp: () => onChange('reconnected'),
    onDown: () => undefined,
    onNotice: () => onChange('notified'),
  };
  const loops = [poll(), hearProgram(deps, { kind, whole: false }, hooks, signal)];
  return {
    async close() {
      over.abort();
      await Promise.allSettled(loops);
    },
  };
}
