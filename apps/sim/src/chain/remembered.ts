/** What is remembered of a year at a time: some ten weeks of reports and verdicts. */
const MOST = 100_000;

/** A function's results, as far as they were asked for lately: the oldest of too many go. */
export function remembered<V>(): { get(key: string): V | undefined; set(key: string, value: V): void } {
  const found = new Map<string, V>();
  return {
    get: (key) => found.get(key),
    set(key, value) {
      found.set(key, value);
      if (found.size <= MOST) return;
      const oldest = found.keys().next();
      if (oldest.done !== true) found.delete(oldest.value);
    },
  };
}
