import type { WorkersRow } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
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
  const { terminal } = context;
  const { benchWorkers, describeMachine } = await import('@media-network/bench');
  const { machine, rows } = await benchWorkers({
    ...options,
    start: startRealEdge,
    say: (line) => terminal.note(line),
  });
  if (rows.some(({ busy }) => busy)) context.setExitCode(1);
  if (options.json) {
    terminal.json({ machine, ...options, rows });
    return;
  }
  terminal.line(describeMachine(machine));
  const columns = [
    { head: 'protocol', value: (row: WorkersRow) => row.protocol },
    { head: 'size', value: (row: WorkersRow) => row.size, align: 'right' as const },
    {
      head: `${options.workers} workers, requests/s`,
      value: (row: WorkersRow) => row.many.toLocaleString('en'),
      align: 'right' as const,
    },
    { head: 'one', value: (row: WorkersRow) => row.one.toLocaleString('en'), align: 'right' as const },
    { head: 'ratio', value: (row: WorkersRow) => text(row.ratio), align: 'right' as const },
    {
      head: 'ratio for a CPU second',
      value: (row: WorkersRow) => text(row.cpuRatio),
      align: 'right' as const,
    },
  ];
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
}

function text(spread: WorkersRow['ratio']): string {
  if (spread === null) return 'busy';
  return `${spread.median.toFixed(2)} (${spread.least.toFixed(2)} to ${spread.most.toFixed(2)})`;
}
