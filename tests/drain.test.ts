import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { EDGE_TTL_SECS } from '@media-network/steering';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SUBNETS, edgesNamed } from './harness/dns-questions.ts';
import type { NameServerPlace } from './harness/dns-questions.ts';
import { present } from './harness/network.ts';
import { scratch, startMedia, until } from './harness/processes.ts';
import type { Daemon } from './harness/processes.ts';

const run = promisify(execFile);
const GUARDS = [0, 1, 2];
/** The edge that dies is a process of its own, the third; the others are in this one. */
const DYING = 2;
const edgeHost = (index: number): string => `127.0.0.${index + 1}`;
let devnet: Devnet;
let folder: Awaited<ReturnType<typeof scratch>>;
let edge: Daemon | undefined;
let place: { readonly keypair: string; readonly port: number; readonly controlPort: number };

beforeAll(async () => {
  folder = await scratch();
  devnet = await createDevnet({ dns: true, edges: 2, edgeHost });
  place = await devnet.registerEdge(DYING);
});
afterAll(async () => {
  await edge?.kill();
  await devnet?.close();
  await folder?.remove();
});

const serverOf = (guard: number): NameServerPlace => present(devnet.guards[guard]?.dns, 'name server');
const urlOf = (guard: number): string => present(devnet.guards[guard], 'guard').url;

async function startEdge(): Promise<void> {
  const { keypair, port, controlPort } = place;
  const host = edgeHost(DYING);
  const options = {
    url: devnet.rpcUrl,
    program: devnet.programId,
    keypair,
    data: folder.dir,
    host,
    port: String(port),
    'control-host': host,
    'control-port': String(controlPort),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  edge = startMedia(['edge', ...args, '--allow-private-origins', '--json'], folder.dir);
  await edge.ready;
}

/**
 * Seconds that this process, which the guards are in, had for itself: it goes on whatever they do, and stands where the machine gives
 * neither of them anything.
 */
function startOwnClock(): { seconds(): number; stop(): void } {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 100);
  return { seconds: () => ticks / 10, stop: () => clearInterval(timer) };
}

/** Clients' networks that see all edges between them: each is told two of three. */
const FEW = SUBNETS.slice(0, 12);

/** Edges that a guard names by DNS, and by HTTP to players. */
async function named(guard: number): Promise<ReadonlySet<string>> {
  const byName = await edgesNamed(serverOf(guard), devnet.host, FEW);
  const answer = await fetch(`${urlOf(guard)}/v1/edges?resource=${devnet.resource}`);
  const { edges } = (await answer.json()) as { edges: readonly { url: string }[] };
  return new Set([...byName, ...edges.map(({ url }) => new URL(url).hostname)]);
}

/** Where a guard sends a player that came to it with the site's name. */
async function sentTo(guard: number): Promise<string> {
  const { host } = new URL(urlOf(guard));
  const args = ['-sS', '--max-time', '60', '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}'];
  args.push('--connect-to', `${devnet.host}:80:${host}`, `http://${devnet.host}/`);
  const { stdout } = await run('curl', args);
  return stdout;
}

test.each([
  ['is killed', (daemon: Daemon) => daemon.kill()],
  ['hangs, with its sockets open', async (daemon: Daemon) => daemon.freeze()],
] as const)(
  'an edge that %s is named by no guard any more within one TTL, by DNS and by HTTP',
  { timeout: 900_000 },
  async (how, end) => {
    const gone = edgeHost(DYING);
    await startEdge();
    for (const guard of GUARDS)
      await until(`guard ${guard} names the edge`, 120_000, async () =>
        (await named(guard)).has(gone) ? true : undefined,
      );
    await end(present(edge, 'edge'));
    const clock = startOwnClock();
    const begun = Date.now();
    const drained = await Promise.all(
      GUARDS.map((guard) =>
        until(`guard ${guard} has drained the edge`, 400_000, async () => {
          const askedSecs = clock.seconds();
          return (await named(guard)).has(gone) ? undefined : askedSecs;
        }),
      ),
    );
    clock.stop();
    console.log(
      `an edge that ${how}: named no more after ${drained.join(', ')} s of ${Date.now() - begun} ms`,
    );
    expect(Math.max(...drained)).toBeLessThanOrEqual(EDGE_TTL_SECS);
    for (const guard of GUARDS) {
      const { host, port } = serverOf(guard);
      const dig = await run('dig', [
        `@${host}`,
        '-p',
        String(port),
        '+time=20',
        '+noall',
        '+answer',
        devnet.host,
      ]);
      // Nobody is told to keep it for longer, either.
      const answers = [...dig.stdout.matchAll(/^\S+\s+(\d+)\s+IN\s+A\s+(\S+)$/gm)];
      expect(new Set(answers.map(([, , address]) => address))).toEqual(new Set([0, 1].map(edgeHost)));
      expect(answers.every(([, ttl]) => Number(ttl) <= EDGE_TTL_SECS)).toBe(true);
      const others = [0, 1].map((index) => `:${present(devnet.edges[index], 'edge').port}/`);
      const sent = await sentTo(guard);
      expect(sent).toMatch(new RegExp(`^302 http://${devnet.host}:`));
      expect(others.some((other) => sent.includes(other))).toBe(true);
    }
    await edge?.kill();
  },
);
