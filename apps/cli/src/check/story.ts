import { formatMs } from '../amounts.ts';
import { describeFailure } from '../failure.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface StepRecord {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
}

/** Steps told one after the other; the first that fails ends the story. */
export interface Story {
  readonly steps: readonly StepRecord[];
  /** Runs a step; what it returns is the figures shown beside it. Rethrows what went wrong. */
  step(name: string, run: () => Promise<string>): Promise<void>;
}

export function createStory(terminal: Terminal, quiet: boolean): Story {
  const steps: StepRecord[] = [];
  const { style } = terminal;
  return {
    steps,
    async step(name, run) {
      const started = performance.now();
      const elapsed = (): number => Math.round(performance.now() - started);
      terminal.progress(`${name} ...`);
      try {
        const figures = await run();
        steps.push({ name, ok: true, ms: elapsed() });
        if (!quiet)
          terminal.line(
            `${style.green('✓')} ${name.padEnd(18)} ${figures}  ${style.dim(formatMs(elapsed()))}`,
          );
      } catch (error) {
        const { message } = describeFailure(error);
        steps.push({ name, ok: false, ms: elapsed(), error: message });
        if (!quiet)
          terminal.line(`${style.red('✗')} ${name.padEnd(18)} ${message}  ${style.dim(formatMs(elapsed()))}`);
        throw error;
      }
    },
  };
}

/** A step's own failure: what was expected and what was found. */
export function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** Looks again and again until there is an answer. The chain's clock cannot be turned here, so this is how one waits for it. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${formatMs(withinMs)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
