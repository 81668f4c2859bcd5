import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { afterRefusal, drawAsks, dueAsk, putOff } from './ask-times.ts';

const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('asks once in each half of an hour', () => {
  fc.assert(
    fc.property(anyRandom, anyRandom, (a, b) => {
      const drawn = [a, b];
      const { times } = drawAsks(() => drawn.shift() ?? 0);
      expect(times).toHaveLength(2);
      expect(times[0]).toBeLessThan(0.5);
      expect(times[1]).toBeGreaterThanOrEqual(0.5);
      expect(times[1]).toBeLessThan(1);
    }),
  );
});

it('asks when a moment has come, once for several that were missed', () => {
  const plan = { times: [0.2, 0.7], retries: 2 };
  expect(dueAsk(plan, 0.1)).toEqual({ due: false, rest: plan });
  expect(dueAsk(plan, 0.2)).toEqual({ due: true, rest: { times: [0.7], retries: 2 } });
  expect(dueAsk(plan, 0.9)).toEqual({ due: true, rest: { times: [], retries: 2 } });
});

it('asks again within the hour when there was no answer, but not for ever', () => {
  let plan = { times: [0.7], retries: 2 } as ReturnType<typeof drawAsks>;
  plan = afterRefusal(plan, 0.3, () => 0.1);
  expect(plan.times).toHaveLength(2);
  plan = afterRefusal(plan, 0.3, () => 0.9);
  expect(plan.times).toHaveLength(3);
  expect(plan.times).toEqual(plan.times.toSorted((a, b) => a - b));
  expect(afterRefusal(plan, 0.3, () => 0.5)).toBe(plan);
  expect(afterRefusal({ times: [], retries: 2 }, 0.99, () => 0.5).times).toEqual([]);
});

it('puts an ask off', () => {
  expect(putOff({ times: [0.7], retries: 0 }, 0.35).times).toEqual([0.35, 0.7]);
  expect(putOff({ times: [], retries: 0 }, 1.2).times).toEqual([0.91]);
});
