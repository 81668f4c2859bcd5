import { request } from 'node:http';
import { RESOURCE_STATUS } from '@media-network/chain/schema';
import type { Devnet } from '@media-network/devnet';
import { hourWindows, hourAt, resourceLabel } from '@media-network/protocol';
import type { Address } from '@solana/addresses';
import { createHash } from 'node:crypto';
import { systemClock } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { table } from '../terminal/table.ts';
import { wholeBetween } from '../whole-number.ts';
import { startOnMany } from './bench-accounts.ts';
import type { StartRow } from './bench-accounts.ts';
import { copies } from './scale-copies.ts';

export interface ScaleOptions {
  readonly resources: readonly string[];
  readonly hours: string;
  readonly start?: string;
  readonly json?: true;
}

/** Of a network of three edges and three guards, all of it with its chain, its origin and its viewers in this process. */
interface ScaleRow {
  readonly resources: number;
  /** From the moment they are all on chain, sealed and pending, until guards have let them all be served. */
  readonly authorise: {
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly transactions: number;
  };
  /** An hour in which a viewer comes to each of them. */
  readonly hour: { readonly cpuSeconds: number; readonly transactions: number };
  /** At the end, after a collection. */
  readonly memoryMiB: number;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
/** A file of the sample site of some 180 KB: with `DUST_BYTES` enough for its hour to be recorded. */
const TARGET = '/pictures/set.jpg';
const DUST_BYTES = 16_384n;
/** Viewers at a time. */
const PARALLEL = 8;
/** A network that does not get there has hung. */
const PATIENCE_MS = 15 * 60_000;
const MEDIA = 1_000_000_000n;

function networkOptions(count: number) {
  // Behind each of many there is as much as behind one of few: its quota follows.
  return { guards: 3, edges: 3, publisherWorth: BigInt(Math.max(count, 10)) * 100n * MEDIA } as const;
}

const cpuSecondsSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

async function authorised(count: number): Promise<ScaleRow['authorise']> {
  const { createDevnet } = await import('@media-network/devnet');
  const devnet = await createDevnet(networkOptions(count));
  try {
    const transactions = (): number => devnet.localnet?.stats().transactions ?? 0;
    const made = await copies(devnet, count, { pending: true });
    const [before, cpu, begun] = [transactions(), process.cpuUsage(), performance.now()];
    let left = [...made];
    while (left.length > 0) {
      if (performance.now() - begun > PATIENCE_MS) throw new Error(`${left.length} are not authorised`);
      await systemClock.sleep(500);
      // The last ones first: what is looked at meanwhile costs the same whatever their number.
      const some = left.slice(-100);
      const found = await devnet.client.accounts('resource', some);
      const done = new Set(
        found.flatMap((each) => (each?.status === RESOURCE_STATUS.active ? [each.address] : [])),
      );
      left = left.filter((each) => !done.has(each));
    }
    return {
      seconds: (performance.now() - begun) / 1_000,
      cpuSeconds: cpuSecondsSince(cpu),
      transactions: transactions() - before,
    };
  } finally {
    await devnet.close();
  }
}

/** One viewer at an edge, for one resource; the status. */
function visit(devnet: Devnet, resource: Address, place: number): Promise<number> {
  const edge = devnet.edges[place % devnet.edges.length];
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(TARGET, edge?.urls[0]),
      {
        headers: { host: `${resourceLabel(resource, sha256)}.${devnet.host.split('.').slice(1).join('.')}` },
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

async function hourOf(count: number, hours: number): Promise<Pick<ScaleRow, 'hour' | 'memoryMiB'>> {
  const [{ createDevnet }, { createManualClock }] = await Promise.all([
    import('@media-network/devnet'),
    import('@media-network/runtime/testing'),
  ]);
  const devnet = await createDevnet({
    ...networkOptions(count),
    clock: createManualClock(Date.now()),
    // Nobody vouches for these viewers: what an edge may be credited for them is bounded by its stake, and would be dust.
    periods: { dustBytes: DUST_BYTES, openYieldBps: 10_000, feePerGb: MEDIA / 5_000n },
  });
  try {
    const { client } = devnet;
    const config = await client.config();
    const resources = [devnet.resource, ...(await copies(devnet, count - 1, { pending: false }))];
    const transactions = (): number => devnet.localnet?.stats().transactions ?? 0;
    const intoNext = async (): Promise<void> => {
      const now = await client.chainTime();
      await devnet.advance(
        Number(hourWindows(config, hourAt(config, now)).end - now) + 2 * config.sampleSecs,
      );
    };
    async function oneHour(): Promise<void> {
      const waiting = resources.entries();
      const work = async (): Promise<void> => {
        for (const [place, resource] of waiting) {
          const status = await visit(devnet, resource, place);
          if (status !== 200) throw new Error(`resource ${place + 1} was answered with ${status}`);
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, work));
      await intoNext();
    }
    await intoNext();
    // The first hour fills caches and reads settings; the second is decided beside the first one's records.
    await oneHour();
    await oneHour();
    const [before, cpu] = [transactions(), process.cpuUsage()];
    for (let hour = 0; hour < hours; hour += 1) await oneHour();
    const cpuSeconds = cpuSecondsSince(cpu) / hours;
    globalThis.gc?.();
    return {
      hour: { cpuSeconds, transactions: (transactions() - before) / hours },
      memoryMiB: process.memoryUsage().rss / 2 ** 20,
    };
  } finally {
    await devnet.close();
  }
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** What each resource more costs, between the smallest network and the largest. */
function growth(rows: readonly ScaleRow[]) {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined || first.resources === last.resources) return null;
  const per = (of: (row: ScaleRow) => number): number =>
    Math.round(((of(last) - of(first)) / (last.resources - first.resources)) * 1e4) / 1e4;
  return {
    authoriseCpuSeconds: per((row) => row.authorise.cpuSeconds),
    authoriseTransactions: per((row) => row.authorise.transactions),
    hourCpuSeconds: per((row) => row.hour.cpuSeconds),
    hourTransactions: per((row) => row.hour.transactions),
    memoryKiB: Math.round(per((row) => row.memoryMiB) * 1_024),
  };
}

/** What a start may take with 100,000 resources. */
const START_SECONDS = 60;
const START_MIB = 1_024;

/** How a guard and an edge start where there are many resources. */
async function benchTheStart(start: string, options: ScaleOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const rows = await startOnMany(wholeBetween(start, '--start', 2, 200_000), (line) => terminal.note(line));
  const ok = rows.every(({ seconds, peakMiB }) => seconds <= START_SECONDS && peakMiB <= START_MIB);
  if (!ok) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ ok, start: rows });
    return;
  }
  const columns = [
    { head: 'daemon', value: (row: StartRow) => row.daemon },
    { head: 'resources', value: (row: StartRow) => String(row.resources) },
    { head: 'ready after', value: (row: StartRow) => `${tenth(row.seconds)} s` },
    { head: 'CPU', value: (row: StartRow) => `${tenth(row.cpuSeconds)} s` },
    { head: 'memory at most', value: (row: StartRow) => `${Math.round(row.peakMiB)} MiB` },
    { head: 'a minute later', value: (row: StartRow) => `${Math.round(row.heldMiB)} MiB` },
  ].map((column) => ({ ...column, align: 'right' as const }));
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
}

