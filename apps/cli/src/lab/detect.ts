import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type {
  ColluderRow,
  DetectionRow,
  GuardSetRow,
  HonestRow,
  MeterRow,
  OverreportRow,
} from '@media-network/lab';
import { formatMedia, formatMs } from '../amounts.ts';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

export interface DetectOptions {
  readonly seeds: string;
  readonly edgeWeeks: string;
  readonly plot?: string;
  readonly json?: true;
}

const amounts = (now: bigint, before: bigint): string => `${formatMedia(now)} (${formatMedia(before)})`;
const orNone = (value: number | null): string => (value === null ? '–' : String(value));

/** `media lab --detect`. */
export async function detect(options: DetectOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const seeds = wholeBetween(options.seeds, '--seeds', 1, 10_000);
  const edgeWeeks = wholeBetween(options.edgeWeeks, '--edge-weeks', 1, 100_000);
  const { runDetection, plotDetection } = await import('@media-network/lab');
  const started = performance.now();
  const found = await runDetection({
    seeds,
    edgeWeeks,
    signal: context.takeSignals(),
    say: (line) => void terminal.progress(`${line} ...`),
  });
  if (options.plot !== undefined) await writeFile(resolve(context.cwd, options.plot), plotDetection(found));
  const rows = [
    ...found.detection,
    ...found.honest,
    ...found.overreports,
    ...found.meters,
    ...found.sets,
    ...found.colluders,
  ];
  const missed = rows.filter(({ holds }) => !holds).length;
  if (missed > 0) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ ok: missed === 0, seeds, edgeWeeks, ...found });
    return;
  }
  const { style } = terminal;
  const mark = ({ holds }: { readonly holds: boolean }): string =>
    holds ? style.green('✓') : style.red('✗');
  const right = 'right' as const;
  const detection = [
    { head: '', value: mark },
    { head: 'an edge with', value: (row: DetectionRow) => row.name },
    { head: 'voted out', value: (row: DetectionRow) => `${Math.round(row.found * 100)} %`, align: right },
    { head: 'looks of a guard', value: (row: DetectionRow) => orNone(row.looksMedian), align: right },
    { head: '99 of 100', value: (row: DetectionRow) => orNone(row.looksP99), align: right },
    { head: 'of all', value: (row: DetectionRow) => orNone(row.allLooksP99), align: right },
    { head: 'promised', value: (row: DetectionRow) => orNone(row.within), align: right },
    { head: 'hours', value: (row: DetectionRow) => orNone(row.hoursMedian), align: right },
    {
      head: 'hours rejected',
      value: (row: DetectionRow) => `${Math.round(row.rejectedHours * 100)} %`,
      align: right,
    },
  ];
  const honest = [
    { head: '', value: mark },
    { head: 'honest edges beside', value: (row: HonestRow) => row.name },
    { head: 'edge-weeks', value: (row: HonestRow) => String(row.edgeWeeks), align: right },
    { head: 'voted out', value: (row: HonestRow) => String(row.removed), align: right },
    { head: 'hours rejected', value: (row: HonestRow) => String(row.rejectedHours), align: right },
  ];
  const overreports = [
    { head: '', value: mark },
    { head: 'a report of', value: (row: OverreportRow) => row.name },
    {
      head: 'not credited in full',
      value: (row: OverreportRow) => `${Math.round(row.found * 100)} %`,
      align: right,
    },
    { head: 'minutes until then', value: (row: OverreportRow) => orNone(row.minutes), align: right },
    { head: 'promised', value: (row: OverreportRow) => orNone(row.within), align: right },
  ];
  const meters = [
    { head: '', value: mark },
    { head: 'honest edges', value: (row: MeterRow) => row.name },
    { head: 'edge-weeks', value: (row: MeterRow) => String(row.edgeWeeks), align: right },
    { head: 'hours not in full', value: (row: MeterRow) => String(row.notFull), align: right },
  ];
  const sets = [
    {
      head: '',
      value: (row: GuardSetRow) => (row.beyond ? style.yellow('·') : mark(row)),
    },
    { head: 'guards', value: (row: GuardSetRow) => String(row.guards), align: right },
    { head: 'of them', value: (row: GuardSetRow) => row.name },
    { head: 'honest edges out', value: (row: GuardSetRow) => String(row.honestRemoved), align: right },
    {
      head: 'corrupt out',
      value: (row: GuardSetRow) => `${Math.round(row.corruptRemoved * 100)} %`,
      align: right,
    },
    { head: 'hours', value: (row: GuardSetRow) => orNone(row.hours), align: right },
    { head: 'decided otherwise', value: (row: GuardSetRow) => String(row.decidedOtherwise), align: right },
    {
      head: 'honest edges earn (without)',
      value: (row: GuardSetRow) => amounts(row.honestEdges, row.before.honestEdges),
      align: right,
    },
    {
      head: 'honest guards',
      value: (row: GuardSetRow) => amounts(row.honestGuards, row.before.honestGuards),
      align: right,
    },
    {
      head: 'the others',
      value: (row: GuardSetRow) => amounts(row.others, row.before.others),
      align: right,
    },
  ];
  const colluders = [
    { head: '', value: mark },
    {
      head: 'a league of',
      value: (row: ColluderRow) => `${Math.round(row.share * 100)} % of edges and guards`,
    },
    { head: 'pays', value: (row: ColluderRow) => formatMedia(row.paid), align: right },
    { head: 'gets back', value: (row: ColluderRow) => formatMedia(row.back), align: right },
    { head: 'the others earn', value: (row: ColluderRow) => formatMedia(row.honest), align: right },
    { head: 'without it', value: (row: ColluderRow) => formatMedia(row.honestBefore), align: right },
  ];
  for (const line of [
    ...table(found.detection, detection, style),
    '',
    ...table(found.honest, honest, style),
    '',
    ...table(found.overreports, overreports, style),
    '',
    ...table(found.meters, meters, style),
    '',
    ...table(found.sets, sets, style),
    '',
    ...table(found.colluders, colluders, style),
  ])
    terminal.line(line);
  terminal.note(
    `${rows.length - missed} of ${rows.length} hold, in ${formatMs(performance.now() - started)}.`,
  );
}
