import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError, errorCode, errorMessage } from '@media-network/runtime';
import type { Log } from '@media-network/runtime';
import { START_ROOM_BYTES } from '../limits.ts';
import { syncFolder } from './files.ts';
import type { AppendFile, OpenAppendFile } from './files.ts';
import { encodeFrame } from './frame.ts';
import { createLog, logCorrupt, logPath, readLog } from './log-file.ts';
import { encodeBatch } from './record.ts';
import type { LandedTransaction, LedgerRecord, LedgerState } from './record.ts';
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

/** What the index says has landed: it is written after the log, so it never knows more than an undamaged one. */
export interface KnownHistory {
  /** Number of the newest transaction; 0 of none. */
  readonly lastSeq: number;
  /** The chain it is of, if it says so. */
  readonly genesisHash: string | undefined;
  signatureAt(seq: number): string | undefined;
  /** Forgets transactions with higher numbers. */
  discardAfter(seq: number): void;
}

export interface LedgerDeps {
  readonly log: Log;
  readonly openFile: OpenAppendFile;
  readonly history: KnownHistory;
}

export interface LedgerOptions {
  readonly dir: string;
  /** Bytes of log after which a rotation is due. */
  readonly rotateBytes: number;
  /** Goes on from what is whole when something is lost, instead of refusing; what is set aside keeps a `lost-` name. */
  readonly acceptLoss: boolean;
}

const snapshotPath = (dir: string, n: number): string => join(dir, `snapshot-${n}`);

