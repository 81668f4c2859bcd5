import { LinkedQueue, linked } from './linked.ts';
import type { Linked } from './linked.ts';
import type { PolicyCache } from './replay.ts';

/**
 * SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: NSDI 2024): a FIFO whose hand goes from the oldest to the newest,
 * takes the mark off what was used and evicts the first that was not; what survives stays where it is.
 */
export function createSieve(capacity: number): PolicyCache {
  const held = new Map<number, Linked>();
  const queue = new LinkedQueue();
  let hand: Linked | undefined;

  function evict(): void {
    let victim = hand ?? queue.oldest;
    while (victim !== undefined && victim.uses > 0) {
      victim.uses = 0;
      victim = victim.newer ?? queue.oldest;
    }
    if (victim === undefined) return;
    hand = victim.newer;
    queue.unlink(victim);
    held.delete(victim.object);
  }

  return {
    ask(object, weight) {
      const item = held.get(object);
      if (item !== undefined) {
        item.uses = 1;
        return true;
      }
      if (weight > capacity) return false;
      while (queue.weight + weight > capacity) evict();
      const fresh = linked(object, weight);
      held.set(object, fresh);
      queue.push(fresh);
      return false;
    },
  };
}
