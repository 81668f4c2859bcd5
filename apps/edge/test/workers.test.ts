import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createCountingClient } from './counting-client.ts';
import type { CountingClient } from './counting-client.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit, ok } from './raw-http.ts';
import { selfSigned } from './tls.ts';

let network: TestNetwork;
let resource: TestResource;
const clients: CountingClient[] = [];

async function start(config: Record<string, unknown> = {}): Promise<void> {
  network = await startTestNetwork({ config: { workers: 2, ...config } });
  resource = await network.addResource();
}
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await network.close();
});

const KEPT = { 'Cache-Control': 'max-age=600', ETag: '"v1"' };
const SIZES = [10, 1_000, 20_000, 70_000, 1_200_000];

/** So many viewers, each on connections of its own. */
function viewers(count: number, sockets = 1): CountingClient[] {
  const made = Array.from({ length: count }, () =>
    createCountingClient(network.edge.port, resource.host, sockets),
  );
  clients.push(...made);
  return made;
}

function publish(): void {
  for (const size of SIZES) network.origin.on(`/${size}`, ok('x'.repeat(size), KEPT));
  network.origin.on('/private', ok('mine', { 'Cache-Control': 'no-store' }));
  network.origin.on('/change', ok('changed'));
}

/** Requests of every kind, in an order that a number fixes. */
async function browse(client: CountingClient, seed: number, requests: number): Promise<number> {
  let state = seed;
  let bad = 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let i = 0; i < requests; i += 1) {
    const size = SIZES[next(SIZES.length)] ?? 10;
    const kind = next(12);
    const headers: Record<string, string> =
      kind === 0 ? { Range: 'bytes=2-7' } : kind === 1 ? { 'If-None-Match': '"v1"' } : {};
    const target = kind === 2 ? '/private' : kind === 3 ? '/change' : `/${size}`;
    const method = kind === 3 ? 'POST' : kind === 4 ? 'HEAD' : 'GET';
    const { status } = await client.ask(target, { method, headers, ...(kind === 3 ? { body: 'b' } : {}) });
    if (status !== (kind === 0 ? 206 : kind === 1 ? 304 : 200)) bad += 1;
  }
  return bad;
}

const sum = (all: readonly CountingClient[]): number => all.reduce((total, { bytes }) => total + bytes, 0);

/** Resolves with the processes that serve, once there are as many as there should be and none of these. */
async function serving(count: number, but: readonly number[] = []): Promise<readonly number[]> {
  await expect
    .poll(() => network.edge.workers.filter((pid) => !but.includes(pid)).length, { timeout: 30_000 })
    .toBe(count);
  return network.edge.workers;
}

