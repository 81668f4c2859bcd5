import { describe, expect, it } from 'vitest';

import { computeUnits } from '../src/program-world/compute-units.ts';
import { INSTRUCTIONS } from '../src/schema/index.ts';

describe('computeUnits', () => {
  it('knows every instruction, and none comes near the ceiling of a transaction', async () => {
    const units = await computeUnits();
    expect(Object.keys(units)).toEqual(Object.keys(INSTRUCTIONS));
    for (const [name, each] of Object.entries(units)) {
      expect(each, name).toBeGreaterThan(0);
      expect(each, name).toBeLessThan(200_000);
    }
  });
});
