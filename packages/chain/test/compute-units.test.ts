import { describe, expect, it } from 'vitest';

import { computeUnits } from '../src/program-world/compute-units.ts';
import { worstCases } from '../src/program-world/worst-cases.ts';
import { INSTRUCTIONS } from '../src/schema/index.ts';

/** What an instruction may take at its worst; those that run once a network, or once a pool, may take what they get unasked. */
const MOST_UNITS = 40_000;
const ONCE: Readonly<Record<string, number>> = { genesis: 200_000, createPool: 200_000 };

describe('computeUnits', () => {
  it('knows every instruction, and what each may take', async () => {
    const units = await computeUnits();
    expect(Object.keys(units)).toEqual(Object.keys(INSTRUCTIONS));
    for (const [name, each] of Object.entries(units)) {
      expect(each, name).toBeGreaterThan(0);
      expect(each, name).toBeLessThanOrEqual(ONCE[name] ?? MOST_UNITS);
    }
  });
});

describe('worstCases', () => {
  it('stay within what an instruction may take, and leave nothing behind', async () => {
    // The story goes on after each: it would fail on an account that was not put back.
    const cases = await worstCases();
    for (const { instruction, what, units } of cases) {
      expect(units, `${instruction}, ${what}`).toBeLessThanOrEqual(ONCE[instruction] ?? MOST_UNITS);
    }
    const told = await computeUnits();
    const records = cases.filter(({ instruction }) => instruction === 'record').map(({ units }) => units);
    expect(records).toHaveLength(3);
    expect(records[0]).toBeGreaterThan(told.record);
    expect(records.toSorted((a, b) => a - b)).toEqual(records);
  });
});
