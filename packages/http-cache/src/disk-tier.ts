import { createHash, randomUUID } from 'node:crypto';
import * as fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, errorCode } from '@media-network/runtime';
import type { Spill } from './body-flow.ts';
import { bodyOffsetFor, decodeHead, encodeHead, encodeWhole, headLength } from './disk-head.ts';
import type { DiskHead } from './disk-head.ts';
import type { WholeBody } from './fill.ts';
import type { ByteSpan, EntryMeta } from './store.ts';

/** What the tier needs of the file system; tests put a failing one in its place. */
export type DiskIo = Pick<
  typeof fsPromises,
  'mkdir' | 'open' | 'readdir' | 'rename' | 'rm' | 'stat' | 'statfs' | 'unlink'
>;

/** Writes new files whole, many at once; see `openDiskTier`. */
export interface NewFiles {
  /**
   * Takes the memory of `bytes` over. False where it did not and the caller has to; rejects with the system's code where the
   * disk will not have it, and leaves nothing of it there.
   */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

type FileHandle = Awaited<ReturnType<DiskIo['open']>>;

/** Names a complete file of the tier. */
export interface DiskFile {
  readonly id: string;
  readonly bodyOffset: number;
  /** What it takes on disk, head included. */
  readonly bytes: number;
}

export interface Recovered {
  readonly file: DiskFile;
  readonly head: DiskHead;
}

/** The reading of what a folder held when it was opened. */
export interface Recovery {
  /**
   * Reads every head that was not read yet and hands it over, in no order; deletes what is not as written. Ends
   * early, after those that are being read, when `stop` is aborted, and goes on from there when called again.
   */
  run(take: (one: Recovered) => void, stop: AbortSignal): Promise<void>;
}

/** A body on its way to disk, under a temporary name until it is complete. */
export interface DiskWriter extends Spill {
  finish(length: number, sha256: Buffer, md5: Buffer): Promise<DiskFile>;
  /**
   * Takes the name away; what reads through it may go on until `release`, if `keepBytes`. Otherwise its
   * room is given back at once, where the system waits with that until the file is closed.
   */
  discard(keepBytes?: boolean): Promise<void>;
  /** Closes the file; to be called in any case, when the readers of the fill are gone. */
  release(): Promise<void>;
}

export interface DiskTier {
  /** What is there. Nothing may be written before it has been read. */
  recover(): Promise<Recovery>;
  createWriter(key: string, meta: EntryMeta): Promise<DiskWriter>;
  /**
   * A body that is here whole, under its own name at once and with one write: what a kill leaves of it has not
   * the length that its head says, and is deleted by `recover`.
   */
  storeWhole(entry: WholeBody): Promise<DiskFile>;
  read(file: DiskFile, length: number, span?: ByteSpan): AsyncIterable<Buffer>;
  readWhole(file: DiskFile, length: number): Promise<Buffer>;
  /** Whether the file is there, as long as it was written. Rejects where the disk does not say. */
  has(file: DiskFile): Promise<boolean>;
  /** SHA-256 of the body as it is on disk now. */
  digest(file: DiskFile, length: number): Promise<Buffer>;
  /** Rewrites the head in place; false when the new metadata does not fit. */
  rewriteHead(file: DiskFile, head: Omit<DiskHead, 'bodyOffset'>): Promise<boolean>;
  remove(file: DiskFile): Promise<void>;
  /** What the file system has left for this user. */
  freeBytes(): Promise<number>;
}

/** What a body on disk is read by. A slow reader holds two of these, over TLS three: five hundred of them 40 MiB. */
const READ_BYTES = 32_768;
/** Heads read at a time on opening: enough to keep the platform's I/O threads busy. */
const RECOVERY_READERS = 16;
const FIRST_READ_BYTES = 4_096;
/** From so many bodies on that are being stored at the same time, whoever writes them together is asked to, and for so many after. */
const TOGETHER_FROM = 4;
const TOGETHER_FOR = 256;

/** 92 random bits. */
function newId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 24);
}

