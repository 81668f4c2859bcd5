import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What became of the last upgrade, in the edge's folder, for whoever asked for it from another process. */
export type UpgradeNote = {
  readonly no: number;
  /** The process that was asked. */
  readonly main: number;
} & (
  | { readonly state: 'under-way' }
  | { readonly state: 'done'; readonly pid: number }
  | { readonly state: 'failed'; readonly code: string; readonly why: string }
);

const pathOf = (dir: string): string => join(dir, 'upgrade.json');

export async function readUpgradeNote(dir: string): Promise<UpgradeNote | undefined> {
  try {
    // Written below, whole.
    return JSON.parse(await readFile(pathOf(dir), 'utf8')) as UpgradeNote;
  } catch {
    return undefined;
  }
}

export async function writeUpgradeNote(dir: string, note: UpgradeNote): Promise<void> {
  const path = pathOf(dir);
  await writeFile(`${path}.tmp`, `${JSON.stringify(note)}\n`);
  await rename(`${path}.tmp`, path);
}
