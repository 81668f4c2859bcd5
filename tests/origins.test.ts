import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { exchange } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratch, spawnMedia, startMedia, until } from './harness/processes.ts';
import type { Daemon } from './harness/processes.ts';

const START_MS = 120_000;

/** An origin that counts; it can be ill, refuse connections, and come back at the same port. */
interface CountingOrigin {
  readonly url: string;
  /** How often a target was asked for. */
  count(target: string): number;
  ill: boolean;
  stop(): Promise<void>;
  start(): Promise<void>;
}

async function startOrigin(name: string): Promise<CountingOrigin> {
  const counts = new Map<string, number>();
  let port = 0;
  let server: Server | undefined;
  const origin: CountingOrigin = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    count: (target) => counts.get(target) ?? 0,
    ill: false,
    async start() {
      server = createServer((request, response) => {
        const target = request.url ?? '/';
        counts.set(target, (counts.get(target) ?? 0) + 1);
        if (origin.ill) response.writeHead(503).end();
        else if (target.startsWith('/kept')) {
          response.writeHead(200, { 'Cache-Control': 'max-age=3600', ETag: `"${target}"` }).end(target);
        } else response.writeHead(200, { 'Cache-Control': 'no-store' }).end(name);
      });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      port = address.port;
    },
    async stop() {
      const stopping = server;
      server = undefined;
      if (stopping === undefined) return;
      stopping.closeAllConnections();
      await new Promise<void>((resolve) => {
        stopping.close(() => resolve());
      });
    },
  };
  await origin.start();
  return origin;
}

/** Three edges: one in this process, one with two workers, and one that is a process of its own. */
describe('several origins behind three edges', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let a: CountingOrigin;
  let b: CountingOrigin;
  let devnet: Devnet;
  let third: Daemon;
  let ports: readonly number[] = [];
  let next = 0;

  async function ask(port: number, target: string): Promise<string> {
    const { status, body } = await exchange(`http://${devnet.host}:${port}${target}`, { keepBody: true });
    return status === 200 ? Buffer.from(body).toString() : String(status);
  }
  /** What each edge answers, one after the other. */
  async function everywhere(target: string): Promise<readonly string[]> {
    const answers: string[] = [];
    for (const port of ports) answers.push(await ask(port, target));
    return answers;
  }
  async function update(...args: readonly string[]): Promise<void> {
    const command = ['resource', 'update', '1', ...args, '--dir', devnet.dir];
    const { code, output } = await spawnMedia(command, folder.dir).ended;
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${output}`);
  }
  const fresh = (begin: string): string => `${begin}${(next += 1)}`;

  beforeAll(async () => {
    folder = await scratch();
    [a, b] = await Promise.all([startOrigin('a'), startOrigin('b')]);
    devnet = await createDevnet({
      dir: join(folder.dir, 'net'),
      origin: a.url,
      edges: 2,
      edgeFlags: (index) => ({ workers: index + 1 }),
    });
    const { keypair, port, controlPort } = await devnet.registerEdge(2);
    const told = `--url ${devnet.rpcUrl} --ws ${devnet.wsUrl} --program ${devnet.programId} --port ${port} --control-port ${controlPort}`;
    const flags = 'edge --json --no-register --allow-private-origins true --log-level warn';
    const own = ['--keypair', keypair, '--data', join(folder.dir, 'third')];
    third = startMedia([...flags.split(' '), ...told.split(' '), ...own], folder.dir);
    await third.ready;
    ports = [...devnet.edges.map((edge) => edge.port), port];
    for (const each of ports)
      await until('the first answer', START_MS, async () =>
        (await ask(each, '/').catch(() => '')) === 'a' ? true : undefined,
      );
  });
  afterAll(async () => {
    await third?.kill();
    await devnet?.close();
    await Promise.all([a?.stop(), b?.stop()]);
    await folder?.remove();
  });

  test('without rules each edge asks the one origin for itself', async () => {
    const target = fresh('/kept-');
    expect(await everywhere(target)).toEqual([target, target, target]);
    expect(a.count(target)).toBe(3);
  });

  test('with "tier on" the origin sees one fetch, not three', async () => {
    await update('--rule', 'tier on check=5%');
    // Edges read new settings and the list of edges beside what they do.
    await until('edges that ask each other', START_MS, async () => {
      const target = fresh('/kept-');
      await everywhere(target);
      return a.count(target) === 1 ? true : undefined;
    });
    const targets = Array.from({ length: 12 }, () => fresh('/kept-'));
    for (const target of targets) expect(await everywhere(target)).toEqual([target, target, target]);
    const fetched = targets.map((target) => a.count(target));
    // One in twenty is compared with the origin's, and fetched for that.
    expect(fetched.filter((count) => count === 1).length).toBeGreaterThanOrEqual(8);
    expect(Math.max(...fetched)).toBeLessThanOrEqual(3);
  });

  test('an origin that is gone is not missed where there is another', async () => {
    await update(
      '--rule',
      `origin ${b.url}`,
      '--rule',
      'failover status=502,503,504',
      '--rule',
      'eject never',
    );
    await until('edges that know both', START_MS, async () => {
      const answers = [...(await everywhere(fresh('/'))), ...(await everywhere(fresh('/')))];
      return answers.includes('b') && answers.includes('a') ? true : undefined;
    });
    for (const port of ports)
      await until('both, at each edge', START_MS, async () =>
        [await ask(port, fresh('/')), await ask(port, fresh('/'))].includes('b') ? true : undefined,
      );
    a.ill = true;
    for (let i = 0; i < 4; i += 1) expect(await everywhere(fresh('/'))).toEqual(['b', 'b', 'b']);
    a.ill = false;
    await a.stop();
    for (let i = 0; i < 4; i += 1) expect(await everywhere(fresh('/'))).toEqual(['b', 'b', 'b']);
    const target = fresh('/kept-');
    expect(await everywhere(target)).toEqual([target, target, target]);
    await a.start();
    const asked = fresh('/');
    for (let i = 0; i < 2; i += 1) await everywhere(asked);
    expect(a.count(asked)).toBeGreaterThan(0);
  });

  test('an origin that fails its checks is left alone by every edge, and taken back', async () => {
    await update('--rule', 'health /health every=2s timeout=1s fall=1 rise=1 status=200');
    await everywhere(fresh('/'));
    const answers = async (): Promise<string> =>
      [...(await everywhere(fresh('/'))), ...(await everywhere(fresh('/')))].toSorted().join('');
    b.ill = true;
    // Its answers would be 503, which failover hides: that it is not asked at all is what checks do.
    await until('no edge that asks b', START_MS, async () => {
      const targets = [fresh('/'), fresh('/')];
      for (const target of targets) await everywhere(target);
      return targets.every((target) => b.count(target) === 0) ? true : undefined;
    });
    expect(b.count('/health')).toBeGreaterThanOrEqual(3);
    b.ill = false;
    await until('edges that ask both', START_MS, async () =>
      (await answers()) === 'aaabbb' ? true : undefined,
    );
  });

  test('and no answer says where they are', async () => {
    for (const port of ports) {
      const response = await fetch(`http://127.0.0.1:${port}${fresh('/')}`, {
        headers: { Host: devnet.host },
      });
      const said = JSON.stringify([...response.headers]);
      for (const { url } of [a, b]) expect(said).not.toContain(new URL(url).host);
    }
  });
});
