import type { DiskRow, IdleConnectionsRow, KillsRow, MixedRow } from '@media-network/bench';
import { MediaError } from '@media-network/runtime';
import type { CliContext } from '../command.ts';
import { wholeBetween } from '../whole-number.ts';
import { openSteadyNetwork } from './steady-network.ts';

export interface SteadyOptions {
  readonly parts: string;
  readonly minutes: string;
  readonly rate: string;
  readonly connections: string;
  readonly kills: string;
  readonly seed: string;
  readonly json?: true;
}

const PARTS = ['mixed', 'idle', 'kills', 'disk'] as const;
type Part = (typeof PARTS)[number];

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** What an edge holds of memory, descriptors and its promises under loads that break caches. */
export async function benchSteadiness(options: SteadyOptions, context: CliContext): Promise<void> {
  const { terminal } = context;
  const parts = partsOf(options.parts);
  const seconds = wholeBetween(options.minutes, '--minutes', 1, 1_440) * 60;
  const rate = wholeBetween(options.rate, '--rate', 1, 10_000);
  const connections = wholeBetween(options.connections, '--connections', 2, 20_000);
  const kills = wholeBetween(options.kills, '--kills', 1, 100_000);
  const seed = wholeBetween(options.seed, '--seed', 0, 2 ** 32 - 1);
  const bench = await import('@media-network/bench');
  const common = { open: openSteadyNetwork, seed, say: (line: string) => terminal.note(line) };
  const machine = bench.thisMachine();
  const mixed = parts.has('mixed') ? await bench.benchMixed({ ...common, seconds, rate }) : undefined;
  const idle = parts.has('idle') ? await bench.benchIdleConnections({ ...common, connections }) : undefined;
  const killed = parts.has('kills') ? await bench.benchKills({ ...common, kills }) : undefined;
  const disk = parts.has('disk') ? await bench.benchFailingDisk(common) : undefined;
  const ok = [mixed, idle, killed, ...(disk ?? [])].every((row) => row?.ok !== false);
  if (!ok) context.setExitCode(1);
  if (options.json === true) {
    terminal.json({ ok, machine, mixed, idle, kills: killed, disk });
    return;
  }
  terminal.line(bench.describeMachine(machine));
  const lines = [
    ...(mixed === undefined ? [] : mixedLines(mixed)),
    ...(idle === undefined ? [] : idleLines(idle)),
    ...(killed === undefined ? [] : killsLines(killed)),
    ...(disk ?? []).map(diskLine),
  ];
  for (const line of lines) terminal.line(line);
  const words = [mixed, idle, killed, ...(disk ?? [])].flatMap((row) => row?.words ?? []);
  for (const word of words) terminal.note(word);
}

function partsOf(text: string): ReadonlySet<Part> {
  const names = text === 'all' ? PARTS : text.split(',');
  const parts = new Set(PARTS.filter((part) => names.some((name) => name === part)));
  if (parts.size === names.length) return parts;
  throw new MediaError({
    code: 'cli/bad-choice',
    message: `--parts must be all, or some of ${PARTS.join(', ')} with commas between, not "${text}".`,
    source: 'client',
  });
}

const sayOk = (ok: boolean): string => (ok ? 'ok' : 'NOT OK');

function mixedLines(row: MixedRow): readonly string[] {
  return [
    `mixed load, ${row.seconds} s, ${row.viewers} viewers, ${row.steps} steps (${row.garbage} of garbage): ${sayOk(row.ok)}`,
    `  ${row.right} right (${row.hits} hits), ${row.wrong} wrong, ${row.cut} cut, ${row.left} left by viewers, ${row.refusedByOrigin} failed with the origin, ${row.refused} refused without reason`,
    `  memory: ${mib(row.secondFifthRssBytes)} in the second fifth, ${mib(row.lastFifthRssBytes)} in the last (at most ${mib(row.allowedRssBytes)}), ${mib(row.peakRssBytes)} at its peak`,
    `  descriptors: ${row.descriptorsBefore} before, ${row.peakDescriptors} at most, ${row.descriptorsAfter} after`,
  ];
}

function idleLines(row: IdleConnectionsRow): readonly string[] {
  return [
    `idle connections: ${row.answered} of ${row.connections} answered, ${row.openAtOnce} open at once after ${row.openedMs} ms: ${sayOk(row.ok)}`,
    `  ${(row.bytesEachPlain / 1_024).toFixed(1)} KiB each plain, ${(row.bytesEachTls / 1_024).toFixed(1)} KiB over TLS`,
    `  another viewer meanwhile: ${row.viewerAnswers} answers, p50 ${row.viewerP50Ms} ms, p99 ${row.viewerP99Ms} ms`,
    `  all ended by the edge after ${row.lastEndedMs} ms, ${row.stillOpen} left; descriptors ${row.descriptorsBefore} before, ${row.descriptorsAfter} after`,
  ];
}

function killsLines(row: KillsRow): readonly string[] {
  return [
    `kill -9: ${row.kills} kills, ${row.killedUnderWay} with answers under way: ${sayOk(row.ok)}`,
    `  ${row.right} answers right, ${row.wrong} wrong; ${row.hitsAfterStart} of ${row.askedAfterStart} objects of earlier lives came from the cache`,
    `  ${row.commits} commits, the last to ${row.committedBytes} bytes; viewers received ${row.receivedBytes}`,
    `  a start takes ${row.startMs} ms to its first answer`,
  ];
}

function diskLine(row: DiskRow): string {
  if (row.skipped !== undefined) return `disk ${row.fault}: skipped, ${row.skipped}`;
  return `disk ${row.fault}: ${row.right} right, ${row.wrong} wrong, ${row.refused} refused, ${row.cut} cut${row.degraded ? '; out of use in between' : ''}: ${sayOk(row.ok)}`;
}
