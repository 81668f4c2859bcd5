import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addressBytes, decodePurge, toHex } from '@media-network/protocol';
import type { Purge } from '@media-network/protocol';
import { encodeFrame, readFrames } from '../journal/frame.ts';
import { purgeKey } from './purge-key.ts';

/**
 * Which purges this edge has heard, on disk, so that what a kill left of one is done when the edge is back, and none is
 * done a second time to what has come since. One file of frames (`journal/frame.ts`):
 *
 *     1 ‖ purge            heard; what it means may still be on the disk of the cache
 *     2 ‖ id 32            what it meant is gone
 *     3 ‖ id 32 ‖ resource 32 ‖ unix ms f64   both of the first, once it is done
 */
export interface PurgeBook {
  has(id: string): boolean;
  /** Resolves when the disk has it for good. Rejects where the disk refuses. */
  heard(id: string, purge: Purge, bytes: Uint8Array): Promise<void>;
  /** What it meant is off the disk. */
  done(id: string): void;
  /** Those whose end is not known, and the newest: a power cut may bring back what was deleted seconds before it. */
  readonly unfinished: readonly Purge[];
  /** Leaves the file to another process. Resolves with what takes it back. */
  letGo(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

interface Known {
  readonly resource: string;
  readonly unixMs: number;
  /** Undefined once it is done. */
  bytes: Uint8Array | undefined;
}

export interface PurgeBookOptions {
  /** Purges older than this are known to nobody any more. */
  readonly keepMs: number;
  readonly nowMs: () => number;
}

/** Of one resource; what is forgotten here is done once more if a guard still tells of it. */
const MAX_OF_RESOURCE = 1_000;
const MAX_KNOWN = 200_000;
/** The file is written anew when it has grown by so much. */
const REWRITE_BYTES = 32 * 2 ** 20;
/** Longer than a file system keeps to itself that a name is gone. */
const UNSURE_MS = 60_000;
const HEX = 'hex';

function knownOf(purge: Purge, bytes: Uint8Array): Known {
  return { resource: toHex(addressBytes(purge.resource)), unixMs: Number(purge.unixMs), bytes };
}

export async function openPurgeBook(file: string, options: PurgeBookOptions): Promise<PurgeBook> {
  const known = new Map<string, Known>();
  const ofResource = new Map<string, number>();
  let grown = 0;
  let handle: FileHandle | undefined;
  let batch: { readonly parts: Buffer[]; readonly written: Promise<void> } | undefined;
  let tail: Promise<void> = Promise.resolve();
  let given = false;

  function note(id: string, one: Known): void {
    if (known.has(id)) return;
    known.set(id, one);
    const count = (ofResource.get(one.resource) ?? 0) + 1;
    ofResource.set(one.resource, count);
    if (count > MAX_OF_RESOURCE) forgetOldest(({ resource }) => resource === one.resource);
    else if (known.size > MAX_KNOWN) forgetOldest(() => true);
  }

  /** Those that are not done are not forgotten: each is done within moments. */
  function forgetOldest(among: (one: Known) => boolean): void {
    for (const [id, one] of known) {
      if (one.bytes !== undefined || !among(one)) continue;
      forget(id, one);
      return;
    }
  }

  function forget(id: string, { resource }: Known): void {
    known.delete(id);
    const left = (ofResource.get(resource) ?? 1) - 1;
    if (left > 0) ofResource.set(resource, left);
    else ofResource.delete(resource);
  }

  function read(payload: Buffer): void {
    const rest = payload.subarray(1);
    if (payload[0] === 1) {
      const bytes = new Uint8Array(rest);
      const purge = decodePurge(bytes);
      if (purge !== undefined) note(purgeKey(purge), knownOf(purge, bytes));
    } else if (payload[0] === 2) {
      const one = known.get(rest.toString(HEX));
      if (one !== undefined && one.unixMs < options.nowMs() - UNSURE_MS) one.bytes = undefined;
    } else if (payload[0] === 3)
      note(rest.toString(HEX, 0, 32), {
        resource: rest.toString(HEX, 32, 64),
        unixMs: rest.readDoubleLE(64),
        bytes: undefined,
      });
  }

  function frameOf(id: string, one: Known): Buffer {
    if (one.bytes !== undefined) return encodeFrame(Buffer.concat([Uint8Array.of(1), one.bytes]));
    const payload = Buffer.alloc(73);
    payload[0] = 3;
    payload.write(id, 1, HEX);
    payload.write(one.resource, 33, HEX);
    payload.writeDoubleLE(one.unixMs, 65);
    return encodeFrame(payload);
  }

  /** The whole file anew, without what is too old to be told of. */
  async function rewrite(): Promise<void> {
    const oldest = options.nowMs() - options.keepMs;
    for (const [id, one] of known) if (one.bytes === undefined && one.unixMs < oldest) forget(id, one);
    const bytes = Buffer.concat([...known].map(([id, one]) => frameOf(id, one)));
    const beside = `${file}.new`;
    await rm(beside, { force: true });
    const fresh = await open(beside, 'w');
    try {
      await fresh.writeFile(bytes);
      await fresh.datasync();
    } finally {
      await fresh.close();
    }
    await rename(beside, file);
    const folder = await open(dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    await handle?.close();
    handle = await open(file, 'a');
    grown = 0;
  }

  async function write(bytes: Buffer): Promise<void> {
    if (given) throw new Error('another process has the purges');
    if (grown + bytes.length > REWRITE_BYTES) return rewrite();
    try {
      handle ??= await open(file, 'a');
      await handle.appendFile(bytes);
      await handle.datasync();
      grown += bytes.length;
    } catch (error) {
      // What was written of it would hide all that comes behind it.
      grown = Number.POSITIVE_INFINITY;
      throw error;
    }
  }

  /** Whoever comes while the disk works goes with the next write. */
  function append(payload: Uint8Array): Promise<void> {
    if (batch === undefined) {
      const parts: Buffer[] = [];
      const written = tail.then(() => {
        batch = undefined;
        return write(Buffer.concat(parts));
      });
      tail = written.catch(() => undefined);
      batch = { parts, written };
    }
    batch.parts.push(encodeFrame(payload));
    return batch.written;
  }

  async function settle(): Promise<void> {
    await tail;
    await handle?.close();
    handle = undefined;
  }

  await mkdir(dirname(file), { recursive: true });
  const before = await readFile(file).catch(() => Buffer.alloc(0));
  for (const payload of readFrames(before).payloads) read(payload);
  await rewrite();
  const unfinished = [...known.values()].flatMap(({ bytes }) => {
    const purge = bytes === undefined ? undefined : decodePurge(bytes);
    return purge === undefined ? [] : [purge];
  });

  return {
    has: (id) => known.has(id),
    async heard(id, purge, bytes) {
      const one = knownOf(purge, bytes);
      note(id, one);
      try {
        await append(Buffer.concat([Uint8Array.of(1), bytes]));
      } catch (error) {
        forget(id, one);
        throw error;
      }
    },
    done(id) {
      const one = known.get(id);
      if (one === undefined) return;
      one.bytes = undefined;
      // Lost with the process, it is done once more: nobody waits for it.
      append(Buffer.concat([Uint8Array.of(2), Buffer.from(id, HEX)])).catch(() => undefined);
    },
    unfinished,
    async letGo() {
      await settle();
      given = true;
      return async () => {
        given = false;
        // Whoever had it meanwhile may have written it anew.
        await rewrite();
      };
    },
    close: settle,
  };
}
