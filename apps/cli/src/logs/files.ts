import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file of a daemon's log. */
export interface LogFileAt {
  readonly path: string;
  /** Whose it is: `edge-1` of `<dir>/edge-1/log/worker-2.jsonl`. */
  readonly daemon: string;
}

/** The logs of what runs below a network's folder: that of `media up` itself, and of each daemon of its own. */
export async function logFiles(dir: string): Promise<readonly LogFileAt[]> {
  const folders = (await readdir(dir, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const found = await Promise.all(
    folders.map((name) => (name === 'log' ? filesIn(dir, 'up') : filesIn(join(dir, name), name))),
  );
  return found.flat();
}

/** The same of one daemon's folder. */
export async function filesIn(
  folder: string,
  daemon: string = basename(folder),
): Promise<readonly LogFileAt[]> {
  const log = join(folder, 'log');
  const names = (await readdir(log).catch(() => [])).filter((name) => /\.jsonl(?:\.1)?$/.test(name));
  return names.map((name) => ({ path: join(log, name), daemon }));
}

/** What a file has gained, in whole lines, each time that it is read. */
export interface LogTail {
  read(): Promise<readonly string[]>;
}

export function createTail(path: string): LogTail {
  let at = 0;
  let file: number | undefined;

  /** Whole lines from `at` on, and moves there. */
  async function linesOf(from: string, size: number): Promise<readonly string[]> {
    if (size <= at) return [];
    const opened = await open(from);
    try {
      const bytes = Buffer.alloc(size - at);
      const { bytesRead } = await opened.read(bytes, 0, bytes.length, at);
      const end = bytesRead === 0 ? 0 : bytes.lastIndexOf(0x0a, bytesRead - 1) + 1;
      at += end;
      return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n');
    } finally {
      await opened.close();
    }
  }

  return {
    async read() {
      const now = await stat(path).catch(() => undefined);
      if (now === undefined) return [];
      const lines: string[] = [];
      if (now.ino !== file) {
        // Set aside, and begun anew: what was not read of it yet is there.
        const before = file === undefined ? undefined : await stat(`${path}.1`).catch(() => undefined);
        if (before !== undefined && before.ino === file)
          lines.push(...(await linesOf(`${path}.1`, before.size)));
        at = 0;
        file = now.ino;
      } else if (now.size < at) at = 0;
      lines.push(...(await linesOf(path, now.size)));
      return lines;
    },
  };
}

/** Whether a file is the part that was set aside. */
export const isSetAside = ({ path }: LogFileAt): boolean => path.endsWith('.1');

/** Where a daemon's logs are, for whoever finds none. */
export const whereLogsAre = (dir: string): string => join(dirname(dir), basename(dir), '*', 'log');
