import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { errorCode } from '@media-network/runtime';
import type { NewFile, Written } from './file-thread.ts';

/** Undefined where the file is there whole; what was begun of it is gone otherwise. */
function writeNew({ path, bytes }: NewFile): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    return errorCode(error);
  }
  let problem: string | undefined;
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  } catch (error) {
    problem = errorCode(error);
  }
  try {
    closeSync(file);
  } catch (error) {
    problem ??= errorCode(error);
  }
  if (problem !== undefined) {
    try {
      unlinkSync(path);
    } catch {
      // A start finds that it has not the length that its head says.
    }
  }
  return problem;
}

parentPort?.on('message', (files: readonly NewFile[]) => {
  const written: Written = files.map(writeNew);
  parentPort?.postMessage(written, []);
});
