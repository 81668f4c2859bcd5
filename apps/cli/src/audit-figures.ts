import { formatBytes, formatMedia } from './amounts.ts';
import type { Style } from './terminal/style.ts';
import { table } from './terminal/table.ts';

/** Figures of an audit that are money, in MEDIA base units, and those that are bytes. */
const MONEY: ReadonlySet<string> = new Set([
  'fee',
  'fees',
  'feesExpected',
  'kept',
  'toBurn',
  'rewards',
  'paid',
]);
const BYTES: ReadonlySet<string> = new Set([
  'bytes',
  'billable',
  'disputed',
  'vouched',
  'credited',
  'quota',
  'agreed',
  'served',
]);

function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function value(name: string, figure: unknown): string {
  if (typeof figure === 'bigint' && MONEY.has(name)) return formatMedia(figure);
  if (typeof figure === 'bigint' && BYTES.has(name)) return `${formatBytes(figure)} (${figure})`;
  if (figure === undefined) return 'not known';
  return typeof figure === 'boolean' ? (figure ? 'yes' : 'no') : `${figure as string | number | bigint}`;
}

const sum = (numbers: unknown): bigint =>
  Array.isArray(numbers)
    ? numbers.reduce((total: bigint, each) => total + (typeof each === 'bigint' ? each : 0n), 0n)
    : 0n;

/** Figures as people read them: money in MEDIA, sizes with their unit, lists as tables. */
export function figureLines(figures: object, style: Style): string[] {
  const lines: string[] = [];
  const tables: string[] = [];
  for (const [name, figure] of Object.entries(figures)) {
    if (figure instanceof Map) {
      tables.push('', ...shares(figure, style));
    } else if (Array.isArray(figure) && figure.every((each) => typeof each === 'object' && each !== null)) {
      if (figure.length > 0) tables.push('', ...rowsOf(figure, style));
    } else if (name === 'commits') {
      lines.push(`  ${words(name).padEnd(14)} ${commits(figure)}`);
    } else if (Array.isArray(figure)) {
      if (figure.length > 0) lines.push(`  ${words(name).padEnd(14)} ${figure.join(', ')}`);
    } else {
      lines.push(`  ${words(name).padEnd(14)} ${value(name, figure)}`);
    }
  }
  return [...lines, ...tables.map((line) => (line === '' ? line : `  ${line}`))];
}

function shares(figure: ReadonlyMap<unknown, unknown>, style: Style): string[] {
  const columns = [
    { head: 'owner', value: ([owner]: readonly [unknown, unknown]) => String(owner) },
    {
      head: 'earned',
      value: ([, earned]: readonly [unknown, unknown]) =>
        typeof earned === 'bigint' ? formatMedia(earned) : '',
      align: 'right' as const,
    },
  ];
  return table([...figure], columns, style);
}

const field = (row: object, name: string): unknown => new Map(Object.entries(row)).get(name);

const amount = (row: object, name: string): string => {
  const found = field(row, name);
  return typeof found === 'bigint' ? formatBytes(found) : '';
};

/** What the commits that guards collected say of a report. */
function commits(figure: unknown): string {
  if (typeof figure !== 'object' || figure === null) return '';
  const finding = field(figure, 'finding');
  const said = typeof finding === 'object' && finding !== null ? finding : {};
  const what =
    field(said, 'kind') === 'ok'
      ? 'nothing against it'
      : `${String(field(said, 'reason'))}: ${String(field(said, 'words'))}`;
  return `${String(field(figure, 'count'))} in the hour, ${what}`;
}

/** Entries of a report and leaves of an hour, which have a resource and twelve slots; or rows of plain fields. */
function rowsOf(rows: readonly object[], style: Style): string[] {
  const [first = {}] = rows;
  if (field(first, 'slots') !== undefined) return resources(rows, style);
  const columns = Object.keys(first).map((name) => ({
    head: words(name),
    value: (row: object) => value(name, field(row, name)),
  }));
  return table(rows, columns, style);
}

function resources(rows: readonly object[], style: Style): string[] {
  const ofHour = rows.some((row) => field(row, 'billable') !== undefined);
  const columns = ofHour ? ['billable', 'disputed'] : ['asked'];
  return table(
    rows,
    [
      { head: 'resource', value: (row) => String(field(row, 'resource')) },
      { head: 'bytes', value: (row) => formatBytes(sum(field(row, 'slots'))), align: 'right' as const },
      ...columns.map((name) => ({
        head: name,
        value: (row: object) => amount(row, name),
        align: 'right' as const,
      })),
    ],
    style,
  );
}
