import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MediaError, errorMessage } from '@media-network/runtime';

/**
 * Keeps a folder to one process. The lock is the operating system's, taken through SQLite's own file locking,
 * so kill -9 frees it at once and no stale file can keep the owner out.
 * Throws `localnet/locked`, `localnet/lock-unreadable`.
 */
export function lockFolder(dir: string): { release(): void } {
  const path = join(dir, 'lock.db');
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (!errorMessage(error).includes('locked')) {
      throw new MediaError({
        code: 'localnet/lock-unreadable',
        message: `The lock ${path} cannot be taken (${errorMessage(error)}). It holds nothing: remove it and start again.`,
        source: 'client',
        context: { path },
        cause: error,
      });
    }
    throw new MediaError({
      code: 'localnet/locked',
      message: `Another process runs a local chain on ${dir}; stop it, or choose another folder.`,
      source: 'client',
      retry: true,
      context: { dir },
      cause: error,
    });
  }
  const held = db;
  return { release: () => held.close() };
}
