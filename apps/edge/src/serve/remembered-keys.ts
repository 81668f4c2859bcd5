import type { Clock } from '@media-network/runtime';

/** What was found out about keys a while ago. */
export interface RememberedKeys<Value> {
  note(key: string, value: Value): void;
  get(key: string): Value | undefined;
  forget(key: string): void;
}

const MAX_KEYS = 10_000;

/** Remembers for `keepMs`, and the latest only where there are too many. */
export function createRememberedKeys<Value>(clock: Clock, keepMs: number): RememberedKeys<Value> {
  const kept = new Map<string, { readonly value: Value; readonly untilMs: number }>();
  return {
    note(key, value) {
      kept.delete(key);
      kept.set(key, { value, untilMs: clock.nowMs() + keepMs });
      const oldest = kept.keys().next();
      if (kept.size > MAX_KEYS && oldest.done === false) kept.delete(oldest.value);
    },
    get(key) {
      const found = kept.get(key);
      if (found === undefined || clock.nowMs() < found.untilMs) return found?.value;
      kept.delete(key);
      return undefined;
    },
    forget: (key) => void kept.delete(key),
  };
}
