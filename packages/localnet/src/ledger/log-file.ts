import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { MediaError } from '@media-network/runtime';
import { syncFolder } from './files.ts';
import type { AppendFile, OpenAppendFile } from './files.ts';
import { encodeFrame, scanFrames } from './frame.ts';
import { decodeBatch } from './record.ts';
import type { LedgerRecord } from './record.ts';

/**
 * The first frame of a log: which chain it belongs to, which log it is, and the number that its first record
 * follows. A log gets its name only with this frame synced, so one without it is damaged, not new.
 */
export interface LogHead {
  readonly kind: 'head';
  readonly genesisHash: string;
  readonly generation: number;
  /** Number of the last record before this log. */
  readonly baseSeq: number;
}

export const logPath = (dir: string, generation: number): string => join(dir, `log-${generation}`);

function isHead(value: unknown): value is LogHead {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'head';
}

export interface NewLog {
  readonly file: AppendFile;
  readonly size: number;
  readonly frames: number;
}

/** Writes the head beside, syncs, renames, syncs the folder: the name stands for a log with a whole head, or for none. */
export async function createLog(dir: string, head: LogHead, openFile: OpenAppendFile): Promise<NewLog> {
  const path = logPath(dir, head.generation);
  const frame = encodeFrame(0, serialize(head));
  const file = await openFile(`${path}.tmp`);
  try {
    await file.truncate(0);
    await file.write(frame, 0);
    await file.sync();
    await rename(`${path}.tmp`, path);
    await syncFolder(dir);
  } catch (error) {
    await file.close().catch(() => undefined);
    // A log that is not gone on with must not stand in the way of the one before it.
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  return { file, size: frame.length, frames: 1 };
}

export interface LogRead {
  readonly records: readonly LedgerRecord[];
  /** Bytes up to the end of the last good frame. */
  readonly goodBytes: number;
  readonly frames: number;
  /** Bytes after that. */
  readonly cutBytes: number;
  /** Why the log cannot be trusted beyond `goodBytes`; a torn tail of the last log is no such reason. */
  readonly damage: string | undefined;
}

export interface ExpectedLog {
  readonly genesisHash: string;
  readonly generation: number;
  readonly baseSeq: number;
  /** Chains founded by earlier versions have logs without a head. */
  readonly headOptional: boolean;
  /** Only the last log can have been torn by a crash: the ones before it were left whole. */
  readonly isLast: boolean;
}

export const seqOf = (record: LedgerRecord): number =>
  record.kind === 'transaction' ? record.landed.seq : record.seq;

function headDamage(head: unknown, expected: ExpectedLog): string | undefined {
  if (!isHead(head)) {
    if (expected.headOptional) return undefined;
    return head === undefined ? 'it is empty or its head is cut' : 'it has no head';
  }
  if (head.genesisHash !== expected.genesisHash) return `it belongs to another chain, ${head.genesisHash}`;
  if (head.generation !== expected.generation) return `it was written as log-${head.generation}`;
  if (head.baseSeq !== expected.baseSeq)
    return `it follows number ${head.baseSeq}, and what is before it ends with ${expected.baseSeq}`;
  return undefined;
}

/** Reads one log and checks its head, its frames and that its records count on without a gap. Changes nothing. */
export async function readLog(path: string, expected: ExpectedLog): Promise<LogRead> {
  const bytes = await readFile(path);
  const scan = scanFrames(bytes, 0);
  const [first, ...rest] = scan.frames;
  // The frame's checksum has been verified, and only this file and encodeBatch make payloads of a log.
  const head: unknown = first === undefined ? undefined : deserialize(first.payload);
  const batches = isHead(head) ? rest : scan.frames;
  const nothing = { records: [], goodBytes: 0, frames: 0, cutBytes: bytes.length };
  const badHead = headDamage(head, expected);
  if (badHead !== undefined) return { ...nothing, damage: badHead };
  const records = batches.flatMap((f) => decodeBatch(f.payload));
  let seq = expected.baseSeq;
  for (const record of records) {
    if (seqOf(record) !== seq + 1)
      return { ...nothing, damage: `number ${seqOf(record)} follows number ${seq}` };
    seq += 1;
  }
  return {
    records,
    goodBytes: scan.goodBytes,
    frames: scan.frames.length,
    cutBytes: bytes.length - scan.goodBytes,
    damage:
      scan.end === 'corrupt' || (scan.end === 'torn' && !expected.isLast)
        ? `it is damaged at byte ${scan.goodBytes} and has records after it`
        : undefined,
  };
}

export function logCorrupt(path: string, damage: string, goodBytes: number): MediaError {
  return new MediaError({
    code: 'localnet/log-corrupt',
    message: `The log ${path} cannot be used: ${damage}. Restore the folder from a copy, start a new chain in another folder, or go on without what is lost (\`media chain --accept-loss\`).`,
    source: 'internal',
    context: { path, goodBytes },
  });
}
