import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrequencySketch, PolicyNode, createTinyLfu, policyHash } from './tiny-lfu.ts';

class Item {
  readonly node: PolicyNode<Item>;

  constructor(id: number, weight: number) {
    this.node = new PolicyNode<Item>(this, policyHash(`key ${id}`), weight);
  }
}

function harness(maxWeight: number) {
  const resident = new Set<Item>();
  const policy = createTinyLfu<Item>({
    maxWeight,
    expectedItems: 1_000,
    onEvict: (item) => resident.delete(item),
  });
  const add = (item: Item): boolean => {
    const taken = policy.add(item.node);
    if (taken) resident.add(item);
    return taken;
  };
  return { policy, resident, add };
}

describe('W-TinyLFU', () => {
  test('never holds more than its bound, and knows what it holds', () => {
    const step = fc.tuple(
      fc.constantFrom('add', 'add', 'touch', 'remove'),
      fc.nat(200),
      fc.integer({ min: 1, max: 700 }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 400 }),
        fc.integer({ min: 10, max: 2_000 }),
        (steps, maxWeight) => {
          const { policy, resident, add } = harness(maxWeight);
          for (const [what, pick, weight] of steps) {
            const known = [...resident][pick % Math.max(1, resident.size)];
            if (what === 'add') add(new Item(pick, weight));
            else if (known !== undefined && what === 'touch') policy.touch(known.node);
            else if (known !== undefined) {
              policy.remove(known.node);
              resident.delete(known);
            }
            let weightHeld = 0;
            for (const item of resident) weightHeld += item.node.weight;
            expect(policy.weight).toBe(weightHeld);
            expect(policy.size).toBe(resident.size);
            expect(policy.weight).toBeLessThanOrEqual(maxWeight);
          }
        },
      ),
    );
  });

  test('a scan of things asked for once does not push out what is asked for often', () => {
    const { policy, resident, add } = harness(1_000);
    const hot = Array.from({ length: 50 }, (_, i) => new Item(i, 10));
    for (const item of hot) add(item);
    for (let round = 0; round < 5; round += 1)
      for (const item of hot) if (resident.has(item)) policy.touch(item.node);
    const before = hot.filter((item) => resident.has(item)).length;
    for (let i = 0; i < 5_000; i += 1) add(new Item(1_000 + i, 10));
    expect(before).toBe(50);
    expect(hot.filter((item) => resident.has(item)).length).toBeGreaterThanOrEqual(48);
  });

  test('a large newcomer does not push out many that together are asked for more often', () => {
    const { resident, add, policy } = harness(1_000);
    const small = Array.from({ length: 98 }, (_, i) => new Item(i, 10));
    for (const item of small) add(item);
    const large = new Item(9_999, 500);
    for (let i = 0; i < 6; i += 1) policy.record(large.node.hash);
    expect(add(large)).toBe(false);
    expect(small.filter((item) => resident.has(item)).length).toBeGreaterThan(95);
    // One in the place of one is another matter.
    const single = new Item(8_888, 20);
    for (let i = 0; i < 6; i += 1) policy.record(single.node.hash);
    expect(add(single)).toBe(true);
  });

  test('what becomes popular wins a place', () => {
    const { policy, resident, add } = harness(1_000);
    for (let i = 0; i < 100; i += 1) add(new Item(i, 10));
    const star = new Item(9_999, 10);
    for (let i = 0; i < 12; i += 1) policy.record(star.node.hash);
    add(star);
    for (let i = 0; i < 100; i += 1) add(new Item(20_000 + i, 10));
    expect(resident.has(star)).toBe(true);
  });

  test('the sketch never counts too little, until it forgets', () => {
    const sketch = new FrequencySketch(256);
    for (let i = 0; i < 7; i += 1) sketch.increment(policyHash('a'));
    for (let i = 0; i < 100; i += 1) sketch.increment(policyHash(`other ${i}`));
    expect(sketch.estimate(policyHash('a'))).toBeGreaterThanOrEqual(7);
    for (let i = 0; i < 10_000; i += 1) sketch.increment(policyHash(`many ${i}`));
    expect(sketch.estimate(policyHash('a'))).toBeLessThanOrEqual(15);
  });
});
