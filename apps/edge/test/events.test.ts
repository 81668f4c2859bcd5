import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { script } from './scripted-origin.ts';

let network: TestNetwork;
let resource: TestResource;
const viewers: Socket[] = [];
/** Connections of the origin on which a stream is under way. */
let streams: Socket[];

async function start(config: Record<string, unknown> = {}, headers = ''): Promise<void> {
  network = await startTestNetwork({ config });
  resource = await network.addResource();
  streams = [];
  network.origin.on('/events', (socket) => {
    streams.push(socket);
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n${headers}Transfer-Encoding: chunked\r\n\r\n`,
    );
  });
}
afterEach(async () => {
  for (const socket of viewers.splice(0)) socket.destroy();
  await network.close();
});

function view(more = ''): { readonly text: () => string; readonly closed: () => boolean } {
  const socket = connect(network.edge.port, '127.0.0.1', () =>
    socket.write(`GET /events HTTP/1.1\r\nHost: ${resource.host}\r\n${more}\r\n`),
  );
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
  socket.on('error', () => undefined);
  viewers.push(socket);
  return { text: () => text, closed: () => socket.closed };
}

function event(of: Socket | undefined, data: string): void {
  const bytes = `data: ${data}\n\n`;
  of?.write(`${bytes.length.toString(16)}\r\n${bytes}\r\n`);
}

const EVENTS = 'Accept: text/event-stream\r\n';

it.each([
  ['asked for by name', EVENTS, ''],
  ['asked for by nobody', '', ''],
  ['that says it may be kept', '', 'Cache-Control: max-age=600\r\n'],
])('a stream %s: head and events at once, one for each viewer, none kept', async (_name, asks, says) => {
  await start({}, says);
  const first = view(asks);
  await expect.poll(first.text).toMatch(/^HTTP\/1\.1 200 OK[^]*text\/event-stream[^]*\r\n\r\n$/);
  event(streams[0], 'one');
  await expect.poll(first.text).toMatch(/data: one\n\n\r\n$/);
  // Who comes later has a stream of its own, from its moment on.
  const second = view(asks);
  await expect.poll(() => streams.length).toBe(2);
  await expect.poll(second.text).toMatch(/^HTTP\/1\.1 200 /);
  event(streams[1], 'two');
  await expect.poll(second.text).toMatch(/data: two\n\n\r\n$/);
  expect(second.text()).not.toContain('one');
  expect(first.text()).not.toContain('two');
  for (const stream of streams) stream.end('0\r\n\r\n');
  await expect.poll(first.text).toMatch(/0\r\n\r\n$/);
  const third = view(asks);
  await expect.poll(() => streams.length).toBe(3);
  await expect.poll(third.text).toMatch(/^HTTP\/1\.1 200 /);
  expect(third.text()).toMatch(/cache-status: medianet; fwd=/i);
  expect(third.text()).not.toMatch(/data:/);
});

it('one that is quiet for longer than a body may be goes on, a body does not', async () => {
  await start({ originTimeoutMs: 400, tunnelIdleMs: 60_000 });
  network.origin.on(
    '/body',
    (socket) => void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n'),
  );
  const quiet = view(EVENTS);
  await expect.poll(quiet.text).toMatch(/200 OK/);
  // A body of the same silence, three times over.
  for (let i = 0; i < 3; i += 1) expect((await resource.get('/body')).complete).toBe(false);
  expect(quiet.closed()).toBe(false);
  event(streams[0], 'at last');
  await expect.poll(quiet.text).toMatch(/at last/);
});

it('one that is silent for longer than a WebSocket may be ends', async () => {
  await start({ originTimeoutMs: 200, tunnelIdleMs: 600 });
  const quiet = view(EVENTS);
  await expect.poll(quiet.text).toMatch(/200 OK/);
  await expect.poll(quiet.closed).toBe(true);
  expect(quiet.text()).not.toMatch(/0\r\n\r\n$/);
});

it('a viewer who leaves ends its stream, and no other', async () => {
  await start();
  const [first, second] = [view(EVENTS), view(EVENTS)];
  await expect.poll(() => streams.length).toBe(2);
  await expect.poll(() => [first.text(), second.text()].every((text) => text.includes('200 OK'))).toBe(true);
  viewers[0]?.resetAndDestroy();
  await expect.poll(() => streams.filter((stream) => stream.closed).length).toBe(1);
  event(
    streams.find((stream) => !stream.closed),
    'you',
  );
  await expect.poll(second.text).toMatch(/you/);
});

it('what is named text/event-streams, or only mentions them, is kept like anything else', async () => {
  await start();
  script(network.origin, '/kept', {
    headers: [
      ['Cache-Control', 'max-age=60'],
      ['Content-Type', 'text/event-streams'],
    ],
    body: 'x',
  });
  await resource.get('/kept', { headers: { Accept: 'text/event-streams, */*' } });
  expect((await resource.get('/kept')).headers['cache-status']).toMatch(/hit/);
});
