import type { CompareRow } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { startRealEdge } from './real-edge.ts';

export interface CompareOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly anyway: boolean;
  readonly json: boolean;
}

/** A Zipf mix beside one hot object, or misses, each beside nginx. */
export async function benchTheComparison(
  what: 'mix' | 'miss',
  options: CompareOptions,
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  const { benchMiss, benchMix, describeMachine } = await import('@media-network/bench');
  const run = what === 'mix' ? benchMix : benchMiss;
  const { machine, rows } = await run({
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
  for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
}

const COLUMNS = [
  { head: 'what', value: (row: CompareRow) => row.name },
  {
    head: 'mean bytes',
    value: (row: CompareRow) => row.objectBytes.toLocaleString('en'),
    align: 'right' as const,
  },
  { head: 'CPU a request', value: (row: CompareRow) => `${row.usCpuUs} µs`, align: 'right' as const },
  { head: 'beside', value: (row: CompareRow) => `${row.peerCpuUs} µs`, align: 'right' as const },
  {
    head: 'ratio of requests/CPU s',
    value: ({ ratio }: CompareRow) =>
      ratio === null
        ? 'busy'
        : `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`,
    align: 'right' as const,
  },
];
