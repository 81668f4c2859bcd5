import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandRow } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { PROJECT_ROOT } from '../root.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

export interface StartOptions {
  readonly rounds: string;
  readonly runs: string;
  readonly json?: true;
}

const SHORT = [['--version'], ['--help'], ['wallet', 'list'], ['edge', '--help'], ['explain']] as const;

/** What short commands take beside an empty program of the same runtime; nothing is judged. */
export async function benchTheStart(options: StartOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const rounds = wholeBetween(options.rounds, '--rounds', 1, 1_000);
  const runs = wholeBetween(options.runs, '--runs', 1, 100);
  const { benchCommands, describeMachine } = await import('@media-network/bench');
  const cwd = await mkdtemp(join(tmpdir(), 'media-bench-start-'));
  try {
    const { machine, rows } = benchCommands({
      beside: { name: 'node -e 0', words: [process.execPath, '-e', '0'] },
      commands: SHORT.map((words) => ({
        name: `media ${words.join(' ')}`,
        words: [join(PROJECT_ROOT, 'media'), ...words],
      })),
      rounds,
      runs,
      cwd,
      say: (line) => terminal.note(line),
    });
    if (options.json === true) {
      terminal.json({ machine, rounds, runs, rows });
      return;
    }
    terminal.line(describeMachine(machine));
    for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

const COLUMNS = [
  { head: 'command', value: (row: CommandRow) => row.name },
  {
    head: 'wall',
    value: (row: CommandRow) => `${row.wallMs.median.toFixed(0)} ms`,
    align: 'right' as const,
  },
  {
    head: 'processor',
    value: (row: CommandRow) => `${row.processorMs.median.toFixed(0)} ms`,
    align: 'right' as const,
  },
  {
    head: 'of node -e 0',
    value: ({ ratio }: CommandRow) =>
      `${ratio.median.toFixed(1)} (${ratio.least.toFixed(1)} to ${ratio.most.toFixed(1)})`,
    align: 'right' as const,
  },
];
