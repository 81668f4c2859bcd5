import type { Clock } from './clock.ts';
import { errorCode, errorMessage } from './errors.ts';
import type { Log } from './log.ts';

/** What a round did: `busy` asks for another look soon and tells `settle` that work is in flight. */
export type RoundResult = 'busy' | 'idle';

export interface RepeatingTaskOptions {
  readonly name: string;
  /** Pause between the end of a round and the begin of the next. */
  readonly intervalMs: number;
  /** Pause after a busy round; `intervalMs` by default. */
  readonly busyIntervalMs?: number;
  /** Longest pause while there is nothing to do: it doubles from `intervalMs` with every idle round. `intervalMs` by default. */
  readonly maxIdleMs?: number;
  /** Ceiling of the pause after failures, which doubles from `intervalMs`. 30 s by default. */
  readonly maxBackoffMs?: number;
}

export interface RepeatingTaskDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure?: (name: string, error: unknown) => void;
}

/**
 * The one primitive for background work: runs rounds one at a time, never overlapping, logs and counts
 * failures, backs off.
 */
export interface RepeatingTask {
  readonly name: string;
  readonly failures: number;
  start(): void;
  /** Runs a round now, or joins the one under way and then runs another. Rejects if the round fails. */
  runNow(): Promise<RoundResult>;
  /** Wakes the loop from its pause. */
  poke(): void;
  /** Says that there may be something to do: a pause grown long by idleness ends, one of `intervalMs` does not. */
  nudge(): void;
  /** No round begins until `resume`; resolves when the one under way has ended. */
  suspend(): Promise<void>;
  resume(): void;
  /** Ends the loop after the round under way. */
  stop(): Promise<void>;
}

export function createRepeatingTask(
  round: (signal: AbortSignal) => Promise<RoundResult | void>,
  deps: RepeatingTaskDeps,
  options: RepeatingTaskOptions,
): RepeatingTask {
  const controller = new AbortController();
  let failures = 0;
  let failuresInRow = 0;
  let tail: Promise<unknown> = Promise.resolve();
  let loop: Promise<void> | undefined;
  let wake = new AbortController();
  /** Ends what idleness adds to a pause. */
  let stir = new AbortController();
  let idleInRow = 0;
  let suspended: PromiseWithResolvers<void> | undefined;
  let underWay: Promise<unknown> = Promise.resolve();

  function serialised(): Promise<RoundResult> {
    const run = tail.then(async () => {
      await suspended?.promise;
      if (controller.signal.aborted) return 'idle';
      const begun = round(controller.signal);
      underWay = begun.catch(() => undefined);
      return (await begun) ?? 'idle';
    });
    tail = run.catch(() => undefined);
    return run;
  }

  function pauseAfter(result: RoundResult | 'failed'): number {
    if (result === 'busy') return options.busyIntervalMs ?? options.intervalMs;
    if (result === 'idle') {
      const longest = Math.max(options.maxIdleMs ?? options.intervalMs, options.intervalMs);
      return Math.min(options.intervalMs * 2 ** Math.min(idleInRow - 1, 16), longest);
    }
    const backoff = Math.max(options.intervalMs, 50) * 2 ** Math.min(failuresInRow - 1, 16);
    return Math.min(backoff, options.maxBackoffMs ?? 30_000);
  }

  async function run(): Promise<void> {
    while (!controller.signal.aborted) {
      let result: RoundResult | 'failed';
      try {
        result = await serialised();
        failuresInRow = 0;
        idleInRow = result === 'idle' ? idleInRow + 1 : 0;
      } catch (error) {
        result = 'failed';
        if (controller.signal.aborted) return;
        failures += 1;
        failuresInRow += 1;
        deps.onFailure?.(options.name, error);
        deps.log.warn(
          { task: options.name, code: errorCode(error), failuresInRow, err: errorMessage(error) },
          'task round failed',
        );
      }
      wake = new AbortController();
      const pauseMs = pauseAfter(result);
      const atLeastMs = result === 'idle' ? Math.min(pauseMs, options.intervalMs) : pauseMs;
      await deps.clock.sleep(atLeastMs, AbortSignal.any([controller.signal, wake.signal]));
      if (pauseMs > atLeastMs)
        await deps.clock.sleep(
          pauseMs - atLeastMs,
          AbortSignal.any([controller.signal, wake.signal, stir.signal]),
        );
      if (stir.signal.aborted) idleInRow = 0;
      stir = new AbortController();
    }
  }

  return {
    name: options.name,
    get failures() {
      return failures;
    },
    start() {
      loop ??= run();
    },
    runNow: serialised,
    poke() {
      wake.abort();
      stir.abort();
    },
    nudge() {
      stir.abort();
    },
    async suspend() {
      suspended ??= Promise.withResolvers();
      await underWay;
    },
    resume() {
      suspended?.resolve();
      suspended = undefined;
    },
    async stop() {
      controller.abort();
      suspended?.resolve();
      await loop;
      await tail;
    },
  };
}
