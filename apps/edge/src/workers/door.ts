import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A place for a local socket that this user alone can reach. Not in the edge's folder: the path of a socket has some hundred bytes. */
export async function openDoor(): Promise<{ readonly path: string; close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'media-edge-'));
  return {
    path: join(dir, 'door'),
    close: () => rm(dir, { recursive: true, force: true }),
  };
}
