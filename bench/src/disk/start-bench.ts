import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@media-network/runtime';
import { writeEntryFiles } from './entry-files.ts';

/** How a store starts whose disk holds so many objects. */
export interface StartRow {
  readonly objects: number;
  /** Until it can be used, and what of the index is known then. */
  readonly openMs: number;
  readonly openEntries: number;
  /** Until all of the index is known. */
  readonly readMs: number;
  readonly rssBytes: number;
  /** Whether it can be used within five seconds. */
  readonly ok: boolean;
}

export interface BenchStartOptions {
  readonly objects: number;
  /** A folder for some 8 KB an object, which are removed afterwards. */
  readonly dir: string;
  /** What an edge takes. */
  readonly recoverWithinMs?: number;
  readonly say?: (line: string) => void;
}

const MAX_OPEN_MS = 5_000;
const RECOVER_WITHIN_MS = 2_000;

export async function benchStart(options: BenchStartOptions): Promise<StartRow> {
  const { objects, say = () => undefined } = options;
  const dir = mkdtempSync(join(options.dir, 'media-bench-disk-'));
  try {
    const begun = performance.now();
    writeEntryFiles(dir, objects);
    say(`${objects} objects written in ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
    const script = fileURLToPath(new URL('disk-server.ts', import.meta.url));
    const wait = String(options.recoverWithinMs ?? RECOVER_WITHIN_MS);
    const child = spawn(process.execPath, [script, dir, String(objects), wait], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: { readonly ms: number; readonly entries: number; readonly rssBytes: number }[] = [];
    // It prints nothing but these lines.
    for await (const line of createInterface({ input: child.stdout })) said.push(JSON.parse(line));
    const [open, read] = said;
    if (open === undefined || read === undefined) {
      throw new MediaError({
        code: 'bench/server-failed',
        message: `A store with ${objects} objects on its disk did not open; see the lines above.`,
        source: 'internal',
      });
    }
    return {
      objects,
      openMs: open.ms,
      openEntries: open.entries,
      readMs: read.ms,
      rssBytes: read.rssBytes,
      ok: open.ms <= MAX_OPEN_MS,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