describe('two workers', () => {
  it('count to the byte, together and after a restart', async () => {
    await start();
    publish();
    expect(network.edge.workers).toHaveLength(2);
    const all = viewers(8);
    const bad = await Promise.all(all.map((client, seed) => browse(client, seed, 40)));
    expect(bad).toEqual(bad.map(() => 0));
    const seen = sum(all);
    expect(seen).toBeGreaterThan(5_000_000);
    expect(await network.counter(resource.address)).toBe(seen);
    const metrics = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
    expect(metrics).toContain(`media_edge_bytes_total ${seen}\n`);
    expect(metrics).toContain('media_edge_workers 2\n');
    // Most of it without asking the process with the books.
    expect(Number(/lane="fast"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(50);
    const outcomes = [...metrics.matchAll(/media_edge_requests_total\{outcome="[a-z-]+"\} (\d+)/g)];
    expect(outcomes.reduce((total, match) => total + Number(match[1]), 0)).toBe(8 * 40);
    const traffic = network.edge.traffic();
    expect(traffic.hosts.map(({ host, requests }) => [host, requests])).toEqual([[resource.host, 8 * 40]]);

    await network.restart();
    const more = viewers(4);
    await Promise.all(more.map((client, seed) => browse(client, seed + 100, 20)));
    expect(await network.counter(resource.address)).toBe(seen + sum(more));
  });

  it('serve nothing that was changed once the change is answered', async () => {
    await start();
    let version = 0;
    network.origin.on('/page', (socket, { method }) => {
      if (method === 'POST') version += 1;
      return ok(`v${version}`, { 'Cache-Control': 'max-age=600' })(socket);
    });
    const all = viewers(6);
    const [writer] = all;
    for (let round = 0; round < 15; round += 1) {
      // Hot in both.
      for (let i = 0; i < 2; i += 1) await Promise.all(all.map((client) => client.ask('/page')));
      expect((await writer?.ask('/page', { method: 'POST', body: 'b' }))?.status).toBe(200);
      const bodies = await Promise.all(
        all.map(async (client) => (await client.ask('/page')).body.toString()),
      );
      expect(bodies).toEqual(bodies.map(() => `v${version}`));
    }
    expect(version).toBe(15);
  });

  it('go on when one is killed in mid-load, and never count more than was sent', async () => {
    await start();
    publish();
    const [victim = 0] = network.edge.workers;
    const all = viewers(8);
    let killed = false;
    const failures = await Promise.all(
      all.map(async (client, seed) => {
        let failed = 0;
        for (let i = 0; i < 60; i += 1) {
          const size = SIZES[(seed + i) % SIZES.length] ?? 10;
          // Every viewer's connection breaks at most once: with the worker that had it.
          const answer = await client.ask(`/${size}`).catch(() => undefined);
          if (answer === undefined) failed += 1;
          else expect([answer.status, answer.body.length]).toEqual([200, size]);
          if (i === 20 && seed === 0) {
            killed = true;
            process.kill(victim, 'SIGKILL');
          }
        }
        return failed;
      }),
    );
    expect(killed).toBe(true);
    for (const failed of failures) expect(failed).toBeLessThanOrEqual(1);
    await serving(2, [victim]);
    const seen = sum(all);
    const counted = await network.counter(resource.address);
    expect(counted).toBeLessThanOrEqual(seen);
    expect(counted).toBeGreaterThan(seen / 2);
    expect(network.edge.stats().workersLost).toBe(1);
    // From here on to the byte again.
    const more = viewers(4);
    expect(await Promise.all(more.map((client, seed) => browse(client, seed, 20)))).toEqual([0, 0, 0, 0]);
    expect(await network.counter(resource.address)).toBe(counted + sum(more));
  });

  it('are started again however often they are killed, and viewers are served meanwhile', async () => {
    await start();
    network.origin.on('/page', ok('page', KEPT));
    for (let round = 0; round < 3; round += 1) {
      const before = await serving(2);
      for (const pid of round === 2 ? before : before.slice(0, 1)) process.kill(pid, 'SIGKILL');
      await expect.poll(async () => (await resource.get('/page').catch(() => undefined))?.status).toBe(200);
      await serving(2, round === 2 ? before : before.slice(0, 1));
    }
    expect(network.edge.stats().workersLost).toBe(4);
  });

  it('that hang are ended before anything is answered that they would contradict', async () => {
    await start();
    network.origin.on('/page', ok('old', { 'Cache-Control': 'max-age=600' }));
    const all = viewers(12);
    for (let i = 0; i < 3; i += 1) await Promise.all(all.map((client) => client.ask('/page')));
    const [hung = 0] = network.edge.workers;
    process.kill(hung, 'SIGSTOP');
    network.origin.on('/page', ok('new', { 'Cache-Control': 'max-age=600' }));
    // Those on the worker that hangs get no answer; one of the others changes the page.
    const changes = all.map((client) => client.ask('/page', { method: 'POST', body: 'b' }));
    expect((await Promise.any(changes)).status).toBe(200);
    await Promise.allSettled(changes);
    await serving(2, [hung]);
    const after = viewers(12);
    const bodies = await Promise.all(
      after.map(async (client) => (await client.ask('/page')).body.toString()),
    );
    expect(bodies).toEqual(bodies.map(() => 'new'));
  });

  it('hold no more than half of the memory together', async () => {
    await start({ ramBytes: 8 * 2 ** 20 });
    for (let i = 0; i < 40; i += 1) network.origin.on(`/n${i}`, ok('x'.repeat(200_000), KEPT));
    const all = viewers(4);
    for (let round = 0; round < 4; round += 1)
      await Promise.all(
        all.map(async (client) => {
          for (let i = 0; i < 40; i += 1) expect((await client.ask(`/n${i}`)).body.length).toBe(200_000);
        }),
      );
    const metrics = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
    const held = Number(/media_edge_worker_cache_bytes (\d+)/.exec(metrics)?.[1]);
    const ram = Number(/media_edge_cache_ram_bytes (\d+)/.exec(metrics)?.[1]);
    expect(held).toBeGreaterThan(0);
    expect(held + ram).toBeLessThanOrEqual(8 * 2 ** 20);
  });

  it('resume the TLS sessions of each other', async () => {
    const files = await selfSigned();
    await start({ tlsCert: files.cert, tlsKey: files.key, httpsPort: 0 });
    network.origin.on('/page', ok('page', KEPT));
    const visit = (session: Buffer | undefined): Promise<{ reused: boolean; session: Buffer | undefined }> =>
      new Promise((resolve, reject) => {
        let ticket: Buffer | undefined;
        let reused = false;
        const socket = connectTls({
          port: network.edge.httpsPort ?? 0,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          ...(session === undefined ? {} : { session }),
        });
        socket.on('session', (fresh: Buffer) => (ticket = fresh));
        socket.on('error', reject);
        socket.on('secureConnect', () => {
          reused = socket.isSessionReused();
          socket.write(`GET /page HTTP/1.1\r\nHost: ${resource.host}\r\nConnection: close\r\n\r\n`);
        });
        socket.resume();
        socket.on('close', () => resolve({ reused, session: ticket }));
      });
    const first = await visit(undefined);
    expect(first.reused).toBe(false);
    const again = await Promise.all(Array.from({ length: 8 }, () => visit(first.session)));
    expect(again.map(({ reused }) => reused)).toEqual(again.map(() => true));
  });

  it('tell variants apart, and serve what is stale no longer than one process would', async () => {
    await start();
    network.origin.on('/v', (socket, { headers }) =>
      ok(`for ${headers['accept-language'] ?? 'all'}`, {
        'Cache-Control': 'max-age=600',
        Vary: 'Accept-Language',
      })(socket),
    );
    const all = viewers(6);
    for (let i = 0; i < 4; i += 1)
      for (const language of ['de', 'en'])
        for (const client of all) {
          const { body } = await client.ask('/v', { headers: { 'Accept-Language': language } });
          expect(body.toString()).toBe(`for ${language}`);
        }
    expect(network.origin.count('/v')).toBe(2);
    network.origin.on('/brief', ok('brief', { 'Cache-Control': 'max-age=1' }));
    for (let i = 0; i < 3; i += 1) await Promise.all(all.map((client) => client.ask('/brief')));
    await expect.poll(async () => isHit(await resource.get('/brief')), { interval: 100 }).toBe(false);
    expect(network.origin.count('/brief')).toBe(2);
  });
});

it('refuses a number of workers that is none', async () => {
  for (const workers of [0, -1, 1.5, 257, 'two'])
    await expect(startTestNetwork({ config: { workers } })).rejects.toMatchObject({
      code: 'config/invalid',
      message: expect.stringContaining('--workers'),
    });
  await start();
});

it('ends where no worker can be started, and says why', async () => {
  network = await startTestNetwork();
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    await expect(startTestNetwork({ config: { workers: 2 } })).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    process.execPath = execPath;
  }
});
