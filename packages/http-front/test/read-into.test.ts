import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readInto } from '../src/read-into.ts';
import { readAtLeast } from './raw-client.ts';
import { startTestFront } from './test-front.ts';
import type { TestFront } from './test-front.ts';

const letter = (i: number): string => String.fromCharCode(97 + i);
const whole = (i: number): string =>
  `PUT /${letter(i).repeat(9)} HTTP/1.1\r\nHost: ${letter(i)}.example\r\nContent-Length: 600\r\n\r\n${letter(i).repeat(600)}`;

let front: TestFront | undefined;
afterEach(async () => {
  await front?.front.close({ graceMs: 0 });
  front = undefined;
});

test('this runtime reads what comes to accepted sockets into the memory it is given', async () => {
  const into = Buffer.alloc(1_024);
  const got: string[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    // Without it all still works, and every read costs more: an update of the runtime would go unnoticed.
    expect(readInto(socket, into, (bytes) => got.push(into.toString('latin1', 0, bytes)))).toBe(true);
    socket.on('end', () => end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const client = connect(port, '127.0.0.1');
  client.end('hello');
  await ended;
  client.destroy();
  server.close();
  expect(got.join('')).toBe('hello');
});

test('requests that come in pieces on many connections at once keep their bytes to themselves', async () => {
  const bodies = new Map<string, string>();
  front = await startTestFront({
    slow: async (request, response) => {
      let body = '';
      for await (const chunk of request.body) body += String(chunk);
      bodies.set(request.target, body);
      response.end(`${request.target} ${body.length}`);
    },
  });
  const { port } = front;
  const sockets: Socket[] = [];
  for (let i = 0; i < 8; i += 1) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    sockets.push(socket);
  }
  // A piece of each in turns, so that each read overwrites what the others left in the memory they share.
  for (let at = 0; at < whole(0).length; at += 11) {
    for (const [i, socket] of sockets.entries()) socket.write(whole(i).slice(at, at + 11), 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const [i, socket] of sockets.entries()) {
    const expected = `/${letter(i).repeat(9)} 600`;
    let text = '';
    while (!text.includes(expected)) text += (await readAtLeast(socket, 1)).toString('latin1');
    socket.destroy();
    expect(bodies.get(`/${letter(i).repeat(9)}`)).toBe(letter(i).repeat(600));
  }
  expect(front.seen).toHaveLength(8);
});
