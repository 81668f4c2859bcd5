import { mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

/**
 * What a guard saw and said in an hour, one file of lines an hour, so that a restart in the middle of an hour loses
 * neither an observation nor the salt of a verdict that was committed. A line that a kill cut off is left out.
 */
export interface HourLog {
  /** Lines of an hour that are on disk, in order, as they were given. */
  read(hour: bigint): Promise<readonly unknown[]>;
  /** Adds a line. `durable`: resolves only when the disk has it for good; rejects when the disk refuses it. */
  append(hour: bigint, line: object, durable?: boolean): Promise<void>;
  /** Hours with a file, in order. */
  hours(): Promise<readonly bigint[]>;
  /** Removes the files of hours before this one. */
  forgetBefore(hour: bigint): Promise<void>;
  close(): Promise<void>;
}

const NAME = /^(\d{1,19})\.jsonl$/;

/** Opens the log in `dir`. Lines of one hour are written one after the other. */
export async function openHourLog(dir: string): Promise<HourLog> {
  await mkdir(dir, { recursive: true });
  const files = new Map<bigint, Promise<FileHandle>>();
  let tail: Promise<unknown> = Promise.resolve();

  const fileOf = (hour: bigint): string => path.join(dir, `${hour}.jsonl`);

  async function openFile(hour: bigint): Promise<FileHandle> {
    const file = await open(fileOf(hour), 'a+');
    const { size } = await file.stat();
    // What a kill cut off must not run into the next line.
    if (size > 0) {
      const last = Buffer.alloc(1);
      await file.read(last, 0, 1, size - 1);
      if (last[0] !== 0x0a) await file.write('\n');
    }
    return file;
  }

  function handle(hour: bigint): Promise<FileHandle> {
    let found = files.get(hour);
    if (found === undefined) {
      found = openFile(hour);
      // One that fails is tried again with the next line.
      found.catch(() => files.delete(hour));
      files.set(hour, found);
    }
    return found;
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = tail.then(work);
    tail = run.catch(() => undefined);
    return run;
  }

  async function closeFile(hour: bigint): Promise<void> {
    const file = files.get(hour);
    files.delete(hour);
    await (await file?.catch(() => undefined))?.close();
  }

  async function hours(): Promise<readonly bigint[]> {
    const names = await readdir(dir);
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(BigInt)
      .sort((a, b) => (a < b ? -1 : 1));
  }

  return {
    async read(hour) {
      const text = await readFile(fileOf(hour), 'utf8').catch(() => '');
      return text.split('\n').flatMap((line) => {
        try {
          return line === '' ? [] : [JSON.parse(line) as unknown];
        } catch {
          return [];
        }
      });
    },
    append: (hour, line, durable = false) =>
      inTurn(async () => {
        const file = await handle(hour);
        await file.write(`${JSON.stringify(line)}\n`);
        if (durable) await file.datasync();
      }),
    hours,
    forgetBefore: (hour) =>
      inTurn(async () => {
        for (const old of await hours()) {
          if (old >= hour) break;
          await closeFile(old);
          await rm(fileOf(old), { force: true });
        }
      }),
    close: () =>
      inTurn(async () => {
        for (const hour of files.keys()) await closeFile(hour);
      }),
  };
}
