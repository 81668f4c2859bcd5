import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, writeDurably } from '@media-network/devnet/folder';
import { MediaError, errorCode, systemClock } from '@media-network/runtime';

/** A network that runs in a folder: `up.json` there, for as long as it does. */
export interface RunningNetwork {
  readonly pid: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Where it is; undefined while it starts. */
  readonly at: { readonly url: string; readonly rpcUrl: string } | undefined;
}

const pathOf = (dir: string): string => join(dir, 'up.json');

/** Longest that a network takes to stop: responses under way get ten seconds, and disks are slow. */
const STOP_WITHIN_MS = 45_000;

function parse(text: string): RunningNetwork | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(value));
    const [pid, startedAt, url, rpcUrl] = ['pid', 'startedAt', 'url', 'rpcUrl'].map((name) =>
      fields.get(name),
    );
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 2) return undefined;
    if (typeof startedAt !== 'number') return undefined;
    const at = typeof url === 'string' && typeof rpcUrl === 'string' ? { url, rpcUrl } : undefined;
    return { pid, startedAt, at };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Whether the process is a `media up`: numbers of processes are used again. */
function isUp(pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'args=', '-p', String(pid)], (error, stdout) => {
      // Without ps there is only the number to go by.
      resolve(error === null ? /\bmain\.ts\b.*\bup\b/.test(stdout) : errorCode(error) === 'ENOENT');
    });
  });
}

/** The network that runs in the folder, if one does; a file that a kill left behind is none. */
export async function runningIn(dir: string): Promise<RunningNetwork | undefined> {
  const content = await readIfPresent(pathOf(dir));
  const found = content === undefined ? undefined : parse(content.toString('utf8'));
  if (found === undefined || found.pid === process.pid || !isAlive(found.pid)) return undefined;
  return (await isUp(found.pid)) ? found : undefined;
}

/** Says that this process starts the network of the folder, or runs it there. */
export async function announce(dir: string, network: Omit<RunningNetwork, 'pid'>): Promise<void> {
  const { startedAt, at } = network;
  await writeDurably(pathOf(dir), `${JSON.stringify({ pid: process.pid, startedAt, ...at })}\n`);
}

/** Takes back what was announced. */
export function withdraw(dir: string): Promise<void> {
  return rm(pathOf(dir), { force: true });
}

/**
 * Ends the network that runs in the folder, as Ctrl-C does.
 *
 * @throws `cli/not-running`, `cli/not-stopping`
 */
export async function stopRunning(dir: string): Promise<RunningNetwork> {
  const found = await runningIn(dir);
  if (found === undefined) {
    throw new MediaError({
      code: 'cli/not-running',
      message: `No network runs in ${dir}.`,
      hint: 'Name the folder of another with --dir.',
      source: 'client',
    });
  }
  process.kill(found.pid, 'SIGTERM');
  for (const end = Date.now() + STOP_WITHIN_MS; isAlive(found.pid);) {
    if (Date.now() > end) {
      throw new MediaError({
        code: 'cli/not-stopping',
        message: `The network in ${dir} (process ${found.pid}) has not stopped within ${STOP_WITHIN_MS / 1000} s.`,
        hint: `End it for good with "kill -9 ${found.pid}"; what its chain has confirmed is on disk.`,
        source: 'internal',
      });
    }
    await systemClock.sleep(100);
  }
  return found;
}
