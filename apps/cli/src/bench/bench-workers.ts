import type { WorkersRow } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { reportRows, spreadText } from './bench-report.ts';
import { startRealEdge } from './real-edge.ts';

export interface WorkersOptions {
  readonly workers: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly anyway: boolean;
  readonly json: boolean;
}

/** An edge of several workers beside one of one. */
export async function benchTheWorkers(options: WorkersOptions, context: CliContext): Promise<void> {
  const { benchWorkers } = await import('@media-network/bench');
  const result = await benchWorkers({
    ...options,
    start: startRealEdge,
    say: (line) => context.terminal.note(line),
  });
  const columns = [
    { head: 'protocol', value: (row: WorkersRow) => row.protocol },
    { head: 'size', value: (row: WorkersRow) => row.size, align: 'right' as const },
    {
      head: `${options.workers} workers, requests/s`,
      value: (row: WorkersRow) => row.many.toLocaleString('en'),
      align: 'right' as const,
    },
    { head: 'one', value: (row: WorkersRow) => row.one.toLocaleString('en'), align: 'right' as const },
    { head: 'ratio', value: (row: WorkersRow) => spreadText(row.ratio), align: 'right' as const },
    {
      head: 'ratio for a CPU second',
      value: (row: WorkersRow) => spreadText(row.cpuRatio),
      align: 'right' as const,
    },
  ];
  await reportRows(result, options, columns, context);
}
