import type { Style } from '../terminal/style.ts';

/** A rate to be seen in the chart, such as the quota. */
export interface ChartLine {
  readonly name: string;
  readonly kbps: number;
  readonly mark: string;
}

export interface Chart {
  /** Samples in kbit/s, the whole month. */
  readonly samples: ArrayLike<number>;
  /** How many of them have passed; the rest is still to come. */
  readonly passed: number;
  readonly lines: readonly ChartLine[];
}

const ROWS = 10;
/** Columns for the samples: with the scale beside them 80. */
const COLUMNS = 66;
const SCALE = 11;
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'] as const;

/** A rate as people say it. */
export function formatRate(kbps: number): string {
  const [value, unit] =
    kbps >= 1_000_000
      ? [kbps / 1_000_000, 'Gbit/s']
      : kbps >= 1_000
        ? [kbps / 1_000, 'Mbit/s']
        : [kbps, 'kbit/s'];
  const digits = unit === 'kbit/s' || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

interface Bar {
  readonly mean: number;
  readonly highest: number;
}

/** Many samples to a column: what they are on average, and the highest, which an average would hide. */
function barsOf(samples: ArrayLike<number>): Bar[] {
  return Array.from({ length: Math.min(COLUMNS, samples.length) }, (_, column) => {
    const from = Math.floor((column * samples.length) / Math.min(COLUMNS, samples.length));
    const until = Math.floor(((column + 1) * samples.length) / Math.min(COLUMNS, samples.length));
    let [sum, highest] = [0, 0];
    for (let slot = from; slot < until; slot += 1) {
      sum += samples[slot] ?? 0;
      highest = Math.max(highest, samples[slot] ?? 0);
    }
    return { mean: sum / (until - from), highest };
  });
}

/** The month as lines of at most 80 columns: averages solid, peaks light above them, rates such as the quota drawn across. */
export function chartLines({ samples, passed, lines }: Chart, style: Style): string[] {
  const bars = barsOf(samples);
  const peak = bars.reduce((most, { highest }) => Math.max(most, highest), 0);
  // A quota far above all traffic is told of in words: drawn, it would press everything flat.
  const shown = lines.filter(({ kbps }) => kbps > 0 && kbps <= Math.max(1, peak) * 3);
  const top = Math.max(1, peak, ...shown.map(({ kbps }) => kbps));
  const rowOf = (kbps: number): number => Math.min(ROWS - 1, Math.floor((kbps / top) * ROWS));
  const output: string[] = [];
  for (let row = ROWS - 1; row >= 0; row -= 1) {
    const line = shown.find(({ kbps }) => rowOf(kbps) === row);
    const label =
      line !== undefined ? formatRate(line.kbps) : row === ROWS - 1 ? formatRate(top) : row === 0 ? '0' : '';
    const cells = bars.map(({ mean, highest }) => {
      const solid = (mean / top) * ROWS - row;
      if (solid >= 1) return style.cyan('█');
      if (solid > 0 && solid * 8 >= 1) return style.cyan(EIGHTHS[Math.floor(solid * 8)] ?? ' ');
      if (highest > 0 && (highest / top) * ROWS > row) return style.dim('░');
      return line === undefined ? ' ' : style.yellow(line.mark);
    });
    output.push(`${label.padStart(SCALE)} │${cells.join('').trimEnd()}`);
  }
  const gone = Math.round((Math.min(passed, samples.length) / Math.max(1, samples.length)) * bars.length);
  output.push(`${' '.repeat(SCALE)} └${'─'.repeat(gone)}${style.dim('·'.repeat(bars.length - gone))}`);
  return output;
}
