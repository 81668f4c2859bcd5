import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(): Promise<{ begun: [string, ServerResponse][]; socket: Socket }> {
  const begun: [string, ServerResponse][] = [];
  const server = createServer(
    inTurn((request, response) => {
      begun.push([request.url ?? '', response]);
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  socket.on('error', () => undefined);
  closers.push(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { begun, socket };
}

const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

it('begins the next request of a pipeline when the answer before has been taken', async () => {
  const { begun, socket } = await serve();
  let got = '';
  socket.on('data', (data: Buffer) => (got += data.toString()));
  socket.write(ask('/1') + ask('/2') + ask('/3'));
  for (const path of ['/1', '/2', '/3']) {
    await expect.poll(() => begun.at(-1)?.[0]).toBe(path);
    begun.at(-1)?.[1].end(`answer to ${path};`);
  }
  await expect
    .poll(() => got.match(/answer to \/\d/g))
    .toEqual(['/1', '/2', '/3'].map((path) => `answer to ${path}`));
  // A connection on which nothing is under way takes the next.
  socket.write(ask('/4'));
  await expect.poll(() => begun.at(-1)?.[0]).toBe('/4');
  begun.at(-1)?.[1].end();
});

it('makes one answer for a client that reads nothing, and none more when it has gone', async () => {
  const { begun, socket } = await serve();
  socket.pause();
  socket.write(Array.from({ length: 20 }, (_, index) => ask(`/${index}`)).join(''));
  await expect.poll(() => begun.length).toBe(1);
  const [, response] = begun[0] ?? [];
  // More than both ends of a connection hold.
  response?.end(Buffer.alloc(32 * 2 ** 20));
  const closed = once(response ?? socket, 'close');
  socket.destroy();
  await closed;
  expect(begun).toHaveLength(1);
});

it('ends a connection on which more wait than clients send', async () => {
  const { begun, socket } = await serve();
  socket.resume();
  const closed = once(socket, 'close');
  socket.write(Array.from({ length: 100 }, () => ask('/')).join(''));
  await closed;
  expect(begun).toHaveLength(1);
});
