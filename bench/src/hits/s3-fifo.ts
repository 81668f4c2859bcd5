import { LinkedQueue, linked } from './linked.ts';
import type { Linked } from './linked.ts';
import type { PolicyCache } from './replay.ts';

const SMALL_SHARE = 0.1;
const MAX_USES = 3;

/**
 * S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: SOSP 2023): a small queue takes what is new, a main one what was used
 * again there or was forgotten lately (the ghosts, as many as the main one holds); both give the used another turn.
 */
export function createS3Fifo(capacity: number): PolicyCache {
  const smallMax = Math.max(1, Math.floor(capacity * SMALL_SHARE));
  const small = new LinkedQueue();
  const main = new LinkedQueue();
  const held = new Map<number, { readonly item: Linked; inMain: boolean }>();
  const ghosts = new Map<number, number>();
  let ghostWeight = 0;

  function remember(item: Linked): void {
    ghosts.set(item.object, item.weight);
    ghostWeight += item.weight;
    for (const [oldest, weight] of ghosts) {
      if (ghostWeight <= capacity - smallMax) break;
      ghosts.delete(oldest);
      ghostWeight -= weight;
    }
  }

  function evictSmall(): void {
    for (let item = small.oldest; item !== undefined; item = small.oldest) {
      small.unlink(item);
      const entry = held.get(item.object);
      if (item.uses > 1 && entry !== undefined) {
        item.uses = 0;
        main.push(item);
        entry.inMain = true;
        if (main.weight > capacity - smallMax) evictMain();
      } else {
        held.delete(item.object);
        remember(item);
        return;
      }
    }
  }

  function evictMain(): void {
    for (let item = main.oldest; item !== undefined; item = main.oldest) {
      main.unlink(item);
      if (item.uses > 0) {
        item.uses -= 1;
        main.push(item);
      } else {
        held.delete(item.object);
        return;
      }
    }
  }

  return {
    ask(object, weight) {
      const entry = held.get(object);
      if (entry !== undefined) {
        entry.item.uses = Math.min(MAX_USES, entry.item.uses + 1);
        return true;
      }
      if (weight > capacity) return false;
      while (small.weight + main.weight + weight > capacity) {
        if (small.weight >= smallMax || main.weight === 0) evictSmall();
        else evictMain();
      }
      const item = linked(object, weight);
      const ghost = ghosts.get(object);
      if (ghost !== undefined) {
        ghosts.delete(object);
        ghostWeight -= ghost;
      }
      held.set(object, { item, inMain: ghost !== undefined });
      (ghost === undefined ? small : main).push(item);
      return false;
    },
  };
}
