import type { DnsRow } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

export interface DnsOptions {
  readonly seconds: string;
  readonly rounds: string;
  readonly json?: true;
}

/** Of what NSD answers with its processor time, with subnets and the choice of edges in every answer. */
const WANTED_RATIO = 0.5;
const WANTED_SIGNED = 20_000;

/** The guards' name server beside NSD. */
export async function benchTheNames(options: DnsOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const seconds = wholeBetween(options.seconds, '--seconds', 1, 600);
  const rounds = wholeBetween(options.rounds, '--rounds', 1, 99);
  const { benchDns } = await import('@media-network/bench');
  const rows = await benchDns({ seconds, rounds, say: (line) => terminal.note(line) });
  const ok = rows.every(({ mode, ratioToNsd, answersPerCpuS }) =>
    mode === 'signed' ? answersPerCpuS >= WANTED_SIGNED : ratioToNsd >= WANTED_RATIO,
  );
  if (!ok) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ ok, seconds, rounds, rows });
    return;
  }
  for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
}

const COLUMNS = [
  { head: 'queries', value: (row: DnsRow) => row.mode },
  {
    head: 'answers a processor second',
    value: (row: DnsRow) => row.answersPerCpuS.toLocaleString('en'),
    align: 'right' as const,
  },
  { head: 'to NSD', value: (row: DnsRow) => row.ratioToNsd.toFixed(2), align: 'right' as const },
  {
    head: 'disturbed',
    value: (row: DnsRow) => `${Math.round(row.disturbed * 100)} %`,
    align: 'right' as const,
  },
];
