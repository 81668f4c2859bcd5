import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startTrackerServer } from './tracker-server.ts';
import type { TrackerServer, TrackerServerOptions } from './tracker-server.ts';

const ID = (n: number): string => n.toString(16).padStart(32, '0');
const open: TrackerServer[] = [];
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  for (const server of open.splice(0)) await server.close();
});

async function start(over: Partial<TrackerServerOptions> = {}): Promise<TrackerServer> {
  const server = await startTrackerServer(
    { host: '127.0.0.1', port: 0, ...over },
    {
      admit: async ({ swarm }) => ({ kind: 'admitted', swarm: swarm ?? '' }),
      placesOf: () => [],
      clock: { nowMs: () => 0 },
      random: Math.random,
    },
  );
  open.push(server);
  return server;
}

async function join(url: string, n: number): Promise<{ socket: WebSocket; next(): Promise<unknown> }> {
  const socket = new WebSocket(url);
  sockets.push(socket);
  const heard: unknown[] = [];
  let wake: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    heard.push(JSON.parse(data.toString()));
    wake?.();
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'join', version: 1, id: ID(n), swarm: 'a'.repeat(64), links: [] }));
  return {
    socket,
    async next() {
      while (heard.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return heard.shift();
    },
  };
}

it('introduces viewers over real sockets, names its STUN server, and forgets who leaves', async () => {
  const server = await start({ stunPort: 0, stunHost: 'tracker.example' });
  expect(server.stun).toMatch(/^stun:tracker\.example:\d+$/);
  const one = await join(server.url, 1);
  expect(await one.next()).toEqual({ type: 'joined', size: 1, ice: [server.stun] });
  const other = await join(server.url, 2);
  expect(await other.next()).toMatchObject({ type: 'joined', size: 2 });
  expect(await one.next()).toEqual({ type: 'peer', id: ID(2), offer: false });
  other.socket.terminate();
  await expect.poll(() => server.tracker.stats.viewers).toBe(1);
});

it('ends a viewer that sends more than a message may have', async () => {
  const server = await start();
  const one = await join(server.url, 1);
  await one.next();
  one.socket.send('x'.repeat(20_000));
  await once(one.socket, 'close');
  await expect.poll(() => server.tracker.stats.viewers).toBe(0);
});

it('is asked by nobody but viewers, and says how it is', async () => {
  const server = await start();
  const http = server.url.replace('ws:', 'http:');
  expect((await fetch(http)).status).toBe(404);
  expect(await (await fetch(new URL('/healthz', http))).json()).toMatchObject({ ok: true, viewers: 0 });
  const elsewhere = new WebSocket(server.url.replace('/v1/track', '/other'));
  await once(elsewhere, 'error');
});

it('says which port is taken', async () => {
  const server = await start();
  const port = Number(new URL(server.url).port);
  await expect(start({ port })).rejects.toMatchObject({ code: 'tracker/port-in-use' });
});
