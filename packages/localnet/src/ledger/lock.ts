import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MediaError, errorMessage } from '@media-network/runtime';

/**
 * Keeps a folder to one process. The lock is the operating system's, taken through SQLite's own file locking,
 * so kill -9 frees it at once and no stale file can keep the owner out.
 * Throws `localnet/locked`.
 */
export function lockFolder(dir: string): { release(): void } {
  const db = new DatabaseSync(join(dir, 'lock.db'), { timeout: 0 });
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (!errorMessage(error).includes('locked')) throw error;
    throw new MediaError({
      code: 'localnet/locked',
      message: `Another process runs a local chain on ${dir}; stop it, or choose another folder.`,
      source: 'client',
      retry: true,
      context: { dir },
      cause: error,
    });
  }
  return { release: () => db.close() };
}
