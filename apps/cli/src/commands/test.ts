import { MediaError } from '@media-network/runtime';
import { formatMs } from '../amounts.ts';
import { GROUPS } from '../checks/groups.ts';
import type { CheckGroup, GroupResult } from '../checks/groups.ts';
import { ensureSystemTools } from '../checks/system-tools.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { registerConformance } from '../conformance/command.ts';

interface Options {
  readonly only?: string[];
  readonly json?: true;
}

interface Row extends GroupResult {
  readonly name: string;
  readonly ms: number;
}

/** Lines of a failing group that are shown; the whole of it is what the group's own tool prints. */
const SHOWN_LINES = 60;

function chosen(only: readonly string[] | undefined): readonly CheckGroup[] {
  if (only === undefined) return GROUPS;
  const unknown = only.find((name) => !GROUPS.some((group) => group.name === name));
  if (unknown !== undefined) {
    throw new MediaError({
      code: 'cli/unknown-group',
      message: `There is no group "${unknown}": choose from ${GROUPS.map((group) => group.name).join(', ')}.`,
      source: 'client',
    });
  }
  return GROUPS.filter((group) => only.includes(group.name));
}

async function runTests(options: Options, context: CliContext): Promise<void> {
  const { terminal } = context;
  const groups = chosen(options.only);
  if (groups.some((group) => group.name === 'unit' || group.name === 'system'))
    await ensureSystemTools(context);
  const rows: Row[] = [];
  for (const group of groups) {
    terminal.progress(`${group.name}: ${group.doc} ...`);
    const started = performance.now();
    const row = { name: group.name, ...(await group.run(context.env)), ms: performance.now() - started };
    rows.push(row);
    if (options.json !== true) terminal.line(describe(row, context));
    if (row.failed > 0) terminal.note(row.output.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n'));
  }
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  if (failed > 0) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({
      ok: failed === 0,
      passed,
      failed,
      groups: rows.map(({ output: _output, ms, ...row }) => ({ ...row, ms: Math.round(ms) })),
    });
  } else {
    terminal.line(`${passed} passed, ${failed} failed`);
  }
}

function describe(row: Row, { terminal }: CliContext): string {
  const { style } = terminal;
  const mark =
    row.skipped !== undefined ? style.yellow('-') : row.failed > 0 ? style.red('✗') : style.green('✓');
  const counts =
    row.skipped === undefined ? `${row.passed} passed, ${row.failed} failed` : `skipped: ${row.skipped}`;
  return `${mark} ${row.name.padEnd(10)} ${counts}  ${style.dim(formatMs(row.ms))}`;
}

export const registerTest: RegisterCommand = (program, context) => {
  const command = program
    .command('test')
    .description(
      `Runs every check of the project and prints a summary by group.\nGroups: ${GROUPS.map((group) => group.name).join(', ')}.`,
    )
    .option('--only <group...>', 'run these groups only')
    .option('--json', 'print the result as one JSON object')
    .action(async (options: Options) => runTests(options, context));
  registerConformance(command, context);
  examples(command, [
    'media test',
    'media test --only types lint unit',
    'media test conformance --json',
    'MEDIA_KILL_ROUNDS=20 media test --only system',
  ]);
};
