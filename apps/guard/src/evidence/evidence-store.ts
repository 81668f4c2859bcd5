import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fromHex, toHex } from '@media-network/protocol';
import { storedFile } from '@media-network/runtime/daemon';
import type { StoredFile } from '@media-network/runtime/daemon';
import { BLOB_KINDS } from './blob-roots.ts';
import type { BlobKind } from './blob-roots.ts';
import type { Hasher } from './hasher.ts';

/**
 * What goes first when room runs out. Lists are large, an edge can make many, and digests and counters decide nothing
 * once a report is judged; receipts and entries are needed until their hour is final, hours until their week is paid.
 * What weeks pay stays: it is small, and whoever was away for long still claims by it.
 */
const EVICTION: readonly (readonly BlobKind[])[] = [
  ['digests', 'counters'],
  ['receipts'],
  ['entries'],
  ['hours'],
];

/** Evidence on disk by kind and root. Files are whole or absent: written beside, synced, renamed. */
export interface EvidenceStore {
  /** Undefined when it is not there, or when what is there does not have the root (then it is removed). */
  get(kind: BlobKind, rootHex: string): Promise<Uint8Array | undefined>;
  /** Resolves to the root, also when the disk did not take it. Rejects with a RangeError for bytes that are no blob of the kind. */
  put(kind: BlobKind, blob: Uint8Array): Promise<string>;
  /** The same for a blob whose root the caller has just verified. */
  keep(kind: BlobKind, rootHex: string, blob: Uint8Array): Promise<void>;
  /** A blob to be sent as it is, whoever gets it computes the root; undefined when it is not there. */
  open(kind: BlobKind, rootHex: string): Promise<StoredFile | undefined>;
  readonly blobs: number;
  readonly bytes: number;
}

/** Opens the store in `dir`, dropping leftovers of writes that were cut off. When `maxBytes` is passed, lists go first, then receipts, entries, hours, the oldest of each; claims never. */
export async function openEvidenceStore(
  dir: string,
  { maxBytes, hasher }: { readonly maxBytes: number; readonly hasher: Hasher },
  onWriteFailure: (error: unknown) => void,
): Promise<EvidenceStore> {
  /** Key → size, oldest first. */
  const index = new Map<string, number>();
  let bytes = 0;

  const fileOf = (key: string): string => path.join(dir, key);

  async function scan(): Promise<void> {
    const found: { key: string; size: number; at: number }[] = [];
    for (const kind of BLOB_KINDS) {
      await mkdir(path.join(dir, kind), { recursive: true });
      for (const name of await readdir(path.join(dir, kind))) {
        const key = `${kind}/${name}`;
        if (fromHex(name, 32) === undefined) {
          await rm(fileOf(key), { force: true });
          continue;
        }
        const { size, mtimeMs } = await stat(fileOf(key));
        found.push({ key, size, at: mtimeMs });
      }
    }
    for (const { key, size } of found.sort((a, b) => a.at - b.at)) {
      index.set(key, size);
      bytes += size;
    }
  }

  async function forget(key: string): Promise<void> {
    bytes -= index.get(key) ?? 0;
    index.delete(key);
    await rm(fileOf(key), { force: true });
  }

  async function write(key: string, blob: Uint8Array): Promise<void> {
    const temporary = fileOf(`${key}.${randomBytes(6).toString('hex')}.part`);
    try {
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(blob);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, fileOf(key));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async function keep(kind: BlobKind, rootHex: string, blob: Uint8Array): Promise<void> {
    const key = `${kind}/${rootHex}`;
    if (index.has(key)) return;
    try {
      await write(key, blob);
    } catch (error) {
      // A full disk must not keep the guard from judging: what it has just verified it can still use.
      onWriteFailure(error);
      return;
    }
    if (!index.has(key)) {
      index.set(key, blob.length);
      bytes += blob.length;
    }
    for (const kinds of EVICTION) {
      for (const oldest of bytes > maxBytes ? index.keys() : []) {
        if (bytes <= maxBytes) break;
        if (oldest !== key && kinds.some((each) => oldest.startsWith(`${each}/`))) await forget(oldest);
      }
    }
  }

  await scan();
  return {
    get blobs() {
      return index.size;
    },
    get bytes() {
      return bytes;
    },
    async get(kind, rootHex) {
      const key = `${kind}/${rootHex}`;
      if (!index.has(key)) return undefined;
      const blob = await readFile(fileOf(key)).catch(() => undefined);
      if (blob !== undefined && (await hasher.isBlobOf(kind, rootHex, blob))) return blob;
      await forget(key);
      return undefined;
    },
    async open(kind, rootHex) {
      const key = `${kind}/${rootHex}`;
      if (!index.has(key)) return undefined;
      const file = await open(fileOf(key)).catch(() => undefined);
      return file === undefined ? undefined : storedFile(file);
    },
    async put(kind, blob) {
      const root = await hasher.rootOf(kind, blob);
      if (root === undefined) throw new RangeError(`not a blob of ${kind}`);
      const rootHex = toHex(root);
      await keep(kind, rootHex, blob);
      return rootHex;
    },
    keep,
  };
}
