import type { EdgeBenchRow } from '@media-network/bench';
import { MediaError } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';
import { benchTheComparison } from './bench-compare.ts';
import { benchTheWorkers } from './bench-workers.ts';
import { startRealEdge } from './real-edge.ts';

export interface EdgeOptions {
  readonly seconds: string;
  readonly rounds: string;
  readonly peers: string;
  readonly workers: string;
  readonly mix?: true;
  readonly miss?: true;
  readonly anyway?: true;
  readonly json?: true;
}

function peersOf(text: string): 'nginx' | 'all' {
  if (text === 'nginx' || text === 'all') return text;
  throw new MediaError({
    code: 'cli/bad-choice',
    message: `--peers must be nginx or all, not "${text}".`,
    source: 'client',
  });
}

/** Hits of a real edge beside other servers and the floor. */
export async function benchTheEdge(options: EdgeOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const seconds = wholeBetween(options.seconds, '--seconds', 1, 600);
  const rounds = wholeBetween(options.rounds, '--rounds', 1, 600);
  const peers = peersOf(options.peers);
  const workers = wholeBetween(options.workers, '--workers', 1, 256);
  const anyway = options.anyway === true;
  const json = options.json === true;
  const others = [workers > 1, options.mix === true, options.miss === true];
  if (others.filter(Boolean).length > 1) {
    throw new MediaError({
      code: 'cli/bad-choice',
      message: '--workers, --mix and --miss are a measurement each: name one of them.',
      source: 'client',
    });
  }
  if (workers > 1) {
    await benchTheWorkers({ workers, seconds, rounds, anyway, json }, context);
    return;
  }
  if (options.mix === true || options.miss === true) {
    const what = options.mix === true ? 'mix' : 'miss';
    await benchTheComparison(what, { seconds, rounds, anyway, json }, context);
    return;
  }
  const { benchEdge, describeMachine } = await import('@media-network/bench');
  const { rows, machine, skipped } = await benchEdge({
    start: startRealEdge,
    seconds,
    rounds,
    peers,
    anyway,
    say: (line) => terminal.note(line),
  });
  const busy = rows.filter((row) => row.busy).length;
  // No conclusion is not a good one.
  if (busy > 0) context.setExitCode(1);
  if (json) {
    terminal.json({ machine, seconds, rounds, anyway, rows, skipped });
    return;
  }
  terminal.line(describeMachine(machine));
  for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
  for (const { peerName, why } of skipped) terminal.line(`without ${peerName}: ${why}`);
  if (busy > 0)
    terminal.line(`${busy} rows say nothing: something else ran. Measure again on a quiet machine.`);
}

const whole = (value: number): string => value.toLocaleString('en');

const COLUMNS = [
  { head: 'protocol', value: (row: EdgeBenchRow) => row.protocol },
  { head: 'size', value: (row: EdgeBenchRow) => row.size, align: 'right' as const },
  { head: 'us, requests/CPU s', value: (row: EdgeBenchRow) => whole(row.us), align: 'right' as const },
  { head: 'peer', value: (row: EdgeBenchRow) => whole(row.peer), align: 'right' as const },
  { head: 'ratio', value: (row: EdgeBenchRow) => row.ratio?.toFixed(2) ?? 'busy', align: 'right' as const },
  {
    head: 'from to',
    value: ({ spread }: EdgeBenchRow) =>
      spread === null ? '' : `${spread.least.toFixed(2)} ${spread.most.toFixed(2)}`,
    align: 'right' as const,
  },
  { head: 'p99', value: (row: EdgeBenchRow) => `${whole(row.p99Us)} µs`, align: 'right' as const },
  { head: 'p99 peer', value: (row: EdgeBenchRow) => `${whole(row.p99Peer)} µs`, align: 'right' as const },
  {
    head: 'opening, both',
    value: (row: EdgeBenchRow) => `${whole(row.openingP99Us)} ${whole(row.openingP99Peer)} µs`,
    align: 'right' as const,
  },
  { head: 'at', value: (row: EdgeBenchRow) => `${whole(row.rateP99)}/s`, align: 'right' as const },
  { head: 'peer is', value: (row: EdgeBenchRow) => row.peerName },
];
