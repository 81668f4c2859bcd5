import { loadavg } from 'node:os';
import type { BrowserRow, ScenarioName } from '@media-network/bench';
import { MediaError } from '@media-network/runtime';
import { readOwnFile } from '@media-network/runtime/own-parts';
import type { CliContext } from '../command.ts';
import type { Column } from '../terminal/table.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';
import { startPeerPoolEdge } from './peerpool-edge.ts';
import { startOwnTracker } from './peerpool-tracker.ts';

export interface PeerPoolOptions {
  readonly scenario: string;
  readonly viewers?: string;
  readonly seconds: string;
  readonly runs: string;
  readonly simulated?: true;
  readonly segments: string;
  readonly seed: string;
  readonly json?: true;
}

const SCRIPT = new URL('../../../../packages/peerpool-hls/browser/media-peerpool.js', import.meta.url);
/** Browsers on one machine: each takes some of its processors and memory. */
const MOST_VIEWERS = 40;
const AUDIENCES = '6,12';

/** What viewers in browsers take from a server, with PeerPool and without. */
export async function benchThePeerPool(options: PeerPoolOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const seconds = wholeBetween(options.seconds, '--seconds', 10, 3_600);
  const runs = wholeBetween(options.runs, '--runs', 1, 20);
  const viewers = (options.viewers ?? AUDIENCES)
    .split(',')
    .map((each) => wholeBetween(each.trim(), '--viewers', 1, MOST_VIEWERS));
  const { SCENARIOS, benchBrowsers, describeMachine, thisMachine } = await import('@media-network/bench');
  const scenarios = options.scenario.split(',').map((name) => scenarioOf(name.trim(), SCENARIOS));
  const machine = thisMachine();
  terminal.note(describeMachine(machine));
  const rows = await benchBrowsers({
    scenarios,
    viewers,
    seconds,
    runs,
    startEdge: startPeerPoolEdge,
    startTracker: startOwnTracker,
    script: readOwnFile(SCRIPT),
    say: (line) => terminal.note(line),
  });
  if (options.json === true) {
    terminal.json({ machine, loadAfter: loadText(), seconds, runs, rows });
    return;
  }
  for (const line of table(rows, COLUMNS, terminal.style)) terminal.line(line);
  terminal.line(`Load at the end: ${loadText()}.`);
}

function scenarioOf(name: string, known: readonly ScenarioName[]): ScenarioName {
  const found = known.find((each) => each === name);
  if (found !== undefined) return found;
  throw new MediaError({
    code: 'cli/bad-choice',
    message: `There is no scenario "${name}": name ${known.join(', ')}.`,
    source: 'client',
  });
}

const loadText = (): string => (loadavg()[0] ?? 0).toFixed(1);

const right = (head: string, value: (row: BrowserRow) => string): Column<BrowserRow> => ({
  head,
  value,
  align: 'right',
});
const COLUMNS: readonly Column<BrowserRow>[] = [
  { head: 'scenario', value: ({ scenario }) => scenario },
  { head: 'with', value: ({ side }) => side },
  right('viewers', (row) => String(row.viewers)),
  right('kB a second played', (row) => (row.originBytesPerPlayedSecond / 1_000).toFixed(1)),
  right('from peers', (row) => `${(100 * row.p2pShare).toFixed(0)} %`),
  right('fetches a segment', (row) => row.fetchesPerSegment.toFixed(2)),
  right('stalls', (row) => String(row.stalls)),
  right('start', (row) => `${row.startMs} ms`),
  right('behind', (row) => (row.latencyS === null ? '' : `${row.latencyS.toFixed(1)} s`)),
  right('CPU a viewer', (row) => row.cpuPerViewer.toFixed(3)),
  right('cut', (row) => String(row.cut)),
  right('failed', (row) => String(row.failed)),
];
