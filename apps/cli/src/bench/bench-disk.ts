import { tmpdir } from 'node:os';
import type { CliContext } from '../command.ts';
import { wholeBetween } from '../whole-number.ts';
import { startRealEdge } from './real-edge.ts';

export interface DiskOptions {
  readonly objects: string;
  readonly readers: string;
  readonly dir?: string;
  readonly json?: true;
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** A start with a full disk index, and memory under slow readers. */
export async function benchTheDisk(options: DiskOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const objects = wholeBetween(options.objects, '--objects', 1, 10_000_000);
  const readers = wholeBetween(options.readers, '--readers', 1, 10_000);
  const { benchReaders, benchStart } = await import('@media-network/bench');
  const say = (line: string): void => terminal.note(line);
  const slow = await benchReaders({ start: startRealEdge, readers, say });
  const start = await benchStart({ objects, dir: options.dir ?? tmpdir(), say });
  if (!slow.ok || !start.ok) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ ok: slow.ok && start.ok, start, readers: slow });
    return;
  }
  terminal.line(
    `${start.objects.toLocaleString('en')} objects on disk: in use after ${start.openMs} ms with ${start.openEntries.toLocaleString('en')} of them known, all known after ${start.readMs} ms, ${mib(start.rssBytes)}`,
  );
  terminal.line(
    `${slow.readers} slow readers of ${slow.bodyBytes / 1e6} MB: ${mib(slow.rssBeforeBytes)} before, ${mib(slow.peakRssBytes)} at most; configured ${mib(slow.ramBytes)}`,
  );
}
