import type { Clock } from '@media-network/runtime';

/** `none`: there is no such thing; `far`: it is further away than may be waited for; `late`: it did not come in time; `full`: too many wait. */
export type Waited<T> =
  | { readonly kind: 'found'; readonly found: T }
  | { readonly kind: 'none' | 'far' | 'late' | 'full' };

/** Players that wait for what is about to come (RFC 8216bis, 6.2.5.2). */
export interface WaitingRoom {
  /** Until `ready` says something, or it is over, or it takes longer than `ms`. */
  wait<T>(ready: () => T | undefined, ms: number): Promise<Waited<T>>;
  /** Something has come: all look again. */
  wakeAll(): void;
}

/** At most `most` wait at once: protects memory. */
export function createWaitingRoom(
  { clock, isOver }: { readonly clock: Clock; readonly isOver: () => boolean },
  most: number,
): WaitingRoom {
  const waiters = new Set<() => void>();

  /** Until the next wake. */
  async function next(): Promise<'woken'> {
    let wake: (() => void) | undefined;
    try {
      return await new Promise((resolve) => {
        wake = () => resolve('woken');
        waiters.add(wake);
      });
    } finally {
      if (wake !== undefined) waiters.delete(wake);
    }
  }

  return {
    async wait(ready, ms) {
      const at = ready();
      if (at !== undefined) return { kind: 'found', found: at };
      if (isOver()) return { kind: 'none' };
      if (waiters.size >= most) return { kind: 'full' };
      const controller = new AbortController();
      const deadline = clock.sleep(ms, controller.signal).then(() => 'late' as const);
      try {
        for (;;) {
          const outcome = await Promise.race([next(), deadline]);
          const found = ready();
          if (found !== undefined) return { kind: 'found', found };
          if (outcome === 'late') return { kind: 'late' };
          if (isOver()) return { kind: 'none' };
        }
      } finally {
        controller.abort();
      }
    },
    wakeAll() {
      for (const wake of waiters) wake();
    },
  };
}
