import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes of this month, by all that the books have counted: what was counted before it is on disk, and no kill forgets any. */
export interface MonthBook {
  /** Bytes served in the month of a moment, of which `total` is all that was ever served. */
  bytes(total: number, nowMs: number): number;
  /** Resolves when what was begun is on disk. Never rejects. */
  settled(): Promise<void>;
}

interface Month {
  /** `2026-11`, by this machine's clock. */
  readonly month: string;
  /** All that was served before it. */
  readonly before: number;
}

export function monthOf(nowMs: number): string {
  const now = new Date(nowMs);
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}`;
}

/** Seconds until the next month begins. */
export function secondsOfMonth(nowMs: number): number {
  const now = new Date(nowMs);
  const next = new Date(now.getFullYear(), now.getMonth() + 1, 1).getTime();
  return Math.max(1, Math.ceil((next - nowMs) / 1_000));
}

function isMonth(value: unknown): value is Month {
  if (typeof value !== 'object' || value === null || !('month' in value) || !('before' in value))
    return false;
  return typeof value.month === 'string' && typeof value.before === 'number' && value.before >= 0;
}

async function write(file: string, month: Month): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(`${file}.new`, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(month)}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

/** `total`: all that was served until now. A file that cannot be read counts from now on. */
export async function openMonthBook(
  file: string,
  total: number,
  nowMs: number,
  onFailure: (error: unknown) => void,
): Promise<MonthBook> {
  const text = await readFile(file, 'utf8').catch(() => '');
  let current: Month | undefined;
  let writing: Promise<void> = Promise.resolve();
  try {
    const read: unknown = JSON.parse(text);
    if (isMonth(read)) current = read;
  } catch {
    // None, or not ours.
  }

  function turn(to: Month): Month {
    writing = writing.then(() => write(file, to)).catch(onFailure);
    return to;
  }

  function at(all: number, ms: number): Month {
    const month = monthOf(ms);
    // Books that have less than before this month are others: they begin with it.
    if (current?.month !== month || current.before > all) current = turn({ month, before: all });
    return current;
  }

  at(total, nowMs);
  return {
    bytes: (all, ms) => all - at(all, ms).before,
    settled: () => writing,
  };
}
