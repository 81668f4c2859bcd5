import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, writeDurably } from '@media-network/runtime/durable-file';
import { checkedPair, pairText, readPair } from './certificate-pair.ts';
import type { CertificatePair } from './certificate-pair.ts';

/** Pairs in a folder, a file each: readable to its owner alone, replaced whole, read when they are needed. */
export interface PairStore {
  /** Names that there is a pair for, a wildcard as `*.example`. */
  names(): Promise<readonly string[]>;
  /** Undefined where there is none, or one that cannot be served. */
  read(name: string): Promise<CertificatePair | undefined>;
  write(name: string, pair: CertificatePair): Promise<void>;
  remove(name: string): Promise<void>;
}

const SUFFIX = '.pem';
/** A file name has 255 bytes, some of which a part of it takes; a longer name is known by its hash, and by its file alone. */
const MAX_NAME = 180;

/** What a name is called on disk: a wildcard's `*` means something to shells. */
export function fileNameOf(name: string): string {
  const plain = name.replace(/^\*/, '_wildcard');
  return plain.length <= MAX_NAME ? plain : createHash('sha256').update(name).digest('hex');
}

export async function openPairStore(dir: string): Promise<PairStore> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = (name: string): string => join(dir, `${fileNameOf(name)}${SUFFIX}`);
  return {
    async names() {
      const files = await readdir(dir);
      return files
        .filter((file) => file.endsWith(SUFFIX) && file.includes('.', 1))
        .map((file) => file.slice(0, -SUFFIX.length).replace(/^_wildcard/, '*'));
    },
    async read(name) {
      const text = await readIfPresent(path(name));
      const pair = text === undefined ? undefined : readPair(text.toString('utf8'));
      if (pair === undefined) return undefined;
      try {
        return checkedPair(pair, path(name));
      } catch {
        return undefined;
      }
    },
    write: (name, pair) => writeDurably(path(name), pairText(pair), 0o600),
    remove: (name) => rm(path(name), { force: true }),
  };
}
