import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { syncFolder } from './files.ts';
import type { AppendFile, OpenAppendFile } from './files.ts';
import { encodeFrame, scanFrames } from './frame.ts';
import { decodeBatch, encodeBatch } from './record.ts';
import type { LedgerRecord, LedgerState } from './record.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/**
 * The durable side of the chain: generation N is `snapshot-N`, the state at its begin, and `log-N`, what came
 * after. A rotation opens `log-N+1`, writes `snapshot-N+1`, and only then removes generation N, so at every
 * moment one snapshot and all logs from it on are in the folder.
 */
export interface Ledger {
  /** Resolves when the records are on disk; rejects with `localnet/disk-full` or `localnet/log-failed`. */
  append(records: readonly LedgerRecord[]): Promise<void>;
  /** Whether the log has grown enough for a snapshot and none is being written. */
  readonly rotationDue: boolean;
  /** Begins a new log; the snapshot is written in the background. `before` runs ahead of removing old logs. */
  rotate(state: LedgerState, before: () => void): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly state: LedgerState;
  /** Records after the state, in order. */
  readonly records: readonly LedgerRecord[];
}

export interface LedgerDeps {
  readonly log: Log;
  readonly openFile: OpenAppendFile;
}

export interface LedgerOptions {
  readonly dir: string;
  /** Bytes of log after which a rotation is due. */
  readonly rotateBytes: number;
}

const snapshotPath = (dir: string, n: number): string => join(dir, `snapshot-${n}`);
const logPath = (dir: string, n: number): string => join(dir, `log-${n}`);

async function generations(dir: string, prefix: string): Promise<number[]> {
  const names = await readdir(dir);
  const numbers = names.flatMap((name) => {
    const match = new RegExp(`^${prefix}-(\\d+)$`).exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return numbers.sort((a, b) => a - b);
}

async function readLog(
  path: string,
  isLast: boolean,
  deps: LedgerDeps,
): Promise<{ records: LedgerRecord[]; bytes: number; frames: number }> {
  const bytes = await readFile(path);
  const scan = scanFrames(bytes, 0);
  if (scan.end === 'corrupt' || (scan.end === 'torn' && !isLast)) {
    throw new MediaError({
      code: 'localnet/log-corrupt',
      message: `The log ${path} is damaged at byte ${scan.goodBytes} and has records after it; restore the folder from a copy, or start a new chain in another folder.`,
      source: 'internal',
      context: { path, goodBytes: scan.goodBytes },
    });
  }
  if (scan.end === 'torn') {
    deps.log.warn(
      { path, goodBytes: scan.goodBytes, cutBytes: bytes.length - scan.goodBytes },
      'cut a torn tail off the log',
    );
  }
  return {
    records: scan.frames.flatMap((f) => decodeBatch(f.payload)),
    bytes: scan.goodBytes,
    frames: scan.frames.length,
  };
}

export async function openLedger(
  deps: LedgerDeps,
  options: LedgerOptions,
  genesis: () => Promise<LedgerState>,
): Promise<OpenedLedger> {
  const { dir, rotateBytes } = options;
  await mkdir(dir, { recursive: true });
  let base = (await generations(dir, 'snapshot')).at(-1);
  if (base === undefined) {
    if ((await generations(dir, 'log')).length > 0) {
      throw new MediaError({
        code: 'localnet/snapshot-missing',
        message: `The folder ${dir} has a log but no snapshot; restore it from a copy, or start a new chain in another folder.`,
        source: 'internal',
        context: { dir },
      });
    }
    base = 0;
    await writeSnapshot(snapshotPath(dir, base), await genesis());
  }
  const state = await readSnapshot(snapshotPath(dir, base));
  const logs = (await generations(dir, 'log')).filter((n) => n >= base);
  const records: LedgerRecord[] = [];
  let generation = base;
  let size = 0;
  let frames = 0;
  for (const [i, n] of logs.entries()) {
    const read = await readLog(logPath(dir, n), i === logs.length - 1, deps);
    records.push(...read.records);
    generation = n;
    size = read.bytes;
    frames = read.frames;
  }
  for (const stale of await generations(dir, 'log')) if (stale < base) await rm(logPath(dir, stale));
  for (const stale of await generations(dir, 'snapshot'))
    if (stale < base) await rm(snapshotPath(dir, stale));

  let file: AppendFile = await deps.openFile(logPath(dir, generation));
  await file.truncate(size);
  await file.sync();
  await syncFolder(dir);
  let failed: MediaError | undefined;
  let snapshotting: Promise<void> | undefined;

  function refuse(error: unknown, undone: boolean): MediaError {
    const full = errorCode(error) === 'ENOSPC' && undone;
    return new MediaError({
      code: full ? 'localnet/disk-full' : 'localnet/log-failed',
      message: full
        ? 'The disk is full: the transaction was not recorded and has no effect. Free some space and send it again.'
        : `The chain's log cannot be written (${errorMessage(error)}): nothing more is accepted. Check the disk and restart.`,
      source: 'internal',
      retry: full,
      context: { dir },
      cause: error,
    });
  }

  async function writeSnapshotOf(
    next: number,
    old: number,
    captured: LedgerState,
    before: () => void,
  ): Promise<void> {
    try {
      await writeSnapshot(snapshotPath(dir, next), captured);
      before();
      for (const n of await generations(dir, 'log')) if (n < next) await rm(logPath(dir, n));
      for (const n of await generations(dir, 'snapshot')) if (n < next) await rm(snapshotPath(dir, n));
    } catch (error) {
      // Both logs stay, so nothing is lost; a later rotation tries again.
      deps.log.warn({ old, next, err: errorMessage(error) }, 'could not write a snapshot');
    } finally {
      snapshotting = undefined;
    }
  }

  const ledger: Ledger = {
    async append(batch) {
      if (failed !== undefined) throw failed;
      const frame = encodeFrame(frames, encodeBatch(batch));
      let written = false;
      try {
        await file.write(frame, size);
        written = true;
        await file.sync();
      } catch (error) {
        const cut = await file.truncate(size).then(
          () => true,
          () => false,
        );
        // After a failed sync the kernel may have dropped earlier data too: only a failed write is undone for sure.
        const undone = cut && !written;
        const refusal = refuse(error, undone);
        if (refusal.code === 'localnet/log-failed') failed = refusal;
        throw refusal;
      }
      size += frame.length;
      frames += 1;
    },
    get rotationDue() {
      return size >= rotateBytes && snapshotting === undefined && failed === undefined;
    },
    async rotate(captured, before) {
      const next = generation + 1;
      const opened = await deps.openFile(logPath(dir, next));
      await syncFolder(dir);
      await file.close();
      file = opened;
      size = 0;
      frames = 0;
      snapshotting = writeSnapshotOf(next, generation, captured, before);
      generation = next;
    },
    async close() {
      await snapshotting;
      await file.close();
    },
  };
  return { ledger, state, records };
}
