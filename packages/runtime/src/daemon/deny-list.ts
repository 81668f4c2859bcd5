import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { MediaError, errorCode, errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import { createRepeatingTask } from '../repeating-task.ts';
import type { RepeatingTask } from '../repeating-task.ts';

/** What an operator does not serve, whatever the network does: from a file that is read again when it changes. */
export interface DenyList {
  /** Whether one of these names of a resource (address, label, host) is listed, as it stands or by its SHA-256. */
  denies(names: readonly string[]): boolean;
  /** Changes with the list. */
  readonly version: number;
  readonly size: number;
  /** Looks at the file. */
  readonly task: RepeatingTask;
}

/** How often the file is looked at: a change holds within so long, and the moment that is needed to read it. */
const EVERY_MS = 5_000;
/** Half a million lines; a larger file is a mistake, and would be read whole. */
const MAX_BYTES = 32 * 2 ** 20;
const HASH = /^sha256:([0-9a-f]{64})$/;
/** Addresses are told apart by case, names are not. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

const fold = (name: string): string => (name.includes('.') ? name.toLowerCase() : name);

/** An entry a line: address or label of a resource, a host of it, or `sha256:` and the hash of one in hex; `#` begins a comment. */
export function parseDenyList(text: string, file: string): ReadonlySet<string> {
  const entries = new Set<string>();
  for (const [i, line] of text.split('\n').entries()) {
    const entry = (line.split('#', 1)[0] ?? '').trim();
    if (entry === '') continue;
    if (!HASH.test(entry) && !NAME.test(entry))
      throw new MediaError({
        code: 'config/bad-deny-list',
        message: `${file}, line ${i + 1}: "${entry.slice(0, 80)}" is no address, label or host, and no sha256: with 64 hex digits.`,
        source: 'client',
        context: { file, line: i + 1 },
      });
    entries.add(fold(entry));
  }
  return entries;
}

/**
 * Reads the list. A file that is damaged or gone later changes nothing: what was listed stays so, and the log says why.
 *
 * @throws `config/bad-deny-list` where it cannot be read at the start
 */
export async function openDenyList(
  file: string,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<DenyList> {
  let entries: ReadonlySet<string> = new Set();
  let version = 0;
  let seen = '';

  async function look(): Promise<void> {
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (stamp === seen) return;
    if (size > MAX_BYTES)
      throw new MediaError({
        code: 'config/bad-deny-list',
        message: `${file} has ${size} bytes; ${MAX_BYTES} are the most.`,
        source: 'client',
        context: { file },
      });
    const next = parseDenyList(await readFile(file, 'utf8'), file);
    // Noted when it is in force, so that a damaged one is complained of until it is mended.
    seen = stamp;
    entries = next;
    version += 1;
  }

  try {
    await look();
  } catch (error) {
    if (errorCode(error) === 'config/bad-deny-list') throw error;
    throw new MediaError({
      code: 'config/bad-deny-list',
      message: `${file} cannot be read: ${errorMessage(error)}`,
      source: 'client',
      context: { file },
      cause: error,
    });
  }
  const task = createRepeatingTask(
    async () => {
      const before = version;
      await look();
      if (version !== before) deps.log.info({ file, entries: entries.size }, 'deny list read');
      return 'idle';
    },
    deps,
    { name: 'deny list', intervalMs: EVERY_MS, maxBackoffMs: EVERY_MS },
  );

  return {
    denies: (names) =>
      entries.size > 0 &&
      names.some((name) => {
        const folded = fold(name);
        if (entries.has(folded)) return true;
        return entries.has(`sha256:${createHash('sha256').update(folded).digest('hex')}`);
      }),
    get version() {
      return version;
    },
    get size() {
      return entries.size;
    },
    task,
  };
}
