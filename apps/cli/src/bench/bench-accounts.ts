import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MediaError, systemClock } from '@media-network/runtime';
import type { Devnet } from '@media-network/devnet';
import { RUNTIME_FLAGS } from '@media-network/runtime/own-parts';
import { PROJECT_ROOT } from '../root.ts';
import { copies } from './scale-copies.ts';

/** What a daemon takes that starts on a chain with many resources. */
export interface StartRow {
  readonly daemon: 'guard' | 'edge';
  readonly resources: number;
  /** From the start of its process until it says that it is ready, and of a processor meanwhile. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most that it has had in memory until a minute after, MiB. */
  readonly peakMiB: number;
  /** At that moment, MiB. */
  readonly heldMiB: number;
}

const port = (url: string): string => new URL(url).port;

/** A daemon that is not ready by then has hung. */
const PATIENCE_MS = 10 * 60_000;
/** Settings, sites and indexes are read after the start. */
const SETTLES_MS = 60_000;

/** Memory of a process in MiB, by the kernel's books; undefined where there are none. */
function memoryOf(pid: number, field: 'VmHWM' | 'VmRSS'): number | undefined {
  try {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'latin1'),
    );
    return kib === null ? undefined : Number(kib[1]) / 1_024;
  } catch {
    return undefined;
  }
}

/** Seconds of a processor that a process has had (proc(5): fields 14 and 15, in hundredths). */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`);
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

async function measure(
  devnet: Devnet,
  daemon: StartRow['daemon'],
  of: { readonly resources: number; readonly url: string; readonly flags: readonly string[] },
): Promise<{ readonly row: StartRow; stop(): Promise<void> }> {
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...RUNTIME_FLAGS,
      join(PROJECT_ROOT, 'apps', 'cli', 'src', 'main.ts'),
      daemon,
      '--url',
      devnet.rpcUrl,
      '--ws',
      devnet.wsUrl,
      '--program',
      devnet.programId,
      '--keypair',
      devnet.wallets.path(`${daemon}-1`),
      '--data',
      join(devnet.dir, `${daemon}-1`),
      '--log-level',
      'warn',
      ...of.flags,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const gone = once(child, 'close');
  const failed = (why: string): MediaError =>
    new MediaError({ code: 'bench/server-failed', message: `media ${daemon} ${why}.`, source: 'internal' });
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await gone;
  }
  while (!(await isReady(of.url))) {
    if (child.exitCode !== null) throw failed(`ended with ${child.exitCode}`);
    if (performance.now() - begun > PATIENCE_MS) {
      await stop();
      throw failed(`is not ready after ${PATIENCE_MS / 60_000} minutes`);
    }
    await systemClock.sleep(50);
  }
  const pid = child.pid ?? 0;
  const [seconds, cpuSeconds] = [(performance.now() - begun) / 1_000, cpuOf(pid)];
  await systemClock.sleep(SETTLES_MS);
  const row = {
    daemon,
    resources: of.resources,
    seconds,
    cpuSeconds,
    peakMiB: memoryOf(pid, 'VmHWM') ?? 0,
    heldMiB: memoryOf(pid, 'VmRSS') ?? 0,
  };
  return { row, stop };
}

/** A guard and an edge, each a process of its own, start on a chain with so many resources. The chain is this process. */
export async function startOnMany(
  resources: number,
  say: (line: string) => void,
): Promise<readonly StartRow[]> {
  const { createDevnet } = await import('@media-network/devnet');
  const devnet = await createDevnet({
    guards: 3,
    edges: 1,
    guardFlags: () => ({ dnsPort: 0 }),
    publisherWorth: BigInt(resources) * 1_000_000_000n,
  });
  try {
    for (const node of [...devnet.edges, ...devnet.guards]) await node.close();
    say(`writing ${resources} resources`);
    await copies(devnet, resources - 1, { pending: false, bare: true });
    const [guard, edge] = [devnet.guards[0], devnet.edges[0]];
    if (guard === undefined || edge === undefined) throw new Error('a network has a guard and an edge');
    say('starting a guard');
    const first = await measure(devnet, 'guard', {
      resources,
      url: guard.url,
      flags: [
        '--port',
        port(guard.url),
        '--seal-key',
        join(devnet.dir, 'keys', 'guard-1.seal'),
        '--dns-port',
        '0',
      ],
    });
    say('starting an edge');
    try {
      const second = await measure(devnet, 'edge', {
        resources,
        url: edge.controlUrl,
        flags: [
          '--port',
          String(edge.port),
          '--control-port',
          port(edge.controlUrl),
          '--allow-private-origins',
          'true',
        ],
      });
      await second.stop();
      return [first.row, second.row];
    } finally {
      await first.stop();
    }
  } finally {
    await devnet.close();
  }
}
