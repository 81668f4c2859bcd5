import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from './errors.ts';

/** The file's bytes, or undefined when there is none. */
export async function readIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function writePart(path: string, content: string | Uint8Array, mode: number): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  const file = await open(part, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(part, { force: true });
    // The system does not say of a full disk which it is.
    throw error instanceof Error && !('path' in error) ? Object.assign(error, { path }) : error;
  } finally {
    await file.close();
  }
  return part;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Replaces a file so that kill -9 leaves the old one or the new one, never a part of either. */
export async function writeDurably(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const part = await writePart(path, content, mode);
  try {
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Creates a file and never replaces one: false when there was one already. For keys, of which no second may win. */
export async function createDurably(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<boolean> {
  const part = await writePart(path, content, mode);
  try {
    await link(part, path);
    await syncFolder(join(path, '..'));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(part);
  }
}
