import { availableParallelism } from 'node:os';
import type { Scenario } from '@media-network/lab';
import { MediaError, errorMessage } from '@media-network/runtime';
import { formatMs } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { outcomeText } from '../lab/outcome-text.ts';
import { table } from '../terminal/table.ts';

interface Options {
  readonly quick?: true;
  readonly only?: string[];
  readonly list?: true;
  readonly parallel?: string;
  readonly detect?: true;
  readonly seeds: string;
  readonly edgeWeeks: string;
  readonly plot?: string;
  readonly json?: true;
}

function chosen(all: readonly Scenario[], options: Options): readonly Scenario[] {
  const unknown = options.only?.find((name) => !all.some((each) => each.name === name));
  if (unknown !== undefined)
    throw new MediaError({
      code: 'cli/unknown-scenario',
      message: `There is no scenario "${unknown}".`,
      hint: '"media lab --list" names them all.',
      source: 'client',
    });
  return all.filter(({ name, quick }) => options.only?.includes(name) ?? (options.quick !== true || quick));
}

/** Scenarios side by side: each plays one process at a time, and that one is busy. */
function parallelism(text: string | undefined): number {
  if (text === undefined) return Math.min(4, availableParallelism());
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new MediaError({
    code: 'cli/bad-number',
    message: `--parallel must be a whole number from 1 to 99, not "${text}".`,
    source: 'client',
  });
}

function list(scenarios: readonly Scenario[], options: Options, { terminal }: CliContext): void {
  if (options.json === true) {
    terminal.json(scenarios.map(({ name, kind, quick, doc }) => ({ name, kind, quick, doc })));
    return;
  }
  const columns = [
    { head: 'scenario', value: (each: Scenario) => each.name },
    { head: 'kind', value: (each: Scenario) => each.kind },
    { head: 'what happens', value: (each: Scenario) => each.doc },
  ];
  for (const line of table(scenarios, columns, terminal.style)) terminal.line(line);
}

async function run(options: Options, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { SCENARIOS, missesOf, runLab } = await import('@media-network/lab');
  const scenarios = chosen(SCENARIOS, options);
  if (options.list === true) {
    list(scenarios, options, context);
    return;
  }
  const { style } = terminal;
  const started = performance.now();
  const byName = new Map(scenarios.map((each) => [each.name, each]));
  const missed: string[] = [];
  const failed: { readonly name: string; readonly error: string }[] = [];
  let ended = 0;
  const progress = (): boolean =>
    terminal.progress(
      `${ended} of ${scenarios.length} scenarios, ${formatMs(performance.now() - started)} ...`,
    );
  progress();
  const outcomes = await runLab({
    scenarios,
    parallel: parallelism(options.parallel),
    signal: context.takeSignals(),
    onOutcome(outcome) {
      ended += 1;
      const scenario = byName.get(outcome.name);
      const misses = scenario === undefined ? [] : missesOf(outcome, scenario);
      if (misses.length > 0) missed.push(outcome.name);
      const mark =
        misses.length > 0 ? style.red('✗') : outcome.kind === 'beyond' ? style.yellow('·') : style.green('✓');
      terminal.line(`${mark} ${outcome.name.padEnd(28)} ${outcomeText(outcome)}`);
      for (const miss of misses) terminal.line(style.red(`    ${miss}`));
      progress();
    },
    onFailure({ name }, error) {
      ended += 1;
      failed.push({ name, error: errorMessage(error) });
      terminal.line(`${style.red('✗')} ${name.padEnd(28)} ${errorMessage(error)}`);
      progress();
    },
  });
  const bad = missed.length + failed.length;
  if (bad > 0) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({
      ok: bad === 0,
      missed,
      failed,
      scenarios: scenarios.flatMap(({ name }) => outcomes.filter((each) => each.name === name)),
    });
    return;
  }
  const summary = `${outcomes.length - missed.length} of ${scenarios.length} scenarios hold, in ${formatMs(performance.now() - started)}.`;
  terminal.line(bad === 0 ? style.green(summary) : style.red(summary));
}

export const registerLab: RegisterCommand = (program, context) => {
  const command = program
    .command('lab')
    .description(
      'Plays attacks and mishaps on networks of real daemons with short periods, each with and without the attack, and says what an attack costs and brings. Exit code 0 when every one costs more than it brings and the honest are not blamed.',
    )
    .option('--quick', 'a part of them, within ten minutes')
    .option('--only <name...>', 'these scenarios only')
    .option('--list', 'say what there is, and play nothing')
    .option('--parallel <number>', 'scenarios side by side (default: one for each processor, 4 at most)')
    .option('--detect', 'instead: how soon guards find what edges do, by their own rules, from many seeds')
    .option('--seeds <n>', 'with --detect: how often each is played', '100')
    .option('--edge-weeks <n>', 'with --detect: weeks of honest edges that are watched', '1000')
    .option('--plot <file>', 'with --detect: draw it as a page of HTML')
    .option('--json', 'print the outcomes as one JSON object as the last line; amounts are base units')
    .action(async (options: Options) =>
      options.detect === true
        ? (await import('../lab/detect.ts')).detect(options, context)
        : run(options, context),
    );
  examples(command, [
    'media lab --quick',
    'media lab --list',
    'media lab --only phantom-report --json',
    'media lab --detect --plot lab.html',
  ]);
};
