import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

describe('viewers of a live stream, simulated', () => {
  it('are carried by each other, at no more stalls than without', () => {
    const few = [1, 2, 3, 4].map((seed) => simulate({ viewers: 12, segments: 30, seed, churn: 0.01 }));
    // The ideal is one: with the luck of few lines, some of them weak, it is hardly more.
    expect(few.reduce((sum, { edgeFetches }) => sum + edgeFetches, 0) / few.length).toBeLessThan(1.5);
    for (const each of few) expect(each.stallShare).toBeLessThanOrEqual(each.plainStallShare);
    const large = simulate({ viewers: 300, segments: 12, seed: 3, churn: 0.005 });
    expect(large.p2pShare).toBeGreaterThan(0.9);
    expect(large.p2pShare).toBeLessThan(large.ideal);
    expect(large.stallShare).toBeLessThanOrEqual(large.plainStallShare);
  });

  it('are the same for the same seed', () => {
    const options = { viewers: 30, segments: 10, seed: 5, churn: 0.02 };
    expect(simulate(options)).toEqual(simulate(options));
    expect(simulate({ ...options, seed: 6 })).not.toEqual(simulate(options));
  });

  it('get all from the edge where there is nobody else', () => {
    expect(simulate({ viewers: 1, segments: 10, seed: 1, churn: 0 })).toMatchObject({
      p2pShare: 0,
      edgeFetches: 1,
      stallShare: 0,
    });
  });
});
