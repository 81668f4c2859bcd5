import { fork, spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/**
 * Files of the program that are not imported: code of threads and processes of its own, and what it gives out as it is.
 * In a checkout they are files beside the code that names them; in a single-file binary (`media package`) they are in
 * it, under the last part of that name.
 */

/**
 * Flags of the runtime that every process of ours begins with; the launcher `media` has them, too.
 * `--max-semi-space-size`, MiB: new objects take three such spaces at most. By default they grow to 16 each and stay, which
 * under 500 slow readers over TLS is 20 to 27 MiB of an edge's memory for nothing (docs/bench.md).
 */
export const RUNTIME_FLAGS: readonly string[] = ['--max-semi-space-size=8'];

/** Names the part that a process started from a single-file binary is. */
export const PART_VARIABLE = 'MEDIA_PART';

/** The file that this program is: a launcher may stand before the runtime (packaging/launcher). */
function ownExecutable(): string {
  return process.env['MEDIA_SELF'] ?? process.execPath;
}

/** `new URL('hash-worker.ts', import.meta.url)` → `hash-worker`. */
const partOf = (file: URL): string => basename(file.pathname).replace(/\.[cm]?[jt]s$/, '');

/** A thread that runs a file of ours. */
export function startThread(file: URL, options: WorkerOptions = {}): Worker {
  return isSea()
    ? new Worker(getAsset(`${partOf(file)}.js`, 'utf8'), { ...options, eval: true })
    : new Worker(file, options);
}

/** A process that runs a file of ours, with Node's channel to it. */
export function startProcess(file: URL, options: Omit<SpawnOptions, 'stdio'> = {}): ChildProcess {
  if (!isSea())
    return fork(fileURLToPath(file), [], {
      execArgv: [...RUNTIME_FLAGS],
      ...options,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  return startOwn([], {
    ...options,
    env: { ...(options.env ?? process.env), [PART_VARIABLE]: partOf(file) },
  });
}

/**
 * This single-file binary once more, with Node's channel to it. Standard input is ours: to ignore it takes a `/dev/null`,
 * which an empty root has not.
 */
export function startOwn(args: readonly string[], options: Omit<SpawnOptions, 'stdio'>): ChildProcess {
  return spawn(ownExecutable(), args, { ...options, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
}

/** The bytes of a file of ours. */
export function readOwnFile(file: URL): Buffer {
  return isSea() ? Buffer.from(getAsset(basename(file.pathname))) : readFileSync(file);
}
