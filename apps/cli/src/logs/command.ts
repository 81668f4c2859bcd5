import { resolve } from 'node:path';
import { OUTCOMES, PHASES } from '@media-network/edge/phases';
import { MediaError, createRepeatingTask, prettyLine, silentLog, systemClock } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { networkDir } from '../chain-options.ts';
import { aborted } from '../signals.ts';
import { wholeBetween } from '../whole-number.ts';
import { createTail, filesIn, isSetAside, logFiles, whereLogsAre } from './files.ts';
import type { LogFileAt, LogTail } from './files.ts';
import { LEVELS, matching } from './filter.ts';
import type { LineFilter, LogLine } from './filter.ts';

export interface LogsOptions {
  readonly dir?: string;
  readonly data?: string;
  readonly follow?: true;
  readonly lines: string;
  readonly level?: string;
  readonly phase?: string;
  readonly outcome?: string;
  readonly resource?: string;
  readonly since?: string;
  readonly json?: true;
}

const LOOK_MS = 250;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function sinceOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = UNITS[unit];
  if (ms !== undefined) return nowMs - Number(count) * ms;
  throw new MediaError({
    code: 'cli/bad-choice',
    message: `--since must be a time such as 90s, 10m, 2h or 1d, not "${text}".`,
    source: 'client',
  });
}

/** A word of a list, as it was given; throws where it is none of them: a typo would print nothing and look like silence. */
function oneOf(option: string, text: string | undefined, all: readonly string[]): string | undefined {
  if (text === undefined || all.includes(text)) return text;
  throw new MediaError({
    code: 'cli/bad-choice',
    message: `${option} must be one of ${all.join(', ')}, not "${text}".`,
    source: 'client',
  });
}

/** Prints what daemons have logged, oldest first, and what they go on to log. */
export async function showLogs(
  daemon: string | undefined,
  options: LogsOptions,
  context: CliContext,
): Promise<void> {
  const dir = resolve(context.cwd, networkDir(options, context));
  const most = wholeBetween(options.lines, '--lines', 0, 1_000_000);
  const filter: LineFilter = {
    level: LEVELS[oneOf('--level', options.level, Object.keys(LEVELS)) ?? ''],
    phase: oneOf('--phase', options.phase, PHASES),
    outcome: oneOf('--outcome', options.outcome, OUTCOMES),
    resource: options.resource,
    daemon,
    sinceMs: sinceOf(options.since, systemClock.nowMs()),
  };
  const find = (): Promise<readonly LogFileAt[]> =>
    options.data === undefined ? logFiles(dir) : filesIn(resolve(context.cwd, options.data));
  const files = await find();
  if (files.length === 0 && options.follow !== true) {
    throw new MediaError({
      code: 'cli/no-logs',
      message: `There are no logs in ${options.data ?? whereLogsAre(dir)}.`,
      hint: 'Daemons write them into their folders once they run; name another with --dir, or that of one daemon with --data.',
      source: 'client',
    });
  }
  const tails = new Map<string, LogTail>();
  const news = async (among: readonly LogFileAt[]): Promise<readonly LogLine[]> => {
    const found: LogLine[] = [];
    for (const file of among) {
      const tail = tails.get(file.path) ?? createTail(file.path);
      tails.set(file.path, tail);
      for (const text of await tail.read()) {
        const line = matching(text, file.daemon, filter);
        if (line !== undefined) found.push(line);
      }
    }
    return found.sort((a, b) => a.timeMs - b.timeMs);
  };
  const { terminal } = context;
  const coloured = terminal.style.dim('') !== '';
  const show = (lines: readonly LogLine[]): void => {
    for (const { fields } of lines)
      if (options.json === true) terminal.json(fields);
      else terminal.line(prettyLine(JSON.stringify(fields), coloured));
  };
  const before = await news(files);
  show(most === 0 ? [] : before.slice(-most));
  if (options.follow !== true) return;
  const signal = context.takeSignals();
  const following = createRepeatingTask(
    // What is set aside was read before it was.
    async () => show(await news((await find()).filter((file) => !isSetAside(file)))),
    { clock: systemClock, log: silentLog },
    { name: 'logs', intervalMs: LOOK_MS },
  );
  following.start();
  await aborted(signal);
  await following.stop();
}