/** `buffer`: what is read into, as long as wanted; by default memory for what is not kept. */
async function readFully(
  handle: FileHandle,
  position: number,
  length: number,
  buffer: Buffer = Buffer.allocUnsafe(length),
): Promise<Buffer> {
  let got = 0;
  while (got < length) {
    const { bytesRead } = await handle.read(buffer, got, length - got, position + got);
    if (bytesRead === 0) return buffer.subarray(0, got);
    got += bytesRead;
  }
  return buffer;
}

async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** `newFiles`: who writes bodies that are here whole, where many come at once. */
export async function openDiskTier(
  dir: string,
  io: DiskIo = fsPromises,
  newFiles?: NewFiles,
): Promise<DiskTier> {
  const tempDir = join(dir, 'temp');
  const entriesDir = join(dir, 'entries');
  await io.rm(tempDir, { recursive: true, force: true });
  await io.mkdir(tempDir, { recursive: true });
  await io.mkdir(entriesDir, { recursive: true });
  const madeDirs = new Set<string>();
  let storing = 0;
  let together = 0;

  const folderOf = (id: string): string => join(entriesDir, id.slice(0, 2));
  const pathOf = (id: string): string => join(folderOf(id), id);

  async function recoverOne(id: string): Promise<Recovered | undefined> {
    const handle = await io.open(pathOf(id), 'r');
    try {
      // Most heads are in the first block: one read for them.
      const first = await readFully(handle, 0, FIRST_READ_BYTES);
      const length = headLength(first);
      if (length === undefined) return undefined;
      const head = decodeHead(length <= first.length ? first : await readFully(handle, 0, length));
      if (head === undefined) return undefined;
      const { size } = await handle.stat();
      if (size !== head.bodyOffset + head.length) return undefined;
      return { file: { id, bodyOffset: head.bodyOffset, bytes: size }, head };
    } finally {
      await handle.close();
    }
  }

  async function madeFolderOf(id: string): Promise<void> {
    const folder = folderOf(id);
    if (madeDirs.has(folder)) return;
    await io.mkdir(folder, { recursive: true });
    madeDirs.add(folder);
  }

  /** Opens a new file; what somebody removed of the folders above it while they were in use is made again. */
  async function openNew(folder: string, name: string): Promise<FileHandle> {
    try {
      return await io.open(join(folder, name), 'wx+');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      madeDirs.clear();
      await io.mkdir(tempDir, { recursive: true });
      await io.mkdir(folder, { recursive: true });
      return await io.open(join(folder, name), 'wx+');
    }
  }

  async function writeNew(id: string, bytes: Buffer): Promise<void> {
    const handle = await openNew(folderOf(id), id);
    try {
      await writeFully(handle, bytes, 0);
    } catch (error) {
      await io.unlink(pathOf(id)).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  }

  async function createWriter(key: string, meta: EntryMeta): Promise<DiskWriter> {
    const id = newId();
    const temp = join(tempDir, id);
    const bodyOffset = bodyOffsetFor(key, meta);
    const handle = await openNew(tempDir, id);
    let closed = false;
    const release = async (): Promise<void> => {
      if (closed) return;
      closed = true;
      await handle.close().catch(() => undefined);
    };
    return {
      write: (chunk, position) => writeFully(handle, chunk, bodyOffset + position),
      read: (position, length) => readFully(handle, bodyOffset + position, length),
      async finish(length, sha256, md5) {
        const head = encodeHead({ key, meta, bodyOffset, length, sha256, md5 });
        if (head === undefined) throw new Error('the head fits by construction');
        await writeFully(handle, head, 0);
        await madeFolderOf(id);
        await io.rename(temp, pathOf(id));
        return { id, bodyOffset, bytes: bodyOffset + length };
      },
      async discard(keepBytes = true) {
        await io.unlink(temp).catch(() => undefined);
        if (!keepBytes && !closed) await handle.truncate(0).catch(() => undefined);
      },
      release,
    };
  }

  async function* read(file: DiskFile, length: number, span?: ByteSpan): AsyncGenerator<Buffer> {
    const end = Math.min(length, span?.end ?? length);
    let at = span?.start ?? 0;
    const handle = await io.open(pathOf(file.id), 'r');
    try {
      while (at < end) {
        const wanted = Math.min(READ_BYTES, end - at);
        const chunk = await readFully(handle, file.bodyOffset + at, wanted);
        if (chunk.length !== wanted) {
          throw new MediaError({
            code: 'cache/read-failed',
            message: 'A cached body is shorter on disk than it was stored.',
            source: 'internal',
          });
        }
        at += chunk.length;
        yield chunk;
      }
    } finally {
      await handle.close();
    }
  }

  return {
    async recover() {
      const folders = await io.readdir(entriesDir);
      const names: { readonly folder: string; readonly id: string }[] = [];
      return {
        async run(take, stop) {
          const reader = async (): Promise<void> => {
            while (!stop.aborted) {
              const name = names.pop();
              if (name === undefined) {
                // Folder by folder: to list a million names takes seconds, too.
                const folder = folders.pop();
                if (folder === undefined) return;
                for (const id of await io.readdir(join(entriesDir, folder))) names.push({ folder, id });
                continue;
              }
              const one = await recoverOne(name.id).catch(() => undefined);
              if (one !== undefined && name.id.startsWith(name.folder)) take(one);
              else await io.unlink(join(entriesDir, name.folder, name.id)).catch(() => undefined);
            }
          };
          const ends = await Promise.allSettled(Array.from({ length: RECOVERY_READERS }, reader));
          for (const end of ends) if (end.status === 'rejected') throw end.reason;
        },
      };
    },
    createWriter,
    async storeWhole(entry) {
      const id = newId();
      await madeFolderOf(id);
      storing += 1;
      try {
        const { bodyOffset, bytes } = encodeWhole(entry);
        const file = { id, bodyOffset, bytes: bytes.length };
        together = storing >= TOGETHER_FROM ? TOGETHER_FOR : Math.max(0, together - 1);
        if (newFiles === undefined || together === 0) {
          await writeNew(id, bytes);
          return file;
        }
        if (await newFiles.write(pathOf(id), bytes)) return file;
        // Who was asked may have written it before it was lost: under this name nothing is known to be there or not.
        await io.unlink(pathOf(id)).catch(() => undefined);
        const again = { ...file, id: newId() };
        await madeFolderOf(again.id);
        await writeNew(again.id, bytes.length === file.bytes ? bytes : encodeWhole(entry).bytes);
        return again;
      } finally {
        storing -= 1;
      }
    },
    read,
    async readWhole(file, length) {
      const handle = await io.open(pathOf(file.id), 'r');
      try {
        // It may stay in RAM.
        return await readFully(handle, file.bodyOffset, length, Buffer.allocUnsafeSlow(length));
      } finally {
        await handle.close();
      }
    },
    async has(file) {
      try {
        return (await io.stat(pathOf(file.id))).size === file.bytes;
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return false;
        throw error;
      }
    },
    async digest(file, length) {
      const hash = createHash('sha256');
      for await (const chunk of read(file, length)) hash.update(chunk);
      return hash.digest();
    },
    async rewriteHead(file, head) {
      const bytes = encodeHead({ ...head, bodyOffset: file.bodyOffset });
      if (bytes === undefined) return false;
      const handle = await io.open(pathOf(file.id), 'r+');
      try {
        await writeFully(handle, bytes, 0);
      } finally {
        await handle.close();
      }
      return true;
    },
    async remove(file) {
      await io.unlink(pathOf(file.id)).catch(() => undefined);
    },
    async freeBytes() {
      const { bavail, bsize } = await io.statfs(dir);
      return bavail * bsize;
    },
  };
}
