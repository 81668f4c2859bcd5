import { describe, expect, it } from 'vitest';

import { computeUnits } from '../src/program-world/compute-units.ts';
import { worstCases } from '../src/program-world/worst-cases.ts';
import { INSTRUCTIONS } from '../src/schema/index.ts';

/** What an instruction gets where a transaction asks for nothing else. */
const DEFAULT_UNITS = 200_000;
const MOST_UNITS = 1_400_000;

describe('computeUnits', () => {
  it('knows every instruction, and none comes near the ceiling of a transaction', async () => {
    const units = await computeUnits();
    expect(Object.keys(units)).toEqual(Object.keys(INSTRUCTIONS));
    for (const [name, each] of Object.entries(units)) {
      expect(each, name).toBeGreaterThan(0);
      expect(each, name).toBeLessThan(DEFAULT_UNITS);
    }
  });
});

describe('worstCases', () => {
  it('stay within what a transaction may take, and leave nothing behind', async () => {
    // The story goes on after each: it would fail on an account that was not put back.
    const cases = await worstCases();
    for (const { instruction, what, units } of cases) {
      const ceiling = what.startsWith('16 leaves') ? MOST_UNITS / 4 : DEFAULT_UNITS;
      expect(units, `${instruction}, ${what}`).toBeLessThan(ceiling);
    }
    const told = await computeUnits();
    const records = cases.filter(({ instruction }) => instruction === 'record').map(({ units }) => units);
    expect(records).toHaveLength(4);
    expect(records[0]).toBeGreaterThan(told.record);
    expect(records.toSorted((a, b) => a - b)).toEqual(records);
  });
});
