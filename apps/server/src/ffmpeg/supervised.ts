import { spawn } from 'node:child_process';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log } from '@media-network/runtime';

/** An ffmpeg that is started again when it ends, until it is closed. */
export interface Supervised {
  close(): Promise<void>;
}

/** From one end to the next start: doubles while it ends at once. */
const RESTART_MS = { least: 500, most: 10_000 } as const;
/** It ran for so long: what ends it now is something new. */
const STEADY_MS = 30_000;
/** It is asked to end, and then made to. */
const KILL_MS = 3_000;
/** Of what it says, the end is kept for the log. */
const MOST_TEXT = 2_000;

/** Throws `server/no-ffmpeg` where there is none to start. */
export async function superviseFfmpeg(
  args: readonly string[],
  {
    clock,
    log,
    name,
    secrets = [],
  }: {
    readonly clock: Clock;
    readonly log: Log;
    readonly name: string;
    /** Never in the log, whatever ffmpeg says. */
    readonly secrets?: readonly string[];
  },
): Promise<Supervised> {
  const ending = new AbortController();
  let kill: (() => void) | undefined;

  /** One run, from its start to its end. */
  function run(onStarted: () => void, onMissing: (error: unknown) => void): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (part: Buffer) => {
        said = (said + part.toString('utf8')).slice(-MOST_TEXT);
      });
      child.once('spawn', onStarted);
      child.once('error', (error) => {
        onMissing(error);
        resolve();
      });
      child.once('close', (code, signal) => {
        const told = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), said.trim());
        if (!ending.signal.aborted) log.warn({ name, code, signal, said: told }, 'ffmpeg has ended');
        resolve();
      });
      kill = () => {
        child.kill('SIGTERM');
        // One that hangs does not listen.
        const timer = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
        child.once('close', () => clearTimeout(timer));
      };
    });
  }

  let started: (() => void) | undefined;
  let missing: ((error: unknown) => void) | undefined;
  const first = new Promise<void>((resolve, reject) => {
    [started, missing] = [resolve, reject];
  });
  const whole = (async () => {
    let waitMs: number = RESTART_MS.least;
    while (!ending.signal.aborted) {
      const sinceMs = clock.nowMs();
      await run(
        () => started?.(),
        (error) => missing?.(error),
      );
      waitMs = clock.nowMs() - sinceMs > STEADY_MS ? RESTART_MS.least : Math.min(waitMs * 2, RESTART_MS.most);
      await clock.sleep(waitMs, ending.signal);
    }
  })();
  const close = async (): Promise<void> => {
    ending.abort();
    kill?.();
    await whole;
  };
  try {
    await first;
  } catch (error) {
    await close();
    throw new MediaError({
      code: 'server/no-ffmpeg',
      message: `ffmpeg cannot be started: ${errorMessage(error)}.`,
      hint:
        errorCode(error) === 'ENOENT'
          ? 'Install it, on Debian by "apt-get install ffmpeg".'
          : 'See that it can be run from a shell.',
      source: 'client',
      cause: error,
    });
  }
  return { close };
}
