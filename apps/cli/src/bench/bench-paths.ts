import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PathsRow, PlaceRow } from '@media-network/bench';
import { systemClock } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';
import { startPathsNetwork } from './paths-network.ts';

export interface PathsOptions {
  readonly networks: string;
  readonly rounds: string;
  readonly windows: string;
  readonly seed: string;
  readonly plot?: string;
  readonly json?: true;
}

/** Ways are as long as 5 to 250 ms: what the machine itself adds must not decide. */
const MOST_LATE_MS = 15;

/** What viewers wait for a first byte by the edge that guards name, and without. */
export async function benchThePaths(options: PathsOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const networks = wholeBetween(options.networks, '--networks', 1, 50);
  const rounds = wholeBetween(options.rounds, '--rounds', 1, 1_000);
  const windows = wholeBetween(options.windows, '--windows', 0, 100);
  const seed = wholeBetween(options.seed, '--seed', 0, 2 ** 32 - 1);
  const { benchPaths, plotPaths, startBytesOrigin, thisMachine } = await import('@media-network/bench');
  const machine = thisMachine();
  const origin = await startBytesOrigin();
  try {
    const { rows, places, lateMs } = await benchPaths({
      start: startPathsNetwork,
      origin,
      networks,
      rounds,
      windows,
      seed,
      sleep: (ms) => systemClock.sleep(ms),
      say: (line) => terminal.note(line),
    });
    if (options.plot !== undefined)
      await writeFile(resolve(context.cwd, options.plot), plotPaths({ rows, places }));
    const medianOf = (choice: PathsRow['choice']): number =>
      rows.find((row) => row.choice === choice)?.kept.medianMs ?? Number.NaN;
    const busy = lateMs > MOST_LATE_MS;
    const ok = !busy && medianOf('steered') < medianOf('random') && medianOf('steered') < medianOf('origin');
    if (!ok) context.setExitCode(1);
    if (options.json === true) {
      terminal.json({ ok, busy, lateMs, machine, networks, rounds, windows, seed, rows, places });
      return;
    }
    for (const line of [
      ...table(rows, COLUMNS, terminal.style),
      '',
      ...table(places, PLACE_COLUMNS, terminal.style),
    ])
      terminal.line(line);
    if (busy)
      terminal.note(
        `The machine was busy: this process came ${lateMs} ms late to what was due, ${MOST_LATE_MS} are let pass. Figures are upper bounds, and nothing is concluded.`,
      );
  } finally {
    await origin.close();
  }
}

const NAMES: Readonly<Record<PathsRow['choice'], string>> = {
  origin: 'origin',
  random: 'edge at random',
  countries: 'named by countries',
  steered: 'named, measured',
  nearest: 'nearest on the map',
};
const right = 'right' as const;
const ms = (value: number): string => `${Math.round(value)} ms`;
const COLUMNS = [
  { head: 'first byte from', value: (row: PathsRow) => NAMES[row.choice] },
  { head: 'kept, median', value: (row: PathsRow) => ms(row.kept.medianMs), align: right },
  { head: 'p95', value: (row: PathsRow) => ms(row.kept.p95Ms), align: right },
  { head: 'never asked for, median', value: (row: PathsRow) => ms(row.fresh.medianMs), align: right },
  { head: 'p95', value: (row: PathsRow) => ms(row.fresh.p95Ms), align: right },
  { head: 'answers', value: (row: PathsRow) => row.answers.toLocaleString('en'), align: right },
];
const medianAt = (choice: PathsRow['choice']) => ({
  head: NAMES[choice],
  value: (row: PlaceRow) => ms(row.medianMs[choice]),
  align: right,
});
const PLACE_COLUMNS = [
  { head: 'viewers in', value: (row: PlaceRow) => row.place },
  medianAt('origin'),
  medianAt('random'),
  medianAt('countries'),
  medianAt('steered'),
  medianAt('nearest'),
];
