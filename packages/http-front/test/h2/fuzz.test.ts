import { expect, test } from 'vitest';
import { fuzzOnce } from './fuzz-run.ts';

/** `MEDIA_FUZZ_RUNS=1000000` for the long run, `MEDIA_FUZZ_SEED` for other ones. */
const RUNS = Number(process.env['MEDIA_FUZZ_RUNS'] ?? 10_000);
const SEED = Number(process.env['MEDIA_FUZZ_SEED'] ?? 1);

test(`a session takes whatever ${RUNS} connections send, and sends only what they may be sent`, () => {
  const codes = new Map<number, number>();
  let answered = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const seed = SEED * 1_000_003 + run;
    try {
      const result = fuzzOnce(seed);
      codes.set(result.code, (codes.get(result.code) ?? 0) + 1);
      answered += result.answered;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  console.log(`${answered} answers; ends by code: ${JSON.stringify(Object.fromEntries(codes))}`);
  // What is sent is right often enough to be answered, and wrong in all the ways there are codes for.
  expect(answered).toBeGreaterThan(RUNS);
  for (const code of [-1, 1, 3, 5, 6, 9]) expect(codes.get(code)).toBeGreaterThan(0);
}, 3_600_000);
