import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DestinationStream } from 'pino';

/** A file as long as this is set aside, as `<path>.1`, in place of the one before: a log takes twice as much at most. */
const MAX_BYTES = 16 * 2 ** 20;
/** After a write that failed nothing is tried for so long: a full disk must not cost a system call a line. */
const PAUSE_MS = 5_000;

/**
 * Appends lines to a file. Several processes may write to one: each write is one whole line. Where the disk takes none
 * lines are lost, and nothing else.
 */
export function logFile(
  path: string,
  options: { readonly maxBytes?: number; readonly nowMs?: () => number } = {},
): DestinationStream {
  const { maxBytes = MAX_BYTES, nowMs = Date.now } = options;
  let fd: number | undefined;
  let bytes = 0;
  let pausedUntilMs = 0;

  function open(): number {
    mkdirSync(dirname(path), { recursive: true });
    const opened = openSync(path, 'a', 0o640);
    bytes = fstatSync(opened).size;
    return opened;
  }

  function close(): void {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  }

  return {
    write(line) {
      if (pausedUntilMs > 0 && nowMs() < pausedUntilMs) return;
      try {
        fd ??= open();
        if (bytes >= maxBytes) {
          close();
          renameSync(path, `${path}.1`);
          fd = open();
        }
        bytes += writeSync(fd, line);
        pausedUntilMs = 0;
      } catch {
        close();
        pausedUntilMs = nowMs() + PAUSE_MS;
      }
    },
  };
}
