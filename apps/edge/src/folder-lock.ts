import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, errorCode } from '@media-network/runtime';

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Two edges on one journal would each lose the other's bytes: one process a folder. `main`: the process that an
 * operator started, this one or one that it is a later generation of, if it takes the signal for an upgrade.
 */
export async function lockFolder(dir: string, main?: number): Promise<FolderLock> {
  const path = join(dir, 'lock');
  await mkdir(dir, { recursive: true });
  for (let tries = 0; ; tries += 1) {
    try {
      const started = processStat(process.pid)?.startedTicks;
      const lines = [
        [process.pid, ...(main === undefined ? [] : [main])].join(' '),
        ...(started === undefined ? [] : [`started ${started}`]),
      ];
      await writeFile(path, `${lines.join('\n')}\n`, { flag: 'wx' });
      let held = true;
      return {
        async release() {
          // Once: by then it may be another one's.
          if (held) await rm(path, { force: true });
          held = false;
        },
      };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || tries > 3) throw error;
    }
    const held = parse(await readFile(path, 'utf8').catch(() => ''));
    // A holder with our own number died before us, as processes in containers do.
    if (held !== undefined && held.pid !== process.pid && isAlive(held)) {
      const holder = held.pid;
      throw new MediaError({
        code: 'edge/folder-in-use',
        message: `Process ${holder} uses ${dir} already. Stop it, choose another --dir, or delete ${path} if that process is no edge.`,
        source: 'client',
        context: { dir, holder },
      });
    }
    await rm(path, { force: true });
  }
}

/** Who uses the folder: the process, and the one that takes the signal for an upgrade, if any does. Undefined: nobody. */
export async function folderHolder(
  dir: string,
): Promise<{ readonly pid: number; readonly main: number | undefined } | undefined> {
  const held = parse(await readFile(join(dir, 'lock'), 'utf8').catch(() => ''));
  if (held === undefined || !isAlive(held)) return undefined;
  return { pid: held.pid, main: held.main };
}

interface Holder {
  readonly pid: number;
  readonly main: number | undefined;
  /** When the process began, by the kernel's count; undefined where it does not say. */
  readonly startedTicks: string | undefined;
}

function parse(text: string): Holder | undefined {
  const [, first = '', second, startedTicks] =
    /^(\d+)(?: (\d+))?(?:\nstarted (\d+))?$/.exec(text.trim()) ?? [];
  const [pid, main] = [Number(first), Number(second)];
  // 0 would be all of our own group.
  if (!(pid > 0)) return undefined;
  return { pid, main: main > 0 ? main : undefined, startedTicks };
}

/** State and start of a process as Linux tells them (proc_pid_stat(5)); the name before them may hold anything. */
function processStat(pid: number): { readonly state: string; readonly startedTicks: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, startedTicks] = [fields[0], fields[19]];
    return state === undefined || startedTicks === undefined ? undefined : { state, startedTicks };
  } catch {
    return undefined;
  }
}

/** Whether the process that took the lock still runs. A number may be another's since, and a zombie holds nothing. */
function isAlive({ pid, startedTicks }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  const stat = processStat(pid);
  if (stat === undefined) return true;
  return stat.state !== 'Z' && (startedTicks === undefined || startedTicks === stat.startedTicks);
}
