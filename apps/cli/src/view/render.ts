import { formatBytes, formatMedia, formatMs } from '../amounts.ts';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { EdgeRow, Picture } from './picture.ts';
import type { PathSum } from './traffic-source.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Edges shown one by one; a network of many is a sum and these. */
const MAX_EDGES = 6;
const MAX_PATHS = 10;
const PATH_WIDTH = 40;

const percent = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((part * 100) / whole).toFixed(1)} %`;

function firstByte(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return Number.isFinite(ms) ? formatMs(ms) : 'over 10 s';
}

function trafficLines({ sites, ...picture }: Picture, style: Style): string[] {
  const rate = picture.requestsPerSecond === undefined ? '' : ` (${picture.requestsPerSecond.toFixed(1)}/s)`;
  const speed =
    picture.bytesPerSecond === undefined ? '' : ` (${formatBytes(Math.round(picture.bytesPerSecond))}/s)`;
  const mixed =
    picture.mixedEdges === 0
      ? ''
      : `; at ${picture.mixedEdges} ${picture.mixedEdges === 1 ? 'edge' : 'edges'} they are`;
  return [
    `${style.dim('sites ')}  ${style.bold(String(sites.requests))} requests${rate}, hits ${style.green(percent(sites.hits, sites.requests))}, by bytes ${style.green(percent(sites.hitBytes, sites.bytes))}`,
    `        ${formatBytes(sites.bytes)} served${speed}, ${formatBytes(sites.originBytes)} from origins, ${sites.errors} errors`,
    `        first byte within ${firstByte(picture.firstByteP50Ms)} (half), ${firstByte(picture.firstByteP95Ms)} (95 %)`,
    `${style.dim('probes')}  ${sites.probes.requests} requests, ${formatBytes(sites.probes.bytes)} of guards, not counted above${mixed}`,
  ];
}

function told(row: EdgeRow, show: (traffic: NonNullable<EdgeRow['traffic']>) => string): string {
  return row.traffic === undefined ? '-' : show(row.traffic);
}

/** A site's label in the zone tells it from others as far as a narrow screen needs. */
function siteName(host: string): string {
  return host.split('.')[0]?.slice(0, 10) ?? host;
}

function cutPath(path: string): string {
  return path.length > PATH_WIDTH ? `${path.slice(0, PATH_WIDTH - 1)}…` : path;
}

function edgeLines(edges: readonly EdgeRow[], style: Style): string[] {
  const lines = table(
    edges.slice(0, MAX_EDGES),
    [
      { head: 'edge', value: (row) => row.endpoint },
      { head: 'requests', value: (row) => told(row, (t) => String(t.requests)), align: 'right' },
      { head: 'hits', value: (row) => told(row, (t) => percent(t.hits, t.requests)), align: 'right' },
      { head: 'served', value: (row) => told(row, (t) => formatBytes(t.bytes)), align: 'right' },
      { head: 'fetched', value: (row) => told(row, (t) => formatBytes(t.originBytes)), align: 'right' },
      { head: 'errors', value: (row) => told(row, (t) => String(t.errors)), align: 'right' },
      { head: 'reports', value: (row) => String(row.reports), align: 'right' },
    ],
    style,
  );
  return edges.length > MAX_EDGES ? [...lines, style.dim(`and ${edges.length - MAX_EDGES} more`)] : lines;
}

function pathLines(paths: readonly PathSum[], room: number, style: Style): string[] {
  // A head without a path says nothing.
  if (paths.length === 0 || room < 2) return [];
  const several = new Set(paths.map(({ host }) => host)).size > 1;
  return table(
    paths.slice(0, Math.min(room - 1, MAX_PATHS)),
    [
      { head: 'most asked', value: ({ host, path }) => cutPath(several ? `${siteName(host)}${path}` : path) },
      { head: 'requests', value: ({ requests }) => String(requests), align: 'right' },
      { head: 'hits', value: ({ hits, requests }) => percent(hits, requests), align: 'right' },
      { head: 'bytes', value: ({ bytes }) => formatBytes(bytes), align: 'right' },
    ],
    style,
  );
}

function moneyLines({ money }: Picture, style: Style): string[] {
  return [
    `${style.dim('hour')} ${money.hour}, ends in ${formatMs(money.hourEndsInMs)}   ${style.dim('week')} ${money.week}, ends in ${formatMs(money.weekEndsInMs)}`,
    `${style.dim('reports settled')} ${money.settledReports} (${formatBytes(money.settledBytes)})   ${style.dim('fees')} ${formatMedia(money.charged)}, due ${formatMedia(money.due)}`,
    `${style.dim('rewards')} ${formatMedia(money.rewards)} of ${formatMedia(money.kept)} kept, claimed ${formatMedia(money.claimed)}`,
  ];
}

/** A picture that fits the screen whole: what there is no room for is left out, never scrolled away. */
export function renderScreen(picture: Picture, size: ScreenSize, style: Style, footer: string): string[] {
  const errors =
    picture.errors.length === 0
      ? []
      : [
          `${style.dim('errors')}  ${picture.errors
            .slice(0, 3)
            .map(({ code, count }) => style.red(`${code} ${count}`))
            .join('  ')}`,
        ];
  const head = [style.bold(picture.title), ...picture.notes];
  const traffic = trafficLines(picture, style);
  const money = moneyLines(picture, style);
  const edges = edgeLines(picture.edges, style);
  // What matters most is added first; each block is taken whole or, for paths, as far as it fits.
  const foot = footer === '' ? [] : [style.dim(footer)];
  let room = size.rows - head.length - traffic.length - money.length - foot.length - errors.length;
  const shownEdges = room >= edges.length ? edges : [];
  room -= shownEdges.length;
  const paths = pathLines(picture.paths, room, style);
  room -= paths.length;
  const blocks = [head, traffic, shownEdges, paths, [...errors, ...money], foot].filter(
    (block) => block.length > 0,
  );
  const lines: string[] = [];
  for (const [index, block] of blocks.entries()) {
    if (index > 0 && room > 0) {
      lines.push('');
      room -= 1;
    }
    lines.push(...block);
  }
  return lines.slice(0, size.rows);
}

/** A picture as one line of a log. */
export function pictureLine({ sites, money, ...picture }: Picture): string {
  return [
    `hour ${money.hour}`,
    `requests ${sites.requests}`,
    `hits ${percent(sites.hits, sites.requests)}`,
    `by bytes ${percent(sites.hitBytes, sites.bytes)}`,
    `served ${formatBytes(sites.bytes)}`,
    `fetched ${formatBytes(sites.originBytes)}`,
    `first byte ${firstByte(picture.firstByteP50Ms)}`,
    `errors ${sites.errors}`,
    `probes ${sites.probes.requests}`,
    `reports settled ${money.settledReports} (${formatBytes(money.settledBytes)})`,
    `fees ${formatMedia(money.charged)} charged ${formatMedia(money.due)} due`,
    `rewards ${formatMedia(money.rewards)} claimed ${formatMedia(money.claimed)}`,
  ].join('  ');
}
