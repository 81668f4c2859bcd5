import { expect, test } from 'vitest';
import { benchHits } from './hits-bench.ts';

test(
  'our admission and eviction: above LRU, within two points of the best, on every trace',
  { timeout: 300_000 },
  () => {
    const rows = benchHits({ objects: 8_000 });
    expect(rows.map(({ trace }) => trace)).toHaveLength(6);
    for (const row of rows) {
      expect(row.us, row.trace).toBeGreaterThan(row.lru);
      expect(row.pointsToBest, row.trace).toBeGreaterThanOrEqual(-2);
      expect(row.ok, row.trace).toBe(true);
    }
  },
);
