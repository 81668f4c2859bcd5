import { describe, expect, it } from 'vitest';

import { INSTRUCTIONS } from '../src/schema/index.ts';
import { missingSuccesses, runTrace } from './trace/run-trace.ts';

const SEED = Number(process.env['TRACE_SEED'] ?? 20_261_121);
const STEPS = Number(process.env['TRACE_STEPS'] ?? 20_000);

describe('program and model', () => {
  it(`end equal after ${STEPS} random steps (TRACE_SEED=${SEED})`, { timeout: 900_000 }, async () => {
    const result = await runTrace(SEED, STEPS);
    const counts = Object.values(result.counts);
    const ok = counts.reduce((sum, each) => sum + each.ok, 0);
    console.log(`seed ${SEED}: ${ok} of ${STEPS} steps succeeded, ${result.codes.size} different refusals`);
    expect(missingSuccesses(result)).toEqual([]);
    expect(Object.keys(result.counts)).toHaveLength(Object.keys(INSTRUCTIONS).length);
    expect(result.codes.size).toBeGreaterThan(30);
    expect(ok).toBeGreaterThan(STEPS / 10);
  });
});
