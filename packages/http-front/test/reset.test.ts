import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startTestFront } from './test-front.ts';
import type { TestFront } from './test-front.ts';

let server: TestFront | undefined;
afterEach(async () => {
  await server?.front.close({ graceMs: 0 });
  server = undefined;
});

const hits = { '/small': Buffer.alloc(900, 'a'), '/large': Buffer.alloc(900_000, 'b') };

test.each<[string, number]>([
  ['/small', 1],
  ['/small', 300],
  ['/large', 1],
  ['/slow', 1],
  ['/slow', 300],
])('nothing counts of %s, asked for %i times by who resets before it is read', async (target, times) => {
  server = await startTestFront({
    hits,
    slow: (_request, response) => response.end(Buffer.alloc(200_000, 'c')),
  });
  const { front, port, seen, total } = server;
  for (let i = 0; i < 5; i += 1) {
    const asked = seen.length;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    // In one turn: when the request is read, the reset is here.
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`.repeat(times));
    socket.resetAndDestroy();
    await expect.poll(() => seen.length).toBeGreaterThan(asked);
  }
  await front.close({ graceMs: 0 });
  expect(total()).toBe(0);
});
