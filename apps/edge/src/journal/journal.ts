import { open, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, createRepeatingTask, errorCode, errorMessage } from '@media-network/runtime';
import type { Clock, Log, RepeatingTask } from '@media-network/runtime';
import { encodeFrame, readFrames } from './frame.ts';
import type { Ledger } from './ledger.ts';
import { decodeRecords, encodeRecord } from './record.ts';
import type { JournalRecord } from './record.ts';

const FILE = /^journal-(\d{10})\.log$/;
/** Payload of one frame; a torn write loses at most this much of what was never acknowledged. */
const FRAME_PAYLOAD = 256 * 1024;

/** A flush that takes longer is as good as none. */
const HANGS_MS = 5_000;

/** What the journal does with a file; replaced by tests that fill the disk. */
interface JournalFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface JournalFiles {
  open(path: string, flags: string): Promise<JournalFile>;
}

export interface JournalDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly files?: JournalFiles;
}

export interface JournalOptions {
  readonly dir: string;
  /** Pause between flushes; 200 ms. */
  readonly flushMs?: number;
  /** A file longer than this is compacted at the next flush; 64 MiB. */
  readonly maxFileBytes?: number;
}

/**
 * The ledger's records on disk. **A byte is acknowledged once the flush that carries it has been
 * fsynced**: from then on no kill and no power cut takes it from the edge's books. What was written to
 * viewers after the last flush is lost with the process, and is the edge's loss: it can never report
 * more than it wrote.
 *
 * One file at a time. `rotate` writes the whole state as a new file, by rename, and drops the old one;
 * so the file holds the hours that still matter and the totals, however long the edge runs.
 */
