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
      await writeFile(path, `${[process.pid, ...(main === undefined ? [] : [main])].join(' ')}\n`, {
        flag: 'wx',
      });
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
    const holder = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
    // A holder with our own number died before us, as processes in containers do.
    if (Number.isInteger(holder) && holder !== process.pid && isAlive(holder)) {
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
  const text = await readFile(join(dir, 'lock'), 'utf8').catch(() => '');
  const [pid, main] = /^(\d+)(?: (\d+))?$/.exec(text.trim())?.slice(1).map(Number) ?? [];
  // 0 would be all of our own group.
  if (pid === undefined || pid <= 0 || !isAlive(pid)) return undefined;
  return { pid, main: main === undefined || !(main > 0) ? undefined : main };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
