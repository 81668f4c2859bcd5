import { describe, expect, it } from 'vitest';

import { fuzzProgram } from './fuzz-program.ts';

const SEED = Number(process.env['TRACE_SEED'] ?? 20_261_121);
/** Two traces; `media fuzz program` goes on for as long as one likes. */
const STEPS = Number(process.env['TRACE_STEPS'] ?? 40_000);

describe('program and model', () => {
  it(`are equal after each of ${STEPS} random steps (TRACE_SEED=${SEED})`, { timeout: 900_000 }, async () => {
    const result = await fuzzProgram({ seed: SEED, steps: STEPS });
    console.log(
      `seed ${SEED}: ${result.succeeded} of ${result.steps} steps succeeded, ${result.errors} different refusals`,
    );
    expect(result.failure).toBeUndefined();
    expect(result.steps).toBe(STEPS);
    // Some instructions are at the end of a long way: shorter traces (`media fuzz mutants`) may not get there.
    if (STEPS >= 40_000) expect(result.missing).toEqual([]);
    expect(result.errors).toBeGreaterThan(30);
    expect(result.succeeded).toBeGreaterThan(STEPS / 10);
  });

  it('can be ended, and what was done by then counts', async () => {
    const ended = new AbortController();
    const result = await fuzzProgram({
      seed: SEED,
      steps: 1_000_000,
      signal: ended.signal,
      onProgress: () => ended.abort(),
    });
    expect(result.failure).toBeUndefined();
    expect(result.steps).toBe(500);
  });
});
