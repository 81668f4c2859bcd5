import type { PolicyCache } from './replay.ts';

/** Least recently used. A Map keeps the order in which keys were put in. */
export function createLru(capacity: number): PolicyCache {
  const held = new Map<number, number>();
  let used = 0;
  return {
    ask(object, weight) {
      if (held.delete(object)) {
        held.set(object, weight);
        return true;
      }
      if (weight > capacity) return false;
      held.set(object, weight);
      used += weight;
      for (const [oldest, oldWeight] of held) {
        if (used <= capacity) break;
        held.delete(oldest);
        used -= oldWeight;
      }
      return false;
    },
  };
}
