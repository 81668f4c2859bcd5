import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, errorCode } from '@media-network/runtime';

/** Two edges on one journal would each lose the other's bytes: one process a folder. */
export async function lockFolder(dir: string): Promise<{ release(): Promise<void> }> {
  const path = join(dir, 'lock');
  await mkdir(dir, { recursive: true });
  for (let tries = 0; ; tries += 1) {
    try {
      await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
      return { release: () => rm(path, { force: true }) };
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
