import { WARM_UP } from './replay.ts';
import type { HitRatio } from './replay.ts';
import type { Trace } from './trace.ts';

/**
 * What no policy can better, for objects of equal weight (Belady 1966, with bypass): evict what is asked for again
 * the latest, and do not take in what is asked for later than everything there. With objects of different weights
 * the best is not computable in sensible time; the same rule with weights is then a good figure, not a bound.
 */
export function belady(trace: Trace, capacity: number): HitRatio {
  const { requests, weights } = trace;
  const never = requests.length;
  const nextOf = new Uint32Array(requests.length);
  const seen = new Map<number, number>();
  for (let i = requests.length - 1; i >= 0; i -= 1) {
    const object = requests[i] ?? 0;
    nextOf[i] = seen.get(object) ?? never;
    seen.set(object, i);
  }
  const due = new Map<number, number>();
  const heap = new LatestFirst();
  let used = 0;
  let hits = 0;
  const from = Math.floor(requests.length * WARM_UP);
  for (const [i, object] of requests.entries()) {
    const next = nextOf[i] ?? never;
    const weight = weights[object] ?? 1;
    if (due.has(object)) {
      if (i >= from) hits += 1;
    } else if (weight > capacity || next === never) continue;
    else used += weight;
    due.set(object, next);
    heap.push(next, object);
    while (used > capacity) {
      const latest = heap.pop();
      if (latest === undefined) break;
      // Of an object that was asked for meanwhile there is a later word in the heap.
      if (due.get(latest.object) !== latest.at) continue;
      due.delete(latest.object);
      used -= weights[latest.object] ?? 1;
    }
  }
  const counted = requests.length - from;
  return { requests: counted, hits, ratio: counted === 0 ? 0 : hits / counted };
}

interface Due {
  readonly at: number;
  readonly object: number;
}

/** A binary heap, the latest on top. */
class LatestFirst {
  readonly #items: Due[] = [];

  push(at: number, object: number): void {
    const items = this.#items;
    const item = { at, object };
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = items[parent];
      if (above === undefined || above.at >= at) break;
      items[place] = above;
      place = parent;
    }
    items[place] = item;
  }

  pop(): Due | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= items.length) break;
      if ((items[child + 1]?.at ?? -1) > (items[child]?.at ?? -1)) child += 1;
      const below = items[child];
      if (below === undefined || below.at <= last.at) break;
      items[place] = below;
      place = child;
    }
    items[place] = last;
    return top;
  }
}
