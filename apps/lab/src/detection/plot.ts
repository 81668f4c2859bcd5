import type { Detection } from './detection.ts';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Base units as MEDIA. */
const media = (amount: bigint): string => (Number(amount) / 1e9).toFixed(4);

const WIDTH = 860;
const LEFT = 330;
const ROW = 26;

/** Looks of a guard on a logarithmic scale up to 2,000. */
function x(looks: number): number {
  return LEFT + ((WIDTH - LEFT - 60) * Math.log10(Math.max(1, looks))) / Math.log10(2_000);
}

function detectionChart({ detection }: Detection): string {
  const height = ROW * (detection.length + 2);
  const ticks = [1, 10, 100, 1_000].map(
    (tick) =>
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="10" y2="${height - ROW}" class="grid"/><text x="${x(tick)}" y="${height - 8}" text-anchor="middle">${tick}</text>`,
  );
  const rows = detection.map((row, i) => {
    const y = 20 + i * ROW;
    const label = `<text x="${LEFT - 10}" y="${y + 12}" text-anchor="end">${escape(row.name)}</text>`;
    const promise =
      row.within === null
        ? ''
        : `<line x1="${x(row.within)}" x2="${x(row.within)}" y1="${y - 2}" y2="${y + 18}" class="bar"/>`;
    if (row.looksMedian === null)
      return `${label}<text x="${LEFT + 6}" y="${y + 12}" class="none">voted out in ${Math.round(row.found * 100)} % of seeds; ${Math.round(row.rejectedHours * 100)} % of its hours rejected</text>`;
    const end = row.looksP99 ?? 2_000;
    return `${label}${promise}<line x1="${x(row.looksMedian)}" x2="${x(end)}" y1="${y + 8}" y2="${y + 8}" class="${row.holds ? 'good' : 'bad'}"/><circle cx="${x(row.looksMedian)}" cy="${y + 8}" r="5" class="${row.holds ? 'good' : 'bad'}"/><text x="${x(end) + 8}" y="${y + 12}">${row.looksP99 ?? 'not all'}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Looks of a guard until an edge is voted out">${ticks.join('')}${rows.join('')}</svg>`;
}

function colluderChart({ colluders }: Detection): string {
  const [height, top, bottom] = [280, 20, 40];
  const most = Math.max(1, ...colluders.map(({ paid }) => Number(paid)));
  const at = (share: number): number => 70 + ((WIDTH - 130) * share) / 0.6;
  const y = (amount: bigint): number => height - bottom - ((height - top - bottom) * Number(amount)) / most;
  const line = (of: (row: Detection['colluders'][number]) => bigint, name: string): string =>
    `<polyline class="${name}" points="${colluders.map((row) => `${at(row.share)},${y(of(row))}`).join(' ')}"/>`;
  const ticks = colluders.map(
    ({ share }) =>
      `<text x="${at(share)}" y="${height - 14}" text-anchor="middle">${Math.round(share * 100)} %</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="What a league pays and what comes back, by its share">${line(({ paid }) => paid, 'paid')}${line(({ back }) => back, 'back')}${ticks.join('')}</svg>`;
}

/** One page, with nothing from elsewhere. */
export function plotDetection(found: Detection): string {
  const honest = found.honest.map(
    (row) =>
      `<tr><td>${escape(row.name)}</td><td>${row.edgeWeeks}</td><td>${row.removed}</td><td>${row.rejectedHours}</td></tr>`,
  );
  const overreports = found.overreports.map(
    (row) =>
      `<tr><td>${escape(row.name)}</td><td>${Math.round(row.found * 100)} %</td><td>${row.minutes ?? '–'}</td><td>${row.within ?? '–'}</td></tr>`,
  );
  const meters = found.meters.map(
    (row) => `<tr><td>${escape(row.name)}</td><td>${row.edgeWeeks}</td><td>${row.notFull}</td></tr>`,
  );
  const sets = found.sets.map(
    (row) =>
      `<tr><td>${row.guards}</td><td>${escape(row.name)}${row.beyond ? ' (beyond what is promised)' : ''}</td><td>${row.honestRemoved}</td><td>${Math.round(row.corruptRemoved * 100)} %</td><td>${row.hours ?? '–'}</td><td>${row.decidedOtherwise}</td>${[row.honestEdges, row.before.honestEdges, row.honestGuards, row.before.honestGuards, row.others, row.before.others].map((amount) => `<td>${media(amount)}</td>`).join('')}</tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>What guards find</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: #333; }
.grid { stroke: #ddd; } .bar { stroke: #222; stroke-width: 2; }
line.good { stroke: #1a7f4b; stroke-width: 4; } circle.good { fill: #1a7f4b; }
line.bad { stroke: #b3261e; stroke-width: 4; } circle.bad { fill: #b3261e; } .none { fill: #777; }
polyline { fill: none; stroke-width: 3; } .paid { stroke: #b3261e; } .back { stroke: #1a7f4b; }
.wide { overflow-x: auto; } .wide td:nth-child(2) { min-width: 16rem; } table + table { margin-top: 1rem; } table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; }
</style>
<h1>What guards find</h1>
<p>Looks of one guard at an edge until more than two thirds of seven are sure of it: the median (dot), and what 99 of 100 seeds need (end of the line). A black bar is the promise.</p>
${detectionChart(found)}
<h2>Honest edges, with one packet in twenty lost and a restart a day</h2>
<table><tr><th>beside</th><th>edge-weeks</th><th>voted out</th><th>hours rejected</th></tr>${honest.join('')}</table>
<h2>Reports above what was counted</h2>
<table><tr><th>a report of</th><th>not credited in full</th><th>minutes until then</th><th>promised</th></tr>${overreports.join('')}</table>
<table><tr><th>honest edges</th><th>edge-weeks</th><th>hours not in full</th></tr>${meters.join('')}</table>
<h2>Sets of guards that lie, lag or are split, beside honest ones</h2>
<p>Three honest edges and one that serves a wrong answer in 20 and reports 5 % more than it counted, for a day. Amounts in MEDIA, with it and without.</p>
<div class="wide"><table><tr><th>guards</th><th>of them</th><th>honest edges out</th><th>corrupt out</th><th>hours at most</th><th>decided otherwise</th><th>honest edges earn</th><th>without</th><th>honest guards</th><th>without</th><th>the others</th><th>without</th></tr>${sets.join('')}</table></div>
<h2>A league that bills itself</h2>
<p>What a publisher, its edges and its guards pay for traffic that never was (red), and what comes back (green), by their share of all edges and guards.</p>
${colluderChart(found)}
</html>
`;
}
