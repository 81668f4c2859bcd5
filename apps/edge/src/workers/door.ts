import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '@media-network/runtime';

/**
 * A place for a local socket that this user alone can reach. Not in the edge's folder, as the path of a socket has some
 * hundred bytes; but where there is no folder for what is temporary, there.
 */
export async function openDoor(folder: string): Promise<{ readonly path: string; close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'media-edge-')).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
    return mkdtemp(join(folder, 'door-'));
  });
  return {
    path: join(dir, 'door'),
    close: () => rm(dir, { recursive: true, force: true }),
  };
}
