import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { evidenceOf } from '@media-network/protocol';
import type { Commit, EvidenceFile } from '@media-network/protocol';
import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';

/** Evidence files (docs/evidence.md): what stands against a node, checked by anybody with its key. */
export interface Contradictions {
  /** Two commits of one edge that cannot both be true. */
  add(a: Commit, b: Commit): Promise<void>;
  keep(file: EvidenceFile): Promise<void>;
  /** Names of the files, in no order. */
  list(): Promise<readonly string[]>;
  /** The text of a file; undefined when there is none of that name. */
  read(name: string): Promise<string | undefined>;
}

const NAME = /^[0-9a-f]{64}\.json$/;
/** An edge could make as many as it likes, and one is enough. */
const MAX_FILES = 1_000;

/** What a kill or a disk cut off is made anew when it is found again. */
async function isWhole(file: string, name: string): Promise<boolean> {
  const bytes = await readIfPresent(file);
  return bytes !== undefined && `${createHash('sha256').update(bytes).digest('hex')}.json` === name;
}

export async function openContradictions(dir: string): Promise<Contradictions> {
  await mkdir(dir, { recursive: true });
  const files = new Set<string>();
  for (const name of await readdir(dir))
    if (NAME.test(name) && (await isWhole(path.join(dir, name), name))) files.add(name);

  async function keep(file: EvidenceFile): Promise<void> {
    const text = `${JSON.stringify(file)}\n`;
    const name = `${createHash('sha256').update(text).digest('hex')}.json`;
    if (files.has(name) || files.size >= MAX_FILES) return;
    await writeDurably(path.join(dir, name), text);
    files.add(name);
  }

  return {
    // In the order of their times, so that the same pair is one file.
    add: (a, b) => keep(evidenceOf(a.unixMs <= b.unixMs ? [a, b] : [b, a])),
    keep,
    list: async () => [...files],
    async read(name) {
      return files.has(name)
        ? await readFile(path.join(dir, name), 'utf8').catch(() => undefined)
        : undefined;
    },
  };
}