/** What grows with the number of resources. */
export async function benchTheScale(options: ScaleOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  if (options.start !== undefined) {
    await benchTheStart(options.start, options, context);
    return;
  }
  const hours = wholeBetween(options.hours, '--hours', 1, 100);
  const counts = options.resources.map((each) => wholeBetween(each, '--resources', 1, 20_000));
  const rows: ScaleRow[] = [];
  for (const resources of counts) {
    terminal.note(`${resources} resources: waiting for the guards`);
    const authorise = await authorised(resources);
    terminal.note(`${resources} resources: letting ${hours} hours pass`);
    rows.push({ resources, authorise, ...(await hourOf(resources, hours)) });
  }
  const grows = growth(rows);
  if (options.json === true) {
    terminal.json({ guards: 3, edges: 3, hours, rows, growthPerResource: grows });
    return;
  }
  const columns = [
    { head: 'resources', value: (row: ScaleRow) => String(row.resources) },
    { head: 'authorised in', value: (row: ScaleRow) => `${tenth(row.authorise.seconds)} s` },
    { head: 'CPU', value: (row: ScaleRow) => `${tenth(row.authorise.cpuSeconds)} s` },
    { head: 'transactions', value: (row: ScaleRow) => String(row.authorise.transactions) },
    { head: 'an hour: CPU', value: (row: ScaleRow) => `${tenth(row.hour.cpuSeconds)} s` },
    { head: 'transactions', value: (row: ScaleRow) => String(tenth(row.hour.transactions)) },
    { head: 'memory', value: (row: ScaleRow) => `${Math.round(row.memoryMiB)} MiB` },
  ].map((column) => ({ ...column, align: 'right' as const }));
  for (const line of table(rows, columns, terminal.style)) terminal.line(line);
  if (grows !== null)
    terminal.line(
      `Each resource more: ${(grows.hourCpuSeconds * 1_000).toFixed(1)} ms of a processor and ${grows.hourTransactions.toFixed(2)} transactions an hour, ${grows.memoryKiB} KiB; ${(grows.authoriseCpuSeconds * 1_000).toFixed(1)} ms and ${grows.authoriseTransactions.toFixed(2)} transactions once.`,
    );
}
