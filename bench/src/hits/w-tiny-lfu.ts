import { LinkedQueue, linked } from './linked.ts';
import type { Linked } from './linked.ts';
import type { PolicyCache } from './replay.ts';

const WINDOW_SHARE = 0.01;
const PROTECTED_SHARE = 0.8;
const MAX_COUNT = 15;

/**
 * Uses of each object, exact where the paper estimates them by a sketch, and halved after ten times as many
 * requests as the cache holds objects: what a sketch without collisions would say.
 */
class Counts {
  readonly #counts = new Map<number, number>();
  readonly #period: number;
  #uses = 0;

  constructor(expectedObjects: number) {
    this.#period = Math.max(10, 10 * expectedObjects);
  }

  add(object: number): void {
    this.#counts.set(object, Math.min(MAX_COUNT, this.of(object) + 1));
    this.#uses += 1;
    if (this.#uses < this.#period) return;
    this.#uses >>>= 1;
    for (const [each, count] of this.#counts) {
      if (count > 1) this.#counts.set(each, count >>> 1);
      else this.#counts.delete(each);
    }
  }

  of(object: number): number {
    return this.#counts.get(object) ?? 0;
  }
}

/**
 * W-TinyLFU (Einziger, Friedman, Manes: ACM Transactions on Storage 2017), window 1 %, main part a segmented LRU of
 * which 80 % is protected. Written down from the paper, to compare ours with; weights as in its successor for sized
 * objects (Einziger, Eytan, Friedman, Manes: "Lightweight Robust Size Aware Cache Management", 2022, admission by
 * "aggregated victims").
 */
export function createWTinyLfu(capacity: number, expectedObjects: number): PolicyCache {
  const windowMax = Math.max(1, Math.floor(capacity * WINDOW_SHARE));
  const mainMax = capacity - windowMax;
  const protectedMax = Math.floor(mainMax * PROTECTED_SHARE);
  const counts = new Counts(expectedObjects);
  const [window, probation, kept] = [new LinkedQueue(), new LinkedQueue(), new LinkedQueue()];
  const held = new Map<number, { readonly item: Linked; queue: LinkedQueue }>();

  /** Into the main part, if it is asked for more often than all together that would have to go for it. */
  function admit(item: Linked): void {
    let toFree = probation.weight + kept.weight + item.weight - mainMax;
    const victims: Linked[] = [];
    let uses = 0;
    for (const queue of [probation, kept]) {
      for (let victim = queue.oldest; victim !== undefined && toFree > 0; victim = victim.newer) {
        victims.push(victim);
        uses += counts.of(victim.object);
        toFree -= victim.weight;
      }
    }
    if (toFree > 0 || (victims.length > 0 && uses >= counts.of(item.object))) {
      held.delete(item.object);
      return;
    }
    for (const victim of victims) {
      held.get(victim.object)?.queue.unlink(victim);
      held.delete(victim.object);
    }
    probation.push(item);
    held.set(item.object, { item, queue: probation });
  }

  function use(entry: { readonly item: Linked; queue: LinkedQueue }): void {
    const { item } = entry;
    entry.queue.unlink(item);
    if (entry.queue === probation && item.weight <= protectedMax) entry.queue = kept;
    entry.queue.push(item);
    for (
      let demoted = kept.oldest;
      kept.weight > protectedMax && demoted !== undefined;
      demoted = kept.oldest
    ) {
      kept.unlink(demoted);
      probation.push(demoted);
      const other = held.get(demoted.object);
      if (other !== undefined) other.queue = probation;
    }
  }

  return {
    ask(object, weight) {
      counts.add(object);
      const entry = held.get(object);
      if (entry !== undefined) {
        use(entry);
        return true;
      }
      if (weight > capacity) return false;
      const item = linked(object, weight);
      if (weight > windowMax) {
        admit(item);
        return false;
      }
      window.push(item);
      held.set(object, { item, queue: window });
      for (
        let oldest = window.oldest;
        window.weight > windowMax && oldest !== undefined;
        oldest = window.oldest
      ) {
        window.unlink(oldest);
        admit(oldest);
      }
      return false;
    },
  };
}
