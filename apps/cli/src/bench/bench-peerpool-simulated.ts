import type { SimulationResult } from '@media-network/bench';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import type { PeerPoolOptions } from './bench-peerpool.ts';
import { wholeBetween } from '../whole-number.ts';

/** Viewers that leave and come while a segment plays: in half an hour as many as there are come and go four times. */
const CHURN = 0.005;
const MOST_VIEWERS = 20_000;
const AUDIENCES = '3,12,100,1000';
/** What must come from peers, by viewers: the share that is asked of large audiences. */
const wanted = (viewers: number): number => (viewers >= 10_000 ? 0.95 : viewers >= 1_000 ? 0.9 : 0);

/** How much of a live stream viewers carry, by simulation with the library's own decisions. */
export async function simulateThePeerPool(options: PeerPoolOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const segments = wholeBetween(options.segments, '--segments', 6, 1_000);
  const seed = wholeBetween(options.seed, '--seed', 0, 2 ** 32 - 1);
  const audiences = (options.viewers ?? AUDIENCES)
    .split(',')
    .map((each) => wholeBetween(each.trim(), '--viewers', 1, MOST_VIEWERS));
  const { simulate } = await import('@media-network/bench');
  const rows: SimulationResult[] = [];
  for (const viewers of audiences) {
    terminal.note(`${viewers} viewers ...`);
    rows.push(simulate({ viewers, segments, seed, churn: CHURN }));
  }
  const ok = rows.every(
    ({ viewers, p2pShare, stallShare, plainStallShare }) =>
      p2pShare >= wanted(viewers) && stallShare <= plainStallShare,
  );
  if (!ok) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({
      ok,
      segments,
      seed,
      rows: rows.map((row) => ({ scenario: 'simulated live', side: 'peerpool', ...row })),
    });
    return;
  }
  for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
  terminal.line(
    ok
      ? 'As much from peers as is asked of such audiences, and no more stalls than from the edge alone.'
      : 'Less from peers than is asked of such audiences, or more stalls than from the edge alone.',
  );
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const BAR = 24;
const COLUMNS = [
  { head: 'viewers', value: (row: SimulationResult) => String(row.viewers), align: 'right' as const },
  {
    head: 'from peers',
    value: (row: SimulationResult) => percent(row.p2pShare),
    align: 'right' as const,
  },
  { head: '', value: (row: SimulationResult) => '█'.repeat(Math.round(BAR * row.p2pShare)).padEnd(BAR, '·') },
  { head: 'ideal', value: (row: SimulationResult) => percent(row.ideal), align: 'right' as const },
  {
    head: 'fetches a segment',
    value: (row: SimulationResult) => row.edgeFetches.toFixed(2),
    align: 'right' as const,
  },
  {
    head: 'late',
    value: (row: SimulationResult) => percent(row.stallShare),
    align: 'right' as const,
  },
  {
    head: 'late without',
    value: (row: SimulationResult) => percent(row.plainStallShare),
    align: 'right' as const,
  },
];
