import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { MediaError } from '@media-network/runtime';

import { outcomeOf } from './economy.ts';
import type { AttackOutcome, Economy, Job, Plan } from './economy.ts';
import type { Played } from './play.ts';
import type { Word } from './worker.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** A worker that says nothing for so long hangs: a day takes it a second, and a busy machine may give it a hundredth. */
const SILENCE_MS = 10 * 60_000;

export interface RunOptions {
  readonly plan: Plan;
  /** Processes side by side. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: {
    readonly hours: number;
    readonly of: number;
    readonly doing: string;
  }) => void;
  readonly onOutcome?: (outcome: AttackOutcome) => void;
}

/** A process that plays jobs, and keeps what it has derived for the next. */
interface Worker {
  play(job: Job, onHour: (hour: number) => void): Promise<Played>;
  end(): void;
}

function startWorker(signal: AbortSignal | undefined): Worker {
  const child: ChildProcess = fork(MAIN, {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4_000)));
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  return {
    play(job, onHour) {
      return new Promise((resolve, reject) => {
        const failed = (why: string): void =>
          reject(
            new MediaError({ code: 'sim/play-failed', message: `${job.name}: ${why}`, source: 'internal' }),
          );
        let timer = setTimeout(stop, SILENCE_MS);
        const done = (): void => {
          clearTimeout(timer);
          child.off('message', hear);
          child.off('close', gone);
        };
        function hear(word: Word): void {
          clearTimeout(timer);
          if (word.kind === 'hour') {
            timer = setTimeout(stop, SILENCE_MS);
            onHour(word.hour);
            return;
          }
          done();
          resolve(word.played);
        }
        function gone(code: number | null): void {
          done();
          failed(`its process ended with ${code ?? 'a signal'}: ${words.trim().slice(-1_500)}`);
        }
        child.on('message', hear);
        child.once('close', gone);
        child.send({ job });
      });
    },
    end() {
      signal?.removeEventListener('abort', stop);
      if (child.connected) child.disconnect();
    },
  };
}

/** Plays a plan, the longest first, in processes of their own. The same plan gives the same economy. */
export async function runEconomy(options: RunOptions): Promise<Economy> {
  const { plan, onProgress } = options;
  const jobs = [plan.honest, ...(plan.base === plan.honest ? [] : [plan.base]), ...plan.attacks];
  const of = jobs.reduce((sum, { days }) => sum + 24 * days, 0);
  const waiting = jobs.values();
  const played = new Map<Job, Played>();
  const outcomes = new Map<Job, AttackOutcome>();
  let done = 0;

  function settle(): void {
    const base = played.get(plan.base);
    if (base === undefined) return;
    for (const job of plan.attacks) {
      const found = played.get(job);
      if (found === undefined || outcomes.has(job)) continue;
      const outcome = outcomeOf(job, base, found);
      outcomes.set(job, outcome);
      options.onOutcome?.(outcome);
    }
  }

  async function work(): Promise<void> {
    const worker = startWorker(options.signal);
    try {
      for (const job of waiting) {
        let mine = 0;
        const found = await worker.play(job, (hour) => {
          done += hour - mine;
          mine = hour;
          onProgress?.({ hours: done, of, doing: job.name });
        });
        played.set(job, found);
        settle();
      }
    } finally {
      worker.end();
    }
  }

  const ended = await Promise.allSettled(
    Array.from({ length: Math.min(options.parallel, jobs.length) }, work),
  );
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  const honest = played.get(plan.honest);
  if (honest === undefined)
    throw new MediaError({ code: 'sim/play-failed', message: 'Nothing was played.', source: 'internal' });
  const attacks = plan.attacks.flatMap((job) => outcomes.get(job) ?? []);
  return {
    days: plan.honest.days,
    attackDays: plan.base.days,
    seed: plan.honest.seed,
    honest,
    supplyHolds: [...played.values()].every(({ brokeAt }) => brokeAt === undefined),
    attacks,
  };
}
