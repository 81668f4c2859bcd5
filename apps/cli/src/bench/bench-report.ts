import type { Machine, Spread } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';

/** `1.48 (1.41 to 1.80)`; `busy` where too much else ran. */
export function spreadText(spread: Spread | null): string {
  if (spread === null) return 'busy';
  return `${spread.median.toFixed(2)} (${spread.least.toFixed(2)} to ${spread.most.toFixed(2)})`;
}

/** The rows of a comparison, as a table or as one object with the options; exit code 1 where one of them says nothing. */
export async function reportRows<Row extends { readonly busy: boolean }>(
  { machine, rows }: { readonly machine: Machine; readonly rows: readonly Row[] },
  options: { readonly json: boolean },
  columns: readonly Column<Row>[],
  context: CliContext,
): Promise<void> {
  const { terminal } = context;
  if (rows.some(({ busy }) => busy)) context.setExitCode(1);
  if (options.json) {
    terminal.json({ machine, ...options, rows });
    return;
  }
  const { describeMachine } = await import('@media-network/bench');
  terminal.line(describeMachine(machine));
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
}
