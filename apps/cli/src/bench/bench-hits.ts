import type { HitsRow } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

export interface HitsOptions {
  readonly objects: string;
  readonly seed: string;
  readonly capacity: string;
  readonly json?: true;
}

/** Hit ratios of our admission and eviction beside those of others, on seeded traces. */
export async function benchTheHits(options: HitsOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const objects = wholeBetween(options.objects, '--objects', 1_000, 10_000_000);
  const seed = wholeBetween(options.seed, '--seed', 0, 2 ** 32 - 1);
  const capacityPercent = wholeBetween(options.capacity, '--capacity', 1, 100);
  const { benchHits } = await import('@media-network/bench');
  const rows = benchHits({
    objects,
    seed,
    capacityShare: capacityPercent / 100,
    say: (line) => terminal.note(line),
  });
  const ok = rows.every((row) => row.ok);
  if (!ok) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ ok, objects, seed, capacityPercent, rows });
    return;
  }
  for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
  terminal.line(
    ok
      ? 'Above LRU and within two points of the best of the three on every trace.'
      : 'Not above LRU, or more than two points below the best of the three, on some trace.',
  );
}

type Ratio = 'us' | 'lru' | 'wTinyLfu' | 's3Fifo' | 'sieve' | 'belady';
const percent = (name: Ratio, head: string) => ({
  head,
  value: (row: HitsRow) => `${(100 * row[name]).toFixed(2)} %`,
  align: 'right' as const,
});

const COLUMNS = [
  { head: 'trace', value: (row: HitsRow) => row.trace },
  percent('us', 'us'),
  percent('lru', 'LRU'),
  percent('wTinyLfu', 'W-TinyLFU'),
  percent('s3Fifo', 'S3-FIFO'),
  percent('sieve', 'SIEVE'),
  percent('belady', 'Belady'),
  { head: 'to the best', value: (row: HitsRow) => row.pointsToBest.toFixed(2), align: 'right' as const },
];
