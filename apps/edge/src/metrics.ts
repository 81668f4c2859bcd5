import type { CacheStore } from '@media-network/http-cache';
import { Counter, Gauge, Registry } from 'prom-client';
import type { DataPlane } from './data-plane.ts';
import type { CertificateDesk } from './tls/certificate-desk.ts';
import type { EdgeStats } from './edge-api.ts';
import type { CapsFacts } from './caps/caps.ts';
import type { PurgeDesk } from './purge/purge-desk.ts';
import type { OriginStates } from './origin/origin-states.ts';
import { OUTCOMES } from './serve/phases.ts';
import type { Tally } from './serve/tally.ts';
import type { Tunnels } from './serve/tunnels.ts';

export interface MetricsDeps {
  readonly tally: Tally;
  readonly store: CacheStore;
  readonly plane: DataPlane;
  readonly tunnels: Pick<Tunnels, 'size'>;
  readonly originStates: Pick<OriginStates, 'unwell'>;
  readonly purges: Pick<PurgeDesk, 'counts'>;
  /** What the operator gives at most, now. */
  readonly caps: () => CapsFacts;
  readonly stats: () => EdgeStats;
  readonly certificates: CertificateDesk | undefined;
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
  counter(
    'purges_total',
    'Purges by what became of them: purged, heard of a guard, known, or the code of a refusal.',
    ['outcome'],
    () => [...deps.purges.counts].map(([outcome, count]) => [{ outcome }, count] as const),
  );
  gauge('month_bytes', 'Bytes served in this month of the calendar.', () => deps.caps().monthBytes);
  gauge('capped', 'Whether nobody is served by what the operator gives at most.', () =>
    deps.caps().serves ? 0 : 1,
  );
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
  const { origins } = tally;
  counter('origin_requests_total', 'Questions to origins by what became of them.', ['outcome'], () =>
    [...origins.byOutcome].map(([outcome, count]) => [{ outcome }, count]),
  );
  counter('origin_failovers_total', 'Questions that the next origin was asked, by why.', ['reason'], () =>
    [...origins.failovers].map(([reason, count]) => [{ reason }, count]),
  );
  counter('origin_checks_total', 'Health checks of origins by what they found.', ['outcome'], () =>
    (['ok', 'failed'] as const).map((outcome) => [{ outcome }, origins.checks[outcome]]),
  );
  total(
    'origin_ejections_total',
    'Times that an origin which failed was left alone.',
    () => origins.ejections,
  );
  gauge('origins_unwell', 'Origins that are not asked while others can be.', () => deps.originStates.unwell);
  const { tier } = tally;
  counter('tier_asked_total', 'Questions to other edges by what became of them.', ['outcome'], () =>
    [...tier.asked].map(([outcome, count]) => [{ outcome }, count]),
  );
  counter('tier_heard_total', 'Questions of other edges by what became of them.', ['outcome'], () =>
    [...tier.heard].map(([outcome, count]) => [{ outcome }, count]),
  );
  counter('tier_bytes_total', 'Bytes of objects between edges, for which nobody pays.', ['way'], () =>
    (['received', 'sent'] as const).map((way) => [{ way }, tier.bytes[way]]),
  );
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
  gauge('tunnels', 'Open WebSockets.', () => deps.tunnels.size);
  counter('tunnel_bytes_total', 'Bytes of WebSockets, by whom they went to.', ['to'], () =>
    (['viewer', 'origin'] as const).map((to) => [{ to }, tally.tunnelBytes[to]]),
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
  const { certificates } = deps;
  counter(
    'certificate_orders_total',
    'Orders at the certificate authority, by how they went.',
    ['outcome'],
    () => Object.entries(certificates?.orders ?? {}).map(([outcome, count]) => [{ outcome }, count]),
  );
  gauge(
    'certificates',
    'Certificates that HTTPS is served with.',
    () => (certificates?.list() ?? []).filter(({ state }) => state === 'served').length,
  );
  gauge(
    'certificates_missing',
    'Names that a certificate is ordered or waited for.',
    () => (certificates?.list() ?? []).filter(({ state }) => state !== 'served').length,
  );
  gauge('certificate_first_end_seconds', 'When the first of them ends, Unix seconds; 0: none.', () => {
    const ends = (certificates?.list() ?? []).flatMap(({ untilMs }) => untilMs ?? []);
    return ends.length === 0 ? 0 : Math.floor(Math.min(...ends) / 1000);
  });
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
