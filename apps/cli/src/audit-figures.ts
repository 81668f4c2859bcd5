import { formatBytes, formatMedia } from './amounts.ts';
import type { Style } from './terminal/style.ts';
import { table } from './terminal/table.ts';

/** Figures of an audit that are money, in MEDIA base units, and those that are bytes. */
const MONEY: ReadonlySet<string> = new Set(['fee', 'fees', 'feesExpected', 'kept', 'toBurn', 'rewards']);
const BYTES: ReadonlySet<string> = new Set(['bytes', 'billable', 'attested', 'credited']);

function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function value(name: string, figure: unknown): string {
  if (typeof figure === 'bigint' && MONEY.has(name)) return formatMedia(figure);
  if (typeof figure === 'bigint' && BYTES.has(name)) return `${formatBytes(figure)} (${figure})`;
  return typeof figure === 'boolean' ? (figure ? 'yes' : 'no') : String(figure);
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
      tables.push('', ...resources(figure, style));
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

/** Entries of a report and leaves of an hour: both have a resource and twelve slots. */
function resources(rows: readonly object[], style: Style): string[] {
  const second = rows.some((row) => field(row, 'billable') !== undefined) ? 'billable' : 'attested';
  return table(
    rows,
    [
      { head: 'resource', value: (row) => String(field(row, 'resource')) },
      { head: 'bytes', value: (row) => formatBytes(sum(field(row, 'slots'))), align: 'right' },
      { head: second, value: (row) => amount(row, second), align: 'right' },
    ],
    style,
  );
}
