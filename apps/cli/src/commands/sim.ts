import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import type { AttackOutcome } from '@media-network/sim';
import { MediaError } from '@media-network/runtime';

import { formatMs } from '../amounts.ts';
import { examples } from '../command.ts';
import type { CliContext, RegisterCommand } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

interface Options {
  readonly days: string;
  readonly seed: string;
  readonly only?: string[];
  readonly shares?: string;
  readonly out?: string;
  readonly list?: true;
  readonly parallel?: string;
  readonly json?: true;
}

const MOST_DAYS = 730;

function sharesOf(text: string | undefined, standard: readonly number[]): readonly number[] {
  if (text === undefined) return standard;
  return text.split(',').map((each) => {
    if (/^[1-9]\d?$/.test(each.trim())) return Number(each);
    throw new MediaError({
      code: 'cli/bad-number',
      message: `--shares takes per cents from 1 to 99 with commas between, such as 5,33, not "${text}".`,
      source: 'client',
    });
  });
}

async function run(options: Options, context: CliContext): Promise<void> {
  const { terminal } = context;
  const { style } = terminal;
  const { ATTACKS, DEFAULT_SHARES, isLoss, planEconomy, runEconomy, signedMedia, summaryOf, writeReport } =
    await import('@media-network/sim');
  if (options.list === true) {
    const columns = [
      { head: 'attack', value: (each: (typeof ATTACKS)[number]) => each.name },
      { head: 'share of', value: (each: (typeof ATTACKS)[number]) => each.of },
      { head: 'what happens', value: (each: (typeof ATTACKS)[number]) => each.doc },
    ];
    if (options.json === true) terminal.json(ATTACKS.map(({ name, of, doc }) => ({ name, of, doc })));
    else for (const line of table(ATTACKS, columns, style)) terminal.line(line);
    return;
  }
  const unknown = options.only?.find(
    (name) => name !== 'none' && !ATTACKS.some((each) => each.name === name),
  );
  if (unknown !== undefined)
    throw new MediaError({
      code: 'cli/unknown-scenario',
      message: `There is no attack "${unknown}".`,
      hint: '"media sim economy --list" names them all.',
      source: 'client',
    });
  const plan = planEconomy({
    days: wholeBetween(options.days, '--days', 1, MOST_DAYS),
    seed: wholeBetween(options.seed, '--seed', 0, 2 ** 32 - 1),
    shares: sharesOf(options.shares, DEFAULT_SHARES),
    ...(options.only === undefined ? {} : { only: options.only }),
  });
  const parallel =
    options.parallel === undefined
      ? Math.min(8, availableParallelism())
      : wholeBetween(options.parallel, '--parallel', 1, 99);
  const started = performance.now();
  const economy = await runEconomy({
    plan,
    parallel,
    signal: context.takeSignals(),
    onProgress({ hours, of, doing }) {
      const percent = Math.floor((100 * hours) / of);
      terminal.progress(`${percent} %, ${formatMs(performance.now() - started)}: ${doing} ...`);
    },
    onOutcome(outcome: AttackOutcome) {
      if (options.json === true) return;
      const mark = isLoss(outcome) && outcome.supplyHolds ? style.green('✓') : style.red('✗');
      terminal.line(
        `${mark} ${outcome.name.padEnd(24)} ${String(outcome.share).padStart(3)} %  ${signedMedia(outcome.profit)} MEDIA`,
      );
    },
  });
  if (options.out !== undefined) {
    const page = await writeReport(economy, resolve(context.cwd, options.out));
    terminal.note(`The report: ${page}`);
  }
  const free = economy.attacks.filter((each) => !isLoss(each));
  if (!economy.supplyHolds || free.length > 0) context.setExitCode(1);
  if (!economy.supplyHolds) terminal.note('Supply and what was burned are not what was minted.');
  if (options.json === true) {
    terminal.json(summaryOf(economy));
    return;
  }
  const { burned, kept, rewards } = economy.honest;
  const [b, k, r] = [burned, kept, rewards].map((amount) => signedMedia(amount).replace('+', ''));
  terminal.line(`${economy.days} days: ${b} MEDIA burned, ${k} kept of fees, ${r} paid as rewards.`);
  const words = `${economy.attacks.length - free.length} of ${economy.attacks.length} attacks lose, in ${formatMs(performance.now() - started)}.`;
  terminal.line(free.length === 0 ? style.green(words) : style.red(words));
}

export const registerSim: RegisterCommand = (program, context) => {
  const group = program
    .command('sim')
    .description('Plays the economy of a network on a fast clock, with the real program in the Solana VM.');
  examples(group, ['media sim economy --days 30 --out report', 'media sim economy --list']);
  examples(
    group
      .command('economy')
      .description(
        'A network from its founding on: viewers by day and night, edges, guards, traders, fees, buyback, rewards; then attacks, 30 days each, against the same people behaving. Exit code 0 when every attack loses and supply and burned make 10,000,000 MEDIA at every step.',
      )
      .option('--days <number>', 'days of the honest play', '365')
      .option('--seed <number>', 'what chance is made from', '1')
      .option('--only <attack...>', 'these attacks only; "none" for none')
      .option('--shares <percents>', 'parts that attack, with commas (default: 5,33,60; guards up to 33)')
      .option('--out <folder>', 'write a page with charts and CSV files there')
      .option('--list', 'say which attacks there are, and play nothing')
      .option('--parallel <number>', 'plays side by side (default: one for each processor)')
      .option('--json', 'print the result as one JSON object as the last line; amounts are base units')
      .action((options: Options) => run(options, context)),
    [
      'media sim economy',
      'media sim economy --days 30 --out report',
      'media sim economy --days 30 --only wash-trading --json',
    ],
  );
};
