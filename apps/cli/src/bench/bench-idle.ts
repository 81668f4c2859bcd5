import type { IdleCase, IdleNetwork, IdleRow } from '@media-network/bench';
import type { Devnet, DevnetOptions } from '@media-network/devnet';
import { systemClock } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';

export interface IdleOptions {
  readonly seconds: string;
  readonly hours: string;
  readonly json?: true;
}

/** A network of three guards and three edges with the periods of life, its one resource paused or left alone. */
async function startNetwork(paused: boolean, options: DevnetOptions): Promise<Devnet> {
  const { createDevnet } = await import('@media-network/devnet');
  const devnet = await createDevnet(options);
  if (!paused) return devnet;
  try {
    const { client, publisher, resource } = devnet;
    const pause = await client.instructions.pauseResource({ publisher, resource, paused: 1 });
    await client.send([pause], { payer: publisher });
    return devnet;
  } catch (error) {
    await devnet.close();
    throw error;
  }
}

function watched(devnet: Devnet): IdleNetwork {
  return {
    chainCalls: () => devnet.localnet?.stats().calls ?? new Map(),
    frontRequests: () => devnet.edges.reduce((sum, edge) => sum + edge.stats().requests, 0),
    close: () => devnet.close(),
  };
}

async function transactionsIn(paused: boolean, hours: number): Promise<number> {
  const { createManualClock } = await import('@media-network/runtime/testing');
  const devnet = await startNetwork(paused, { clock: createManualClock(Date.now()) });
  try {
    await devnet.settle();
    // An hour for what follows from the start itself: reports of the probes that came with it, say.
    await devnet.advance(HOUR_SECS);
    const before = devnet.localnet?.stats().transactions ?? 0;
    await devnet.advance(hours * HOUR_SECS);
    return (devnet.localnet?.stats().transactions ?? 0) - before;
  } finally {
    await devnet.close();
  }
}

const HOUR_SECS = 3_600;
/** Daemons look around more often in the first moments. */
const SETTLE_MS = 15_000;

function caseOf(name: string, paused: boolean): IdleCase {
  return {
    name,
    async start() {
      const devnet = await startNetwork(paused, {});
      await systemClock.sleep(SETTLE_MS);
      return watched(devnet);
    },
    pass: (hours) => transactionsIn(paused, hours),
  };
}

/** What a network does that nobody uses: requests, processor time and chain transactions an hour. */
export async function benchTheIdle(options: IdleOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const seconds = wholeBetween(options.seconds, '--seconds', 1, 3_600);
  const hours = wholeBetween(options.hours, '--hours', 1, 3_600);
  const { benchIdle } = await import('@media-network/bench');
  const rows = await benchIdle({
    cases: [caseOf('nothing published', true), caseOf('one site, no viewers', false)],
    seconds,
    hours,
    sleep: (ms) => systemClock.sleep(ms),
    say: (line) => terminal.note(line),
  });
  if (options.json === true) {
    terminal.json({ guards: 3, edges: 3, seconds, hours, rows });
    return;
  }
  const columns = [
    { head: 'an hour of three guards and edges', value: (row: IdleRow) => row.name },
    { head: 'requests', value: (row: IdleRow) => row.requests.toLocaleString('en'), align: 'right' as const },
    {
      head: 'of the chain',
      value: (row: IdleRow) => row.chainCalls.toLocaleString('en'),
      align: 'right' as const,
    },
    { head: 'CPU', value: (row: IdleRow) => `${row.cpuSeconds.toFixed(1)} s`, align: 'right' as const },
    {
      head: 'transactions',
      value: (row: IdleRow) => row.transactions.toLocaleString('en'),
      align: 'right' as const,
    },
  ];
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
}
