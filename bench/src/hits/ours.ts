import { PolicyNode, createTinyLfu, policyHash } from '@media-network/http-cache';
import type { PolicyCache } from './replay.ts';

/** The policy of the edge's RAM and disk tier itself, asked as its store asks it: record a miss, then add. */
export function createOurs(capacity: number, expectedItems: number): PolicyCache {
  const held = new Map<number, PolicyNode<number>>();
  const policy = createTinyLfu<number>({
    maxWeight: capacity,
    expectedItems,
    onEvict: (object) => held.delete(object),
  });
  return {
    ask(object, weight) {
      const node = held.get(object);
      if (node !== undefined) {
        policy.touch(node);
        return true;
      }
      const fresh = new PolicyNode(object, policyHash(`/object/${object}`), weight);
      policy.record(fresh.hash);
      held.set(object, fresh);
      if (!policy.add(fresh)) held.delete(object);
      return false;
    },
  };
}
