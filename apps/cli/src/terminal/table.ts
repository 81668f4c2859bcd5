import type { Style } from './style.ts';
import { visibleLength } from './terminal.ts';

export interface Column<Row> {
  readonly head: string;
  readonly value: (row: Row) => string;
  /** Numbers read better against the right. */
  readonly align?: 'right';
}

/** Lines of a plain table: a dim head, columns two spaces apart. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], style: Style): string[] {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const widths = columns.map((column, i) =>
    Math.max(column.head.length, ...cells.map((line) => visibleLength(line[i] ?? ''))),
  );
  const render = (line: readonly string[]): string =>
    columns
      .map((column, i) => {
        const text = line[i] ?? '';
        const gap = ' '.repeat((widths[i] ?? 0) - visibleLength(text));
        return column.align === 'right' ? gap + text : text + gap;
      })
      .join('  ')
      .trimEnd();
  return [style.dim(render(columns.map((column) => column.head))), ...cells.map(render)];
}