async function generations(dir: string, prefix: string): Promise<number[]> {
  const names = await readdir(dir);
  const numbers = names.flatMap((name) => {
    const match = new RegExp(`^${prefix}-(\\d+)$`).exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return numbers.sort((a, b) => a - b);
}

function refusal(code: string, message: string, context: Readonly<Record<string, unknown>>): MediaError {
  return new MediaError({ code, message, source: 'internal', context });
}

/** The state of a new chain, unless the folder shows that there was one. */
async function found(
  { history, openFile }: LedgerDeps,
  dir: string,
  genesis: () => Promise<LedgerState>,
): Promise<void> {
  // A log that holds no record and has no snapshot is what a crash in the midst of the founding leaves.
  const logs = await generations(dir, 'log');
  const unfinished =
    logs.length === 0 || (logs.length === 1 && logs[0] === 0 && (await holdsNothing(logPath(dir, 0))));
  if (!unfinished || history.lastSeq > 0) {
    throw refusal(
      'localnet/snapshot-missing',
      `The folder ${dir} has ${unfinished ? `a history of ${history.lastSeq} transactions` : 'a log'} but no snapshot; restore it from a copy, or start a new chain in another folder.`,
      { dir },
    );
  }
  const state = await genesis();
  const head = { kind: 'head', genesisHash: state.genesis.hash, generation: 0, baseSeq: state.seq } as const;
  await (await createLog(dir, head, openFile)).file.close();
  await writeSnapshot(snapshotPath(dir, 0), state);
}

async function holdsNothing(path: string): Promise<boolean> {
  const read = await readLog(path, {
    genesisHash: '',
    generation: 0,
    baseSeq: 0,
    headOptional: true,
    isLast: true,
  });
  // Its head names a chain that nobody has heard of, which is all that is wrong with it.
  return read.records.length === 0 && (read.damage === undefined || read.damage.includes('another chain'));
}

/** What is in the folder, read without changing anything. */
interface Contents {
  readonly state: LedgerState;
  readonly base: number;
  readonly records: readonly LedgerRecord[];
  /** The log that goes on; undefined if there is none to go on with. */
  readonly last: { readonly generation: number; readonly size: number; readonly frames: number } | undefined;
  readonly tornBytes: number;
  /** What of the folder cannot be used, and the words for it. */
  readonly damage: { readonly error: MediaError; readonly logs: readonly number[] } | undefined;
}

async function readFolder(dir: string, base: number): Promise<Contents> {
  const state = await readSnapshot(snapshotPath(dir, base));
  const logs = (await generations(dir, 'log')).filter((n) => n >= base);
  const { genesis } = state;
  const records: LedgerRecord[] = [];
  let last: Contents['last'];
  let tornBytes = 0;
  const contents = (damage: Contents['damage']): Contents => ({
    state,
    base,
    records,
    last,
    tornBytes,
    damage,
  });
  // Earlier versions made the first log after its snapshot, so a crash could leave the one without the other.
  if (logs[0] !== base && !(genesis.version === 1 && base === 0 && logs.length === 0)) {
    const error = refusal(
      'localnet/log-missing',
      `The folder ${dir} has snapshot-${base} but no log-${base}: what came after the snapshot is lost. Restore the log from a copy, start a new chain in another folder, or go on from the snapshot (\`media chain --accept-loss\`).`,
      { dir, generation: base },
    );
    return contents({ error, logs });
  }
  for (const [i, generation] of logs.entries()) {
    const path = logPath(dir, generation);
    const baseSeq = state.seq + records.length;
    if (generation !== base + i) {
      const error = logCorrupt(path, `there is no log-${base + i} before it`, 0);
      return contents({ error, logs: logs.slice(i) });
    }
    const read = await readLog(path, {
      genesisHash: genesis.hash,
      generation,
      baseSeq,
      headOptional: genesis.version === 1,
      isLast: i === logs.length - 1,
    });
    records.push(...read.records);
    if (read.goodBytes > 0 || read.damage === undefined)
      last = { generation, size: read.goodBytes, frames: read.frames };
    if (read.damage !== undefined)
      return contents({ error: logCorrupt(path, read.damage, read.goodBytes), logs: logs.slice(i) });
    tornBytes = read.cutBytes;
  }
  return contents(undefined);
}

/** Whether the index and the log tell the same story; the words of the refusal where they do not. */
function historyDamage(
  dir: string,
  { state, records }: Contents,
  history: KnownHistory,
): MediaError | undefined {
  const path = join(dir, 'history.db');
  if (history.genesisHash !== undefined && history.genesisHash !== state.genesis.hash) {
    return refusal(
      'localnet/history-foreign',
      `The index ${path} is of another chain, ${history.genesisHash}. Put the right one back, or remove it: it is made anew from the log, without transactions older than the last snapshot.`,
      { path, genesisHash: history.genesisHash },
    );
  }
  const seq = state.seq + records.length;
  if (history.lastSeq > seq) {
    return refusal(
      'localnet/log-behind',
      `The log in ${dir} ends with number ${seq}, but ${path} knows of transactions up to number ${history.lastSeq}: ${history.lastSeq - seq} confirmed transactions are lost. Restore the folder from a copy, or go on without them (\`media chain --accept-loss\`).`,
      { dir, seq, lost: history.lastSeq - seq },
    );
  }
  const shared = records.findLast((r) => r.kind === 'transaction' && r.landed.seq <= history.lastSeq);
  const landed: LandedTransaction | undefined = shared?.kind === 'transaction' ? shared.landed : undefined;
  if (landed !== undefined && history.signatureAt(landed.seq) !== landed.signature) {
    return refusal(
      'localnet/history-foreign',
      `The index ${path} has another transaction as number ${landed.seq} than the log: they are of different copies of the chain. Put the right one back, or let the index follow the log (\`media chain --accept-loss\`).`,
      { path, seq: landed.seq },
    );
  }
  return undefined;
}

/** Lets the index follow the log, and keeps under another name what the chain goes on without. */
async function acceptLoss(
  { log, history }: LedgerDeps,
  dir: string,
  contents: Contents,
  problems: readonly MediaError[],
): Promise<void> {
  const seq = contents.state.seq + contents.records.length;
  for (const n of contents.damage?.logs ?? []) {
    const aside = join(dir, `lost-log-${n}`);
    if (n === contents.last?.generation) await copyFile(logPath(dir, n), aside);
    else await rename(logPath(dir, n), aside);
  }
  for (const problem of problems)
    log.warn({ code: problem.code, ...problem.context, seq }, 'going on without what is lost');
  for (const { code, context } of problems) {
    if (code === 'localnet/log-behind') history.discardAfter(seq);
    // From the snapshot on the log decides; what another chain did before it is nothing to this one.
    if (code === 'localnet/history-foreign')
      history.discardAfter(context['genesisHash'] === undefined ? contents.state.seq : 0);
  }
}

/** Refuses to start on a disk that would refuse the first transaction. */
async function requireRoom(dir: string, openFile: OpenAppendFile): Promise<void> {
  const path = join(dir, 'room.tmp');
  try {
    const file = await openFile(path);
    try {
      await file.write(new Uint8Array(START_ROOM_BYTES), 0);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC') throw error;
    throw new MediaError({
      code: 'localnet/disk-full',
      message: `The disk that holds ${dir} is full. Free some space and start again.`,
      source: 'internal',
      retry: true,
      context: { dir },
      cause: error,
    });
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Reads what is there, refuses what does not fit together, and only then cleans up and goes on.
 * Throws `localnet/snapshot-missing`, `localnet/snapshot-corrupt`, `localnet/log-missing`, `localnet/log-corrupt`,
 * `localnet/log-behind`, `localnet/history-foreign`, `localnet/disk-full`.
 */
export async function openLedger(
  deps: LedgerDeps,
  options: LedgerOptions,
  genesis: () => Promise<LedgerState>,
): Promise<OpenedLedger> {
  const { dir, rotateBytes } = options;
  await mkdir(dir, { recursive: true });
  await requireRoom(dir, deps.openFile);
  if ((await generations(dir, 'snapshot')).length === 0) await found(deps, dir, genesis);
  const base = (await generations(dir, 'snapshot')).at(-1) ?? 0;
  const contents = await readFolder(dir, base);
  const { state, records } = contents;
  const problems = [contents.damage?.error, historyDamage(dir, contents, deps.history)].filter(
    (e) => e !== undefined,
  );
  const [problem] = problems;
  if (problem !== undefined) {
    if (!options.acceptLoss) throw problem;
    await acceptLoss(deps, dir, contents, problems);
  }

  for (const stale of await generations(dir, 'log')) if (stale < base) await rm(logPath(dir, stale));
  for (const stale of await generations(dir, 'snapshot'))
    if (stale < base) await rm(snapshotPath(dir, stale));
  for (const name of await readdir(dir))
    if (/^(log|snapshot)-\d+\.tmp$/.test(name)) await rm(join(dir, name), { recursive: true });

  let generation = contents.last?.generation ?? base;
  let size: number;
  let frames: number;
  let file: AppendFile;
  if (contents.last === undefined) {
    const head = { kind: 'head', genesisHash: state.genesis.hash, generation, baseSeq: state.seq } as const;
    ({ file, size, frames } = await createLog(dir, head, deps.openFile));
  } else {
    ({ size, frames } = contents.last);
    file = await deps.openFile(logPath(dir, generation));
    if (contents.tornBytes > 0) {
      deps.log.warn(
        { path: logPath(dir, generation), goodBytes: size, cutBytes: contents.tornBytes },
        'cut a torn tail off the log',
      );
    }
    await file.truncate(size);
    await file.sync();
    await syncFolder(dir);
  }
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
        const refused = refuse(error, undone);
        if (refused.code === 'localnet/log-failed') failed = refused;
        throw refused;
      }
      size += frame.length;
      frames += 1;
    },
    get rotationDue() {
      return size >= rotateBytes && snapshotting === undefined && failed === undefined;
    },
    async rotate(captured, before) {
      const next = generation + 1;
      const opened = await createLog(
        dir,
        { kind: 'head', genesisHash: captured.genesis.hash, generation: next, baseSeq: captured.seq },
        deps.openFile,
      );
      await file.close();
      ({ file, size, frames } = opened);
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
