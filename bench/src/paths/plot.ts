import { CHOICES } from './rows.ts';
import type { Choice, PathsRow, PlaceRow, Waited } from './rows.ts';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const NAMES: Readonly<Record<Choice, string>> = {
  origin: 'the origin itself',
  random: 'an edge at random',
  countries: 'the edge that guards name, by countries',
  steered: 'the edge that guards name, measured',
  nearest: 'the nearest edge on the map',
};
const [WIDTH, LEFT, ROW, RIGHT] = [860, 300, 34, 60];

/** A round number of milliseconds at or above all of them. */
function scaleOf(most: number): { readonly end: number; readonly ticks: readonly number[] } {
  const step = [25, 50, 100, 200, 250, 500, 1_000, 2_000].find((each) => each * 6 >= most) ?? 5_000;
  const count = Math.max(1, Math.ceil(most / step));
  return { end: step * count, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

/** A dot at the median, a line to the 95th percentile. */
function waitedChart(rows: readonly PathsRow[], of: (row: PathsRow) => Waited, label: string): string {
  const { end, ticks } = scaleOf(Math.max(...rows.map((row) => of(row).p95Ms)));
  const x = (ms: number): number => Math.round(LEFT + ((WIDTH - LEFT - RIGHT) * ms) / end);
  const height = ROW * rows.length + 40;
  const grid = ticks.map(
    (tick) =>
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="6" y2="${height - 30}" class="grid"/><text x="${x(tick)}" y="${height - 10}" text-anchor="middle">${tick} ms</text>`,
  );
  const lines = rows.map((row, i) => {
    const { medianMs, p95Ms } = of(row);
    const y = 22 + i * ROW;
    const kind = row.choice === 'steered' || row.choice === 'countries' ? 'ours' : 'other';
    return `<text x="${LEFT - 14}" y="${y + 5}" text-anchor="end">${escape(NAMES[row.choice])}</text><line x1="${x(medianMs)}" x2="${x(p95Ms)}" y1="${y}" y2="${y}" class="${kind}"/><circle cx="${x(medianMs)}" cy="${y}" r="6" class="${kind}"/><text x="${x(p95Ms) + 8}" y="${y + 5}">${Math.round(medianMs)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(label)}">${grid.join('')}${lines.join('')}</svg>`;
}

function placesTable(places: readonly PlaceRow[]): string {
  const head = CHOICES.map((choice) => `<th>${escape(NAMES[choice])}</th>`).join('');
  const body = places.map(({ place, medianMs }) => {
    const cells = CHOICES.map((choice) => `<td>${Math.round(medianMs[choice])}</td>`).join('');
    return `<tr><th scope="row">${escape(place)}</th>${cells}</tr>`;
  });
  return `<div class="wide"><table><thead><tr><th>viewers in</th>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

/** One page, with nothing from elsewhere. */
export function plotPaths(found: {
  readonly rows: readonly PathsRow[];
  readonly places: readonly PlaceRow[];
}): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What viewers wait for a first byte</title>
<style>
:root { color-scheme: light dark; --text: #222; --soft: #555; --paper: #fff; --grid: #ddd; --ours: #1a7f4b; --other: #8a6d1f; }
@media (prefers-color-scheme: dark) { :root { --text: #eee; --soft: #bbb; --paper: #16181b; --grid: #3a3d42; --ours: #5fd39a; --other: #d8b75a; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--paper); }
.wide { overflow-x: auto; } .wide > svg { min-width: 620px; width: 100%; height: auto; } svg text { font-size: 13px; fill: var(--text); }
.grid { stroke: var(--grid); } line.ours { stroke: var(--ours); stroke-width: 4; } circle.ours { fill: var(--ours); }
line.other { stroke: var(--other); stroke-width: 4; } circle.other { fill: var(--other); }
table { border-collapse: collapse; font-size: 14px; } td, th { padding: .25rem .8rem .25rem 0; text-align: right; font-weight: normal; vertical-align: bottom; }
thead th { color: var(--soft); } th:first-child { text-align: left; white-space: nowrap; } tbody tr { border-top: 1px solid var(--grid); }
</style>
<h1>What viewers wait for a first byte</h1>
<p>In ten places, from a new connection on: the median (dot, number) and what 95 of 100 wait at most (end of the line).</p>
<h2>What edges keep</h2>
<div class="wide">${waitedChart(found.rows, ({ kept }) => kept, 'Milliseconds until the first byte of what edges keep')}</div>
<h2>What nobody asked for before</h2>
<div class="wide">${waitedChart(found.rows, ({ fresh }) => fresh, 'Milliseconds until the first byte of what edges have to ask the origin for')}</div>
<h2>By place</h2>
<p>Medians of what edges keep, milliseconds.</p>
${placesTable(found.places)}
</html>
`;
}
