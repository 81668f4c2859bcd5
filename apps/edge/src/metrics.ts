import type { CacheStore } from '@media-network/http-cache';
import { Counter, Gauge, Registry } from 'prom-client';
import type { DataPlane } from './data-plane.ts';
import type { EdgeStats } from './edge-api.ts';
import { OUTCOMES } from './serve/phases.ts';
import type { Tally } from './serve/tally.ts';

export interface MetricsDeps {
  readonly tally: Tally;
  readonly store: CacheStore;
  readonly plane: DataPlane;
  readonly stats: () => EdgeStats;
  readonly taskFailures: () => Readonly<Record<string, number>>;
}

export interface Metrics {
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

/**
 * `media_edge_*`, with phases and outcomes by the names of docs/request-phases.md. The data plane counts
 * in plain numbers; this reads them when it is asked, so a request pays nothing for it.
 */
export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];

  function counter<const L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: () => Iterable<readonly [Record<L, string>, number]>,
  ): void {
    const metric = new Counter<L>({
      name: `media_edge_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        metric.reset();
        for (const [labels, value] of read()) metric.inc(labels, value);
      },
    });
  }
  function total(name: string, help: string, read: () => number): void {
    counter(name, help, [], () => [[{}, read()]]);
  }
  function gauge(name: string, help: string, read: () => number): void {
    const metric: Gauge = new Gauge({
      name: `media_edge_${name}`,
      help,
      registers,
      collect: () => metric.set(read()),
    });
  }

  const { tally, store, plane } = deps;
  counter('requests_total', 'Requests by how they ended.', ['outcome'], () =>
    OUTCOMES.map((outcome) => [{ outcome }, tally.byOutcome[outcome]]),
  );
  counter(
    'refusals_total',
    'What the edge refused or could not do, by phase and reason.',
    ['phase', 'reason'],
    () =>
      [...tally.refusals].map(([key, count]) => {
        const [phase = '', reason = ''] = key.split(' ', 2);
        return [{ phase, reason }, count];
      }),
  );
  total('bytes_total', 'Bytes written to viewers that count for a resource.', () => tally.bytes);
  total('unbilled_bytes_total', 'Bytes written to viewers that count for none.', () => tally.unbilledBytes);
  total('origin_bytes_total', 'Bytes of bodies fetched from origins.', () => tally.originBytes);
  counter('lane_requests_total', 'Requests by lane of the front.', ['lane'], () => [
    [{ lane: 'fast' }, plane.stats.fast],
    [{ lane: 'slow' }, plane.stats.slow],
    [{ lane: 'refused' }, plane.stats.refused],
  ]);
  total('reports_submitted_total', 'Reports put on chain.', () => deps.stats().reportsSubmitted);
  total('bytes_lost_total', 'Bytes of hours whose report came too late.', () => deps.stats().bytesLost);
  total('claimed_base_units_total', 'MEDIA base units claimed.', () => Number(deps.stats().claimed));
  counter('task_failures_total', 'Failed rounds of background work.', ['task'], () =>
    Object.entries(deps.taskFailures()).map(([task, count]) => [{ task }, count]),
  );
  gauge('connections', 'Open viewer connections.', () => plane.openConnections);
  gauge('workers', 'Worker processes that are up; 0 where one process is all.', () => plane.workers.length);
  total('workers_lost_total', 'Worker processes that ended unasked.', () => plane.workersLost);
  gauge('worker_cache_bytes', 'Bytes of objects that workers hold.', () => plane.workerBytes);
  gauge(
    'unacknowledged_bytes',
    'Bytes counted and not yet in the journal.',
    () => deps.stats().unacknowledgedBytes,
  );
  gauge(
    'open_bytes',
    'Bytes of this hour that no client has signed for.',
    () => deps.stats().openCredit.openBytes,
  );
  gauge(
    'unpaid_open_bytes',
    'Bytes of this hour that nobody will pay for, as far as the edge can know.',
    () => deps.stats().openCredit.unpaidBytes,
  );
  gauge('cache_entries', 'Objects in the cache.', () => store.stats.entries);
  gauge('cache_ram_bytes', 'Bytes of the RAM tier in use.', () => store.stats.ramBytes);
  gauge('cache_disk_bytes', 'Bytes of the disk tier in use.', () => store.stats.diskBytes);
  gauge('cache_degraded', '1 while the disk tier is out of use.', () => (store.state.kind === 'ok' ? 0 : 1));

  return {
    async text() {
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
