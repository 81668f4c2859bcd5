import { missingSuccesses, runTrace, TraceDifference } from './trace/run-trace.ts';

export interface ProgramFuzzOptions {
  readonly seed: number;
  readonly steps: number;
  /** Ends the run after the step that it is at; what was done by then counts. */
  readonly signal?: AbortSignal;
  /** Told now and then how many steps are done. */
  readonly onProgress?: (steps: number) => void;
}

export interface ProgramFuzzResult {
  /** Steps after which program and model were equal. */
  readonly steps: number;
  /** How many of them succeeded; the others were refused by both, with the same error. */
  readonly succeeded: number;
  readonly counts: Readonly<Record<string, { readonly ok: number; readonly refused: number }>>;
  /** Different errors that were met. */
  readonly errors: number;
  /** Instructions that never succeeded. */
  readonly missing: readonly string[];
  /** The first difference: the trace of this seed shows it again in so many steps. */
  readonly failure?: { readonly seed: number; readonly steps: number; readonly message: string };
}

/** Steps of one trace; then the next seed begins with a new network, so that what has piled up does not slow it down. */
export const STEPS_A_TRACE = 20_000;
const TELL_EVERY = 500;

/** Random instructions through the program in the VM and through the reference model, in traces of `STEPS_A_TRACE` from `seed` on. */
export async function fuzzProgram(options: ProgramFuzzOptions): Promise<ProgramFuzzResult> {
  const counts: Record<string, { ok: number; refused: number }> = {};
  const codes = new Set<number>();
  let steps = 0;
  let failure: ProgramFuzzResult['failure'];
  for (let seed = options.seed; steps < options.steps && options.signal?.aborted !== true; seed += 1) {
    const before = steps;
    const goOn = (done: number): boolean => {
      if (done % TELL_EVERY === 0) options.onProgress?.(before + done);
      return options.signal?.aborted !== true;
    };
    try {
      const result = await runTrace(seed, Math.min(STEPS_A_TRACE, options.steps - steps), goOn);
      steps += result.steps;
      for (const code of result.codes) codes.add(code);
      for (const [name, { ok, refused }] of Object.entries(result.counts)) {
        const count = (counts[name] ??= { ok: 0, refused: 0 });
        count.ok += ok;
        count.refused += refused;
      }
    } catch (error) {
      if (!(error instanceof TraceDifference)) throw error;
      steps += error.steps - 1;
      failure = { seed: error.seed, steps: error.steps, message: error.message };
      break;
    }
  }
  return {
    steps,
    succeeded: Object.values(counts).reduce((sum, { ok }) => sum + ok, 0),
    counts,
    errors: codes.size,
    missing: missingSuccesses({ counts }),
    ...(failure === undefined ? {} : { failure }),
  };
}