export interface Journal {
  /** `full` while the last flush failed or one hangs: nothing is acknowledged until one succeeds. */
  readonly state: 'ok' | 'full';
  /** Bytes counted and not yet acknowledged. */
  readonly unacknowledgedBytes: number;
  /** Flushes at `flushMs`. */
  readonly task: RepeatingTask;
  /** Resolves once everything in the ledger is on disk. Rejects with the system's error. */
  flush(): Promise<void>;
  /** Flushes and compacts. */
  rotate(): Promise<void>;
  /** Flushes and gives the folder up for another process. Nothing is written any more; `flush` rejects. */
  letGo(): Promise<void>;
  /** The other process has counted nothing after all: the ledger as it is here is what holds. */
  takeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Replays what is on disk into the ledger, cuts a torn tail, compacts, and opens for appending. */
export async function openJournal(deps: JournalDeps, options: JournalOptions): Promise<Journal> {
  const { ledger, log } = deps;
  const files: JournalFiles = deps.files ?? { open };
  const maxFileBytes = options.maxFileBytes ?? 64 * 2 ** 20;

  await mkdir(options.dir, { recursive: true });
  const numbers = (await readdir(options.dir))
    .map((name) => FILE.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  let number = numbers.at(-1) ?? 0;
  if (number > 0) await replay(join(options.dir, nameOf(number)), ledger, log);
  // By the clock too: a folder put back from a backup, or copied to another machine, starts under a number that no
  // other life of this edge has had, so it cannot contradict what that one signed.
  ledger.startBoot(deps.clock.nowMs() / 1000);

  let handle: JournalFile | undefined;
  /** Length of the file up to which every frame is whole and fsynced. */
  let intact = 0;
  let unwritten: Buffer[] = [];
  let unwrittenBytes = 0;
  let state: Journal['state'] = 'ok';
  let workingSince: number | undefined;
  let tail: Promise<unknown> = Promise.resolve();

  function serialised(work: () => Promise<void>): Promise<void> {
    const run = tail.then(work);
    tail = run.catch(() => undefined);
    return run;
  }

  function takeRecords(): void {
    unwrittenBytes += ledger.pendingBytes;
    unwritten.push(...toFrames(ledger.take()));
  }

  async function write(): Promise<void> {
    // After a failure the first thing is to get rid of what was kept back: else a full disk grows a queue.
    if (unwritten.length === 0) takeRecords();
    while (unwritten.length > 0) {
      if (handle === undefined) throw new Error('the journal is closed');
      const bytes = Buffer.concat(unwritten);
      const { bytesWritten } = await handle.write(bytes, 0, bytes.length, intact);
      if (bytesWritten < bytes.length)
        throw Object.assign(new Error('short write to the journal'), { code: 'ENOSPC' });
      await handle.datasync();
      intact += bytes.length;
      unwritten = [];
      unwrittenBytes = 0;
      if (state === 'full') takeRecords();
      if (state === 'full') log.warn({ dir: options.dir }, 'the journal can be written again');
      state = 'ok';
    }
  }

  async function guarded(work: () => Promise<void>): Promise<void> {
    workingSince = deps.clock.nowMs();
    try {
      await work();
    } catch (error) {
      if (state === 'ok') {
        log.error(
          { dir: options.dir, code: errorCode(error), err: errorMessage(error) },
          'the journal cannot be written: bytes served from now on are not acknowledged. Free space on the disk',
        );
      }
      state = 'full';
      // A part of a frame must not stay in front of later ones.
      await handle?.truncate(intact).catch(() => undefined);
      throw error;
    } finally {
      workingSince = undefined;
    }
  }

  async function compact(): Promise<void> {
    takeRecords();
    const next = number + 1;
    const path = join(options.dir, nameOf(next));
    const bytes = Buffer.concat(toFrames(ledger.snapshot()));
    const fresh = await files.open(`${path}.tmp`, 'w+');
    try {
      const { bytesWritten } = await fresh.write(bytes, 0, bytes.length, 0);
      if (bytesWritten < bytes.length)
        throw Object.assign(new Error('short write to the journal'), { code: 'ENOSPC' });
      await fresh.datasync();
      await rename(`${path}.tmp`, path);
      await syncFolder(options.dir);
    } catch (error) {
      await fresh.close().catch(() => undefined);
      await rm(`${path}.tmp`, { force: true }).catch(() => undefined);
      throw error;
    }
    const old = handle;
    const oldNumber = number;
    handle = fresh;
    number = next;
    intact = bytes.length;
    // The snapshot was taken in the same breath as these records, so it has them.
    unwritten = [];
    unwrittenBytes = 0;
    state = 'ok';
    await old?.close();
    if (oldNumber > 0) await rm(join(options.dir, nameOf(oldNumber)), { force: true });
  }

  let given = false;
  const flush = (): Promise<void> =>
    serialised(async () => {
      if (given) throw new Error('the journal is with another process');
      await guarded(intact > maxFileBytes ? compact : write);
    });

  try {
    await serialised(() => guarded(compact));
  } catch (error) {
    throw new MediaError({
      code: 'edge/journal-unwritable',
      message: `The journal in ${options.dir} cannot be written (${errorCode(error)}): an edge without it would serve for nothing. Free space, or choose another --dir.`,
      source: 'internal',
      cause: error,
    });
  }
  for (const old of numbers) if (old !== number) await rm(join(options.dir, nameOf(old)), { force: true });

  const task = createRepeatingTask(
    () => flush(),
    { clock: deps.clock, log },
    { name: 'journal', intervalMs: options.flushMs ?? 200, maxBackoffMs: 5_000 },
  );

  return {
    get state() {
      const hangs = workingSince !== undefined && deps.clock.nowMs() - workingSince > HANGS_MS;
      return hangs ? 'full' : state;
    },
    get unacknowledgedBytes() {
      return ledger.pendingBytes + unwrittenBytes;
    },
    task,
    flush,
    rotate: () => serialised(() => guarded(compact)),
    async letGo() {
      await flush();
      given = true;
      await serialised(async () => {
        await handle?.close();
        handle = undefined;
      });
    },
    takeBack: () =>
      serialised(async () => {
        // Whatever the other one has made of it: what is here is written anew, under the next number.
        const there = (await readdir(options.dir)).map((name) => Number(FILE.exec(name)?.[1] ?? 0));
        number = Math.max(number, ...there);
        ledger.startBoot(deps.clock.nowMs() / 1000);
        await guarded(compact);
        for (const old of there)
          if (old > 0 && old !== number) await rm(join(options.dir, nameOf(old)), { force: true });
        given = false;
      }),
    async close() {
      await task.stop();
      if (given) return;
      try {
        await flush();
      } finally {
        await handle?.close();
        handle = undefined;
      }
    },
  };
}

async function replay(path: string, ledger: Ledger, log: Log): Promise<void> {
  const file = await readFile(path);
  const { payloads, intact } = readFrames(file);
  for (const payload of payloads) for (const record of decodeRecords(payload)) ledger.apply(record);
  if (intact < file.length) {
    log.warn(
      { path, lost: file.length - intact },
      'cut a torn tail off the journal; it was never acknowledged',
    );
  }
}

function toFrames(records: readonly JournalRecord[]): Buffer[] {
  const frames: Buffer[] = [];
  let parts: Buffer[] = [];
  let size = 0;
  for (const record of records) {
    const part = encodeRecord(record);
    if (size + part.length > FRAME_PAYLOAD) {
      frames.push(encodeFrame(Buffer.concat(parts)));
      parts = [];
      size = 0;
    }
    parts.push(part);
    size += part.length;
  }
  if (size > 0) frames.push(encodeFrame(Buffer.concat(parts)));
  return frames;
}

function nameOf(number: number): string {
  return `journal-${String(number).padStart(10, '0')}.log`;
}

/** Makes a rename durable. Windows has no handle on a folder; its rename is durable enough without. */
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
