import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { startHttp2 } from './h2/test-http2.ts';
import { readAtLeast } from './raw-client.ts';
import { startTestFront } from './test-front.ts';
import type { TestFront } from './test-front.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`;
const LONG_MS = 60_000;

let server: TestFront | undefined;
afterEach(async () => {
  await server?.front.close({ graceMs: 0 });
  server = undefined;
});

/** Resolves once the condition holds, looked at after each turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a front that others take over from', () => {
  test('answers the next request of a kept connection, and says that it was the last', async () => {
    server = await startTestFront({ hits: { '/hit': Buffer.from('hit') } });
    for (const target of ['/hit', '/slow']) {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(get(target));
      expect((await readAtLeast(socket, 60)).toString('latin1')).not.toContain('Connection: close');
      void server.front.close({ graceMs: LONG_MS, idleMs: LONG_MS });
      socket.write(get(target));
      expect(await textOf(socket.resume())).toMatch(/^HTTP\/1\.1 200 OK[^]*Connection: close[^]*(hit|slow)$/);
      await server.front.close({ graceMs: 0 });
      server = await startTestFront({ hits: { '/hit': Buffer.from('hit') } });
    }
  });

  test('answers a request that was half here, even where idle connections end at once', async () => {
    server = await startTestFront({});
    const socket = connect(server.port, '127.0.0.1');
    const request = get('/half');
    const { front } = server;
    await until(() => front.stats.connections === 1);
    socket.write(request.slice(0, 20));
    const answered = textOf(socket);
    // The bytes are there before the other end is told to close: a connection later in line is accepted.
    const other = connect(server.port, '127.0.0.1');
    other.write(get('/other'));
    await readAtLeast(other, 60);
    void front.close({ graceMs: LONG_MS });
    socket.write(request.slice(20));
    expect(await answered).toMatch(/^HTTP\/1\.1 200 OK[^]*target \/half$/);
  });

  test('ends what stays idle, and cuts nothing before its time', async () => {
    server = await startTestFront({});
    const socket = connect(server.port, '127.0.0.1');
    const { front } = server;
    await until(() => front.stats.connections === 1);
    const closed = front.close({ graceMs: LONG_MS, idleMs: 50 });
    await once(socket.resume(), 'end');
    socket.destroy();
    await closed;
  });

  test('is quicker about it when asked again', async () => {
    server = await startTestFront({});
    const socket = connect(server.port, '127.0.0.1');
    const { front } = server;
    await until(() => front.stats.connections === 1);
    const closed = front.close({ graceMs: LONG_MS, idleMs: LONG_MS });
    void front.close({ graceMs: LONG_MS });
    await once(socket.resume(), 'end');
    socket.destroy();
    await closed;
  });

  test('over HTTP/2 answers what is on its way, and a client that has only just connected', async () => {
    const front = await startHttp2({});
    try {
      const url = `https://127.0.0.1:${front.port}`;
      const used = connectHttp2(url, { rejectUnauthorized: false });
      const fresh = connectHttp2(url, { rejectUnauthorized: false });
      await Promise.all([once(used, 'remoteSettings'), once(fresh, 'remoteSettings')]);
      const ask = async (session: typeof used, path: string): Promise<string> =>
        textOf(session.request({ ':path': path, ':authority': 'a.localhost' }));
      expect(await ask(used, '/first')).toBe('target /first');
      const ended = Promise.all([once(used, 'close'), once(fresh, 'close')]);
      // Sent before the GOAWAY is there to be read.
      const crossing = ask(used, '/crossing');
      const closed = front.front.close({ graceMs: LONG_MS, idleMs: LONG_MS });
      expect(await crossing).toBe('target /crossing');
      expect(await ask(fresh, '/fresh')).toBe('target /fresh');
      await ended;
      await closed;
    } finally {
      await front.close();
    }
  });
});
