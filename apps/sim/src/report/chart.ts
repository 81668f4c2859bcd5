/** A line of a chart. */
export interface Line {
  readonly name: string;
  /** One value for each place on the horizontal axis. */
  readonly values: readonly number[];
}

export interface Chart {
  readonly title: string;
  /** What the vertical axis counts. */
  readonly unit: string;
  /** Places on the horizontal axis, days. */
  readonly days: readonly number[];
  readonly lines: readonly Line[];
  /** Whether the vertical axis begins at 0 rather than near the least value. */
  readonly fromZero?: boolean;
}

const SIZE = { width: 360, height: 210, left: 46, right: 10, top: 10, bottom: 26 } as const;
const TICKS = 4;
/** More points than this say nothing more on a chart of this width. */
const MOST_POINTS = 180;

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A step of 1, 2 or 5 times a power of ten of which `count` cover a span. */
function niceStep(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
  return factor * power;
}

/** A number with as few characters as tell it apart on an axis. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  return trimmed(value);
}

function trimmed(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

function scaleOf(chart: Chart): Scale {
  const values = chart.lines.flatMap((line) => line.values);
  const least = chart.fromZero === true ? Math.min(0, ...values) : Math.min(...values);
  const most = Math.max(...values);
  const span = most - least || Math.abs(most) || 1;
  const step = niceStep(span, TICKS);
  const low = Math.floor(least / step) * step;
  const high = Math.max(low + step, Math.ceil(most / step) * step);
  const ticks: number[] = [];
  for (let tick = low; tick <= high + step / 2; tick += step) ticks.push(tick);
  return { low, high, ticks };
}

/** Indices of the points that are drawn: some evenly, and the last. */
function drawn(count: number): readonly number[] {
  const every = Math.max(1, Math.ceil(count / MOST_POINTS));
  const places = Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every);
  if (places.at(-1) !== count - 1) places.push(count - 1);
  return places;
}

/** A chart as an SVG of its own, with its legend; colours come from the page's styles. */
export function lineChart(chart: Chart): string {
  const { width, height, left, right, top, bottom } = SIZE;
  const { low, high, ticks } = scaleOf(chart);
  const [first = 0, last = 1] = [chart.days[0], chart.days.at(-1)];
  const x = (day: number): number => left + ((day - first) / (last - first || 1)) * (width - left - right);
  const y = (value: number): number =>
    height - bottom - ((value - low) / (high - low)) * (height - top - bottom);
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>` +
      `<text class="tick" x="${left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${shortNumber(tick)}</text>`,
  );
  const marks = [first, Math.round((first + last) / 2), last].map(
    (day, index) =>
      `<text class="tick" x="${x(day).toFixed(1)}" y="${height - 8}" text-anchor="${['start', 'middle', 'end'][index] ?? 'middle'}">day ${day}</text>`,
  );
  const places = drawn(chart.days.length);
  const lines = chart.lines.map((line, index) => {
    const points = places.map(
      (at) => `${x(chart.days[at] ?? 0).toFixed(1)},${y(line.values[at] ?? 0).toFixed(1)}`,
    );
    return `<polyline class="line c${index + 1}" points="${points.join(' ')}"><title>${escapeHtml(line.name)}</title></polyline>`;
  });
  const legend = chart.lines.map(
    (line, index) =>
      `<li><i class="c${index + 1}"></i>${escapeHtml(line.name)} <b>${shortNumber(line.values.at(-1) ?? 0)}</b></li>`,
  );
  const label = `${chart.title}, ${chart.unit}, by day`;
  return (
    `<figure><figcaption>${escapeHtml(chart.title)} <small>${escapeHtml(chart.unit)}</small></figcaption>` +
    `<ul class="legend">${legend.join('')}</ul>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${grid.join('')}${marks.join('')}${lines.join('')}</svg></figure>`
  );
}
