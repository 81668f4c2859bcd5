import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@media-network/runtime';
import { outcomeOf } from './outcome.ts';
import type { Run } from './outcome.ts';
import { decodeRun } from './run-codec.ts';
import type { Outcome, Scenario } from './scenario.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** A side that hangs ends here. It takes a minute of a processor, and a busy machine may give it a thirtieth. */
const SIDE_TIMEOUT_MS = 45 * 60_000;

export interface LabOptions {
  readonly scenarios: readonly Scenario[];
  /** Processes side by side; each plays one side of a scenario. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly onFailure: (scenario: Scenario, error: unknown) => void;
}

/** Plays scenarios, each side in a process of its own, and says what they came to in the order in which they end. */
export async function runLab(options: LabOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const honestSides = new Map<string, Promise<Run>>();
  function honestSide(scenario: Scenario): Promise<Run> {
    const key = scenario.honestSide ?? `only ${scenario.name}`;
    const before = honestSides.get(key);
    if (before !== undefined) return before;
    const run = playSide(scenario, 'honest', options.signal);
    honestSides.set(key, run);
    return run;
  }

  const waiting = options.scenarios.values();
  const worker = async (): Promise<void> => {
    for (const scenario of waiting) {
      if (options.signal?.aborted === true) return;
      try {
        const honest = await honestSide(scenario);
        const attack = await playSide(scenario, 'attack', options.signal);
        const outcome = outcomeOf(scenario, honest, attack);
        outcomes.push(outcome);
        options.onOutcome(outcome);
      } catch (error) {
        options.onFailure(scenario, error);
      }
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, worker));
  return outcomes;
}

function playSide(
  scenario: Scenario,
  side: 'honest' | 'attack',
  signal: AbortSignal | undefined,
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, scenario.name, side], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-4_000)));
    let hung = false;
    const stop = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      hung = true;
      stop();
    }, SIDE_TIMEOUT_MS);
    signal?.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      const line = out.trimEnd().split('\n').at(-1) ?? '';
      if (code === 0 && line.startsWith('{')) resolve(decodeRun(line));
      else
        reject(
          new MediaError({
            code: 'lab/side-failed',
            message: hung
              ? `${scenario.name}, ${side}: not done after ${SIDE_TIMEOUT_MS / 60_000} minutes.`
              : `${scenario.name}, ${side}: ended with ${code ?? 'a signal'}: ${err.trim().slice(-1_500)}`,
            source: 'internal',
          }),
        );
    });
  });
}
