import type { Counted } from './counter.ts';
import type { View } from './page.ts';
import type { Plan } from './scenarios.ts';

/** What was counted in one run. */
export interface RunFacts {
  readonly counted: Counted;
  readonly views: readonly View[];
  /** Of the browser with all its viewers. */
  readonly cpuSeconds: number;
  readonly seconds: number;
}

export interface BrowserRow {
  readonly scenario: string;
  readonly side: string;
  readonly viewers: number;
  /** Written by the server that the player points at, heads, playlists, passes and digests included. */
  readonly originBytesPerPlayedSecond: number;
  /** Of all honest viewers, after each had begun. */
  readonly stalls: number;
  /** Medians of the viewers. */
  readonly startMs: number;
  /** Behind the live edge; null of a film. */
  readonly latencyS: number | null;
  /** Processor seconds a second and viewer. */
  readonly cpuPerViewer: number;
  /** Of the segments' bytes that players got, what the server did not send. */
  readonly p2pShare: number;
  /** Times that the server sent a segment that it sent at all. */
  readonly fetchesPerSegment: number;
  /** Peers that viewers cut for what they sent. */
  readonly cut: number;
  /** Viewers that could not go on. */
  readonly failed: number;
}

export function rowOf(plan: Plan, { counted, views, cpuSeconds, seconds }: RunFacts): BrowserRow {
  // What a hostile viewer suffers is its own affair; what the server sends it counts.
  const honest = plan.hostile === undefined ? views : views.slice(1);
  const played = sum(views.map((view) => view.played));
  const loaded = sum(views.map(({ fragBytes }) => fragBytes));
  const latencies = honest.flatMap((view) => (view.latencies.length === 0 ? [] : [median(view.latencies)]));
  return {
    scenario: plan.scenario,
    side: plan.side.name,
    viewers: plan.viewers,
    originBytesPerPlayedSecond: Math.round(counted.bytes / Math.max(1, played)),
    stalls: sum(honest.map(({ stalls }) => stalls)),
    startMs: Math.round(median(honest.map(({ startMs }) => startMs ?? seconds * 1_000))),
    latencyS: plan.kind === 'live' && latencies.length > 0 ? round(median(latencies), 2) : null,
    cpuPerViewer: round(cpuSeconds / seconds / plan.viewers, 3),
    p2pShare: round(1 - counted.segmentBytes / Math.max(1, loaded), 3),
    fetchesPerSegment: round(counted.segments / Math.max(1, counted.different), 2),
    cut: sum(honest.map(({ cut }) => cut)),
    failed: honest.filter(({ fatal }) => fatal > 0).length,
  };
}

/** Of several runs of the same: medians, and of what must not happen the worst. */
export function medianRow(rows: readonly BrowserRow[]): BrowserRow {
  const [first] = rows;
  if (first === undefined) throw new Error('there is no run');
  const of = (pick: (row: BrowserRow) => number): number => median(rows.map((row) => pick(row)));
  const most = (pick: (row: BrowserRow) => number): number => Math.max(...rows.map((row) => pick(row)));
  return {
    ...first,
    originBytesPerPlayedSecond: of((row) => row.originBytesPerPlayedSecond),
    stalls: most((row) => row.stalls),
    startMs: of((row) => row.startMs),
    latencyS: first.latencyS === null ? null : of((row) => row.latencyS ?? 0),
    cpuPerViewer: of((row) => row.cpuPerViewer),
    p2pShare: of((row) => row.p2pShare),
    fetchesPerSegment: of((row) => row.fetchesPerSegment),
    cut: most((row) => row.cut),
    failed: most((row) => row.failed),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
