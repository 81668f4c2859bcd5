import type { CompareRow } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { reportRows, spreadText } from './bench-report.ts';
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
  const { benchMiss, benchMix } = await import('@media-network/bench');
  const run = what === 'mix' ? benchMix : benchMiss;
  const result = await run({
    ...options,
    start: startRealEdge,
    say: (line) => context.terminal.note(line),
  });
  await reportRows(result, options, COLUMNS, context);
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
    value: ({ ratio }: CompareRow) => spreadText(ratio),
    align: 'right' as const,
  },
];
