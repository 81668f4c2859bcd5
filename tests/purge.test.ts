import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { exchange } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratch, spawnMedia, startMedia, until } from './harness/processes.ts';
import type { Daemon } from './harness/processes.ts';

const START_MS = 120_000;

/** An origin whose answers say how often each was asked for; some are tagged, and one is held until it is let go. */
interface CountingOrigin {
  readonly url: string;
  readonly held: ServerResponse[];
  down: boolean;
  close(): Promise<void>;
}

async function startOrigin(): Promise<CountingOrigin> {
  const counts = new Map<string, number>();
  const held: ServerResponse[] = [];
  const server: Server = createServer((request, response) => {
    const target = request.url ?? '/';
    if (origin.down) {
      response.writeHead(503).end();
      return;
    }
    const count = (counts.get(target) ?? 0) + 1;
    counts.set(target, count);
    response.setHeader('Cache-Control', 'max-age=3600, stale-if-error=3600');
    response.setHeader('ETag', `"${count}"`);
    if (target.startsWith('/news')) response.setHeader('Cache-Tag', 'news, front');
    if (target === '/held') {
      response.write('old');
      held.push(response);
    } else response.end(`${target} ${count}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const origin: CountingOrigin = {
    url: `http://127.0.0.1:${address.port}`,
    held,
    down: false,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return origin;
}

interface Purged {
  readonly code: number | null;
  readonly purged: unknown;
  /** What each edge said, by its port. */
  readonly edges: ReadonlyMap<number, { readonly confirmed: boolean; readonly code: string | null }>;
  readonly guards: number;
}

/** Three edges: one in this process, one with two workers, and one that is a process of its own. */
describe('a purge', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let origin: CountingOrigin;
  let devnet: Devnet;
  let third: Daemon;
  let thirdArgs: readonly string[] = [];
  let ports: readonly number[] = [];

  async function ask(port: number, target: string): Promise<string> {
    const { status, body } = await exchange(`http://${devnet.host}:${port}${target}`, {
      keepBody: true,
    });
    return status === 200 ? Buffer.from(body).toString() : String(status);
  }
  /** What each edge answers, asked so often that whoever holds hot copies has one. */
  async function everywhere(target: string): Promise<readonly string[]> {
    const answers = await Promise.all(
      ports.map(async (port) => {
        let answer = '';
        for (let i = 0; i < 4; i += 1) answer = await ask(port, target);
        return answer;
      }),
    );
    return answers;
  }

  async function purge(...args: readonly string[]): Promise<Purged> {
    const command = ['purge', ...args, '--json', '--dir', devnet.dir];
    const { code, output } = await spawnMedia(command, folder.dir).ended;
    const said: unknown = JSON.parse(output);
    const nodes = said as {
      readonly purged: unknown;
      readonly edges: readonly { endpoint: string; confirmed: boolean; code: string | null }[];
      readonly guards: readonly { confirmed: boolean }[];
    };
    return {
      code,
      purged: nodes.purged,
      edges: new Map(nodes.edges.map((each) => [Number(new URL(each.endpoint).port), each])),
      guards: nodes.guards.filter(({ confirmed }) => confirmed).length,
    };
  }

  async function startThird(): Promise<void> {
    third = startMedia(thirdArgs, folder.dir);
    await third.ready;
  }

  beforeAll(async () => {
    folder = await scratch();
    origin = await startOrigin();
    devnet = await createDevnet({
      dir: join(folder.dir, 'net'),
      origin: origin.url,
      edges: 2,
      edgeFlags: (index) => ({ workers: index + 1 }),
    });
    const { keypair, port, controlPort } = await devnet.registerEdge(2);
    const told = `--url ${devnet.rpcUrl} --ws ${devnet.wsUrl} --program ${devnet.programId} --port ${port} --control-port ${controlPort}`;
    const flags = 'edge --json --no-register --allow-private-origins true --log-level warn';
    const own = ['--keypair', keypair, '--data', join(folder.dir, 'third')];
    thirdArgs = [...flags.split(' '), ...told.split(' '), ...own];
    await startThird();
    ports = [...devnet.edges.map((edge) => edge.port), port];
    for (const each of ports)
      await until('the first answer', START_MS, async () =>
        (await ask(each, '/').catch(() => '')) === '503' ? undefined : true,
      );
  });
  afterAll(async () => {
    await third?.kill();
    await devnet?.close();
    await origin?.close();
    await folder?.remove();
  });

  test('by URL reaches every edge, every process of it, and no other object', async () => {
    const before = await everywhere('/a.css?v=1');
    const other = await everywhere('/b.css');
    const { code, purged, edges, guards } = await purge('1', '/a.css?v=1');
    expect([code, purged, edges.size, guards]).toEqual([0, true, 3, 3]);
    for (const body of await everywhere('/a.css?v=1')) expect(before).not.toContain(body);
    expect(await everywhere('/b.css')).toEqual(other);
  });

  test('by tag and by prefix', async () => {
    const news = await everywhere('/news/1');
    const image = await everywhere('/img/1.png');
    expect((await purge('1', '--tag', 'front')).code).toBe(0);
    for (const body of await everywhere('/news/1')) expect(news).not.toContain(body);
    expect(await everywhere('/img/1.png')).toEqual(image);
    expect((await purge(`http://${devnet.host}`, '--prefix', '/img/')).code).toBe(0);
    for (const body of await everywhere('/img/1.png')) expect(image).not.toContain(body);
  });

  test('that is soft has the origin asked, and what is kept stands in for one that fails', async () => {
    const before = await everywhere('/soft');
    expect((await purge('1', '/soft', '--soft')).code).toBe(0);
    origin.down = true;
    expect(await everywhere('/soft')).toEqual(before);
    expect((await purge('1', '/soft')).code).toBe(0);
    expect(await everywhere('/soft')).toEqual(['503', '503', '503']);
    origin.down = false;
    for (const body of await everywhere('/soft')) expect(before).not.toContain(body);
  });

  test('beats what is on its way to each edge', async () => {
    const asked = ports.map((port) => ask(port, '/held'));
    await until('every edge asks', START_MS, async () => (origin.held.length === 3 ? true : undefined));
    expect((await purge('1', '/held')).code).toBe(0);
    const late = origin.held.splice(0);
    for (const response of late) response.end(' one');
    expect(await Promise.all(asked)).toEqual(['old one', 'old one', 'old one']);
    const again = ports.map((port) => ask(port, '/held'));
    await until('every edge asks again', START_MS, async () => (origin.held.length === 3 ? true : undefined));
    for (const response of origin.held.splice(0)) response.end(' two');
    expect(await Promise.all(again)).toEqual(['old two', 'old two', 'old two']);
  });

  test('is not confirmed by an edge that is down, and holds there before it serves anything', async () => {
    const [, , port = 0] = ports;
    await everywhere('/down');
    await everywhere('/stays');
    const before = [await ask(port, '/down'), await ask(port, '/stays')];
    await third.kill();
    const { code, purged, edges, guards } = await purge('1', '/down');
    expect([code, purged, guards]).toEqual([1, false, 3]);
    expect(edges.get(port)).toMatchObject({ confirmed: false, code: 'no-answer' });
    await startThird();
    // Never the old one, however early: what is not served yet is a refusal.
    await until('the edge serves', START_MS, async () => {
      const body = await ask(port, '/down').catch(() => '503');
      expect(body).not.toBe(before[0]);
      return body === '503' ? undefined : true;
    });
    expect(await ask(port, '/stays')).toBe(before[1]);
    expect((await purge('1', '--all')).code).toBe(0);
    expect(await ask(port, '/stays')).not.toBe(before[1]);
  });

  test('is its publisher’s alone', async () => {
    const { code, output } = await spawnMedia(
      ['purge', '1', '--all', '--json', '--dir', devnet.dir, '--keypair', 'edge-1'],
      folder.dir,
    ).ended;
    expect(code).toBe(1);
    expect(output).toContain('cli/not-publisher');
  });
});
