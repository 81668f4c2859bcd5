import type { Devnet } from '@media-network/devnet';
import { hourAt, hourEnd, weekAt, weekEnd } from '@media-network/protocol';
import { formatBytes, formatMedia, formatMs } from '../amounts.ts';
import { table } from '../terminal/table.ts';
import type { Style } from '../terminal/style.ts';

interface EdgeLine {
  readonly name: string;
  readonly url: string;
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  readonly bytes: number;
  readonly originBytes: number;
  readonly reports: number;
}

/** One look at a running network. Money in base units. */
export interface NetworkView {
  readonly edges: readonly EdgeLine[];
  readonly hour: bigint;
  readonly hourEndsInMs: number;
  readonly week: bigint;
  readonly weekEndsInMs: number;
  /** Reports confirmed since this view began to look. */
  readonly confirmed: number;
  readonly confirmedBytes: bigint;
  readonly charged: bigint;
  readonly due: bigint;
  readonly kept: bigint;
  readonly rewards: bigint;
  readonly claimed: bigint;
}

/** Hours that can still change. */
const HOURS_BACK = 4n;

/** Looks at daemons and chain; remembers what it saw confirmed. */
export function createViewReader(devnet: Devnet): () => Promise<NetworkView> {
  const confirmed = new Map<bigint, { readonly reports: number; readonly bytes: bigint }>();
  return async () => {
    const { client } = devnet;
    const [config, now, resource] = await Promise.all([
      client.config(),
      client.chainTime(),
      client.account('resource', devnet.resource),
    ]);
    const hour = hourAt(config, now);
    for (let each = hour > HOURS_BACK ? hour - HOURS_BACK : 0n; each < hour; each += 1n) {
      const account = await client.hour(each);
      if (account !== null)
        confirmed.set(each, { reports: account.confirmed, bytes: account.confirmedBytes });
    }
    const week = weekAt(config, now);
    return {
      edges: devnet.edges.map((edge, i) => {
        const stats = edge.stats();
        return {
          name: `edge ${i + 1}`,
          url: edge.urls[0] ?? '',
          requests: stats.requests,
          hits: stats.hits,
          misses: stats.misses,
          bytes: stats.bytes,
          originBytes: stats.originBytes,
          reports: stats.reportsSubmitted,
        };
      }),
      hour,
      hourEndsInMs: Number(hourEnd(config, hour) - now) * 1000,
      week,
      weekEndsInMs: Number(weekEnd(config, week) - now) * 1000,
      confirmed: [...confirmed.values()].reduce((sum, each) => sum + each.reports, 0),
      confirmedBytes: [...confirmed.values()].reduce((sum, each) => sum + each.bytes, 0n),
      charged: resource?.charged ?? 0n,
      due: resource?.due ?? 0n,
      kept: config.kept,
      rewards: config.allocated,
      claimed: config.claimed,
    };
  };
}

/** The view as lines of a terminal. */
export function renderView(view: NetworkView, style: Style): string[] {
  const edges = table(
    view.edges,
    [
      { head: 'edge', value: (edge) => edge.url },
      { head: 'requests', value: (edge) => String(edge.requests), align: 'right' },
      { head: 'hits', value: (edge) => style.green(String(edge.hits)), align: 'right' },
      { head: 'misses', value: (edge) => style.yellow(String(edge.misses)), align: 'right' },
      { head: 'served', value: (edge) => formatBytes(edge.bytes), align: 'right' },
      { head: 'fetched', value: (edge) => formatBytes(edge.originBytes), align: 'right' },
      { head: 'reports', value: (edge) => String(edge.reports), align: 'right' },
    ],
    style,
  );
  return [
    ...edges,
    '',
    `${style.dim('hour')} ${view.hour}, ends in ${formatMs(view.hourEndsInMs)}   ${style.dim('week')} ${view.week}, ends in ${formatMs(view.weekEndsInMs)}`,
    `${style.dim('reports confirmed')} ${view.confirmed} (${formatBytes(view.confirmedBytes)})   ${style.dim('fees')} ${formatMedia(view.charged)} charged, ${formatMedia(view.due)} due`,
    `${style.dim('kept for rewards')} ${formatMedia(view.kept)}   ${style.dim('rewards')} ${formatMedia(view.rewards)}, ${formatMedia(view.claimed)} claimed`,
  ];
}

/** The view as one line of a log. */
export function viewLine(view: NetworkView): string {
  const sum = (pick: (edge: EdgeLine) => number): number =>
    view.edges.reduce((total, edge) => total + pick(edge), 0);
  return [
    `hour ${view.hour}`,
    `hits ${sum((edge) => edge.hits)}`,
    `misses ${sum((edge) => edge.misses)}`,
    `served ${formatBytes(sum((edge) => edge.bytes))}`,
    `reports confirmed ${view.confirmed} (${formatBytes(view.confirmedBytes)})`,
    `fees ${formatMedia(view.charged)} charged ${formatMedia(view.due)} due`,
    `rewards ${formatMedia(view.rewards)} claimed ${formatMedia(view.claimed)}`,
  ].join('  ');
}
