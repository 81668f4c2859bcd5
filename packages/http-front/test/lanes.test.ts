import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createManualClock } from '@media-network/runtime/testing';
import { rawExchange, readAtLeast, statusLines } from './raw-client.ts';
import { startTestFront } from './test-front.ts';
import type { TestFront, TestFrontOptions } from './test-front.ts';
import type { TestResponse } from './test-response.ts';

const HOST = 'Host: a.example\r\n';
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;

const post = (target: string, framing: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\n${HOST}${framing}\r\n${body}`;

let server: TestFront | undefined;
async function start(options: TestFrontOptions): Promise<TestFront> {
  server = await startTestFront(options);
  return server;
}
afterEach(async () => {
  await server?.front.close({ graceMs: 0 });
  server = undefined;
});

/** Resolves once the condition holds, looked at after each turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('what goes wrong in the slow lane', () => {
  test('a handler that leaves a reason phrase behind which cannot be sent gets a 500, and the process lives', async () => {
    const { port } = await start({
      slow: async (_request, response) => {
        await Promise.resolve();
        response.writeHead(200, 'O\x01K').end();
      },
    });
    for (let i = 0; i < 2; i += 1) {
      const { text } = await rawExchange(port, [get('/')]);
      expect(statusLines(text)).toEqual(['500']);
    }
  });

  test('an expectation that nobody knows is refused, and the connection ends', async () => {
    const { port, seen, refused } = await start({});
    const { text } = await rawExchange(port, [post('/put', 'Expect: x\r\nContent-Length: 2\r\n', 'ab')]);
    expect(statusLines(text)).toEqual(['417']);
    expect([seen, refused]).toEqual([[], ['417 expectation']]);
  });
});

describe('order and keep-alive', () => {
  test('pipelined requests of both lanes are answered in order on one connection', async () => {
    const { port, front } = await start({
      hits: { '/hit': Buffer.from('hit body') },
      slow: async (request, response) => {
        // Answered late: what follows must wait.
        await new Promise((resolve) => setImmediate(resolve));
        let size = 0;
        request.body.on('data', (chunk: Buffer) => (size += chunk.length));
        await once(request.body, 'end');
        response.end(`${request.method} ${request.target} ${size}`);
      },
    });
    const { text } = await rawExchange(port, [
      get('/hit') +
        get('/1') +
        post('/2', 'Content-Length: 3\r\n', 'abc') +
        get('/hit') +
        post('/3', 'Transfer-Encoding: chunked\r\n', '2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nT: v\r\n\r\n') +
        post('/4', 'Content-Length: 0\r\n', '') +
        get('/hit', 'Connection: close\r\n'),
    ]);
    const bodies = text
      .split('\r\n\r\n')
      .slice(1)
      .map((part) => part.split('HTTP/1.1')[0]);
    expect(bodies).toEqual([
      'hit body',
      'GET /1 0',
      'POST /2 3',
      'hit body',
      'POST /3 5',
      'POST /4 0',
      'hit body',
    ]);
    expect(front.stats).toMatchObject({ connections: 1, fast: 3, slow: 4, refused: 0 });
  });

  test('the same answers when every byte comes alone', async () => {
    const { port } = await start({ hits: { '/hit': Buffer.from('hit body') } });
    const bytes =
      get('/hit') +
      get('/x') +
      `POST /p HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n` +
      get('/hit', 'Connection: close\r\n');
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    for (const character of bytes) {
      await new Promise<void>((resolve) =>
        socket.write(Buffer.from(character, 'latin1'), () => setImmediate(resolve)),
      );
    }
    await once(socket, 'close');
    expect(statusLines(text)).toEqual(['200', '200', '200', '200']);
    expect(text.match(/hit body/g)).toHaveLength(2);
  });

  test('what is not plain goes to the slow lane with its raw target and fields', async () => {
    const seen: unknown[] = [];
    const { port, seen: lanes } = await start({
      hits: { '/hit': Buffer.from('x') },
      slow: (request, response) => {
        seen.push({
          target: request.target,
          raw: request.rawHeaders,
          host: request.host,
          port: request.port,
          version: request.httpVersion,
        });
        response.end();
      },
    });
    const fields = [
      'Range: bytes=0-1',
      'If-None-Match: "a"',
      'If-Modified-Since: x',
      'If-Range: "a"',
      'If-Match: "a"',
      'Expect: 100-continue',
      'Upgrade: websocket',
      'Authorization: Basic x',
      'Connection: upgrade',
      'If-Unmodified-Since: x',
    ];
    for (const field of fields) await rawExchange(port, [get('/hit', `${field}\r\n`)], { end: true });
    await rawExchange(
      port,
      ['GET http://A.Example:80/hit?%2E%2E/b HTTP/1.1\r\nhOsT: a.example\r\nX-Y:  v \xe9\t\r\n\r\n'],
      { end: true },
    );
    await rawExchange(port, [`GET /hit HTTP/1.0\r\n${HOST}\r\n`]);
    expect(lanes.filter((line) => line.startsWith('fast'))).toEqual([]);
    expect(seen).toHaveLength(fields.length + 2);
    expect(seen.at(-2)).toEqual({
      target: '/hit?%2E%2E/b',
      raw: ['hOsT', 'a.example', 'X-Y', 'v \xe9'],
      host: 'a.example',
      port: undefined,
      version: '1.1',
    });
    expect(seen.at(-1)).toMatchObject({ target: '/hit', version: '1.0' });
  });

  test('the last request a connection may make says so', async () => {
    const { port } = await start({
      hits: { '/hit': Buffer.from('x') },
      limits: { maxRequestsPerConnection: 2 },
    });
    const { text } = await rawExchange(port, [get('/hit'), get('/hit'), get('/hit')]);
    expect(statusLines(text)).toEqual(['200', '200']);
    expect(text.match(/Connection: close/g)).toHaveLength(1);
  });
});

describe('accounts', () => {
  test('hits, slow responses, HEAD, interim and refused responses add up to what the client counted', async () => {
    const { port, written, total } = await start({
      hits: { '/small': Buffer.alloc(10, 1), '/large': Buffer.alloc(700_000, 2), '/empty': Buffer.alloc(0) },
      slow: async (request, response) => {
        for await (const _ of request.body);
        if (request.target === '/chunked') {
          response.write('abc');
          await new Promise((resolve) => setImmediate(resolve));
          response.end('def');
        } else {
          response.setHeader('Content-Length', '5');
          response.end('12345');
        }
      },
    });
    const head = (target: string): string => `HEAD ${target} HTTP/1.1\r\n${HOST}\r\n`;
    const { bytes, text } = await rawExchange(port, [
      get('/small') +
        get('/large') +
        head('/large') +
        get('/empty') +
        get('/chunked') +
        head('/sized') +
        get('/sized'),
      `PUT /put HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab`,
      get('/small') + get('//refused'),
    ]);
    expect(total()).toBe(bytes);
    expect(text).toContain('HTTP/1.1 100 Continue');
    expect(written.get('hit /small')?.body).toBe(20);
    expect(written.get('hit /large')?.body).toBe(700_000);
    expect(written.get('hit /empty')?.body).toBe(0);
    expect(written.get('slow /sized')?.body).toBe(5);
    expect(written.get('slow /chunked')?.body).toBe('3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n'.length);
    expect(written.get('slow /put')?.body).toBe(5);
    expect(written.get('slow /put')?.head).toBeGreaterThan('HTTP/1.1 100 Continue\r\n\r\n'.length);
  });

  test.each(['fast', 'slow'])(
    'a client that goes away midway: never more than left the process (%s)',
    async (lane) => {
      const size = 64 * 1024 * 1024;
      const body = Buffer.alloc(size, 3);
      const { port, total, front } = await start({
        hits: lane === 'fast' ? { '/big': body } : {},
        slow: (_request, response) => {
          response.setHeader('Content-Length', String(size));
          for (let at = 0; at < size; at += 262_144) response.write(body.subarray(at, at + 262_144));
          response.end();
        },
      });
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(get('/big'));
      await readAtLeast(socket, 300_000);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.resetAndDestroy();
      await closed;
      await until(() => front.openConnections === 0);
      expect(total()).toBeGreaterThan(0);
      // What left: what the client took plus what the two kernels buffered, far below the body.
      expect(total()).toBeLessThan(size / 2);
    },
  );

  test('a response whose handler gives up is cut, not ended', async () => {
    const { port } = await start({
      slow: (_request, response) => {
        response.setHeader('Content-Length', '100');
        response.write('only this', () => response.destroy());
      },
    });
    const { text } = await rawExchange(port, [get('/cut')]).catch((error: unknown) => ({
      text: String(error),
    }));
    expect(text).not.toContain('HTTP/1.1 200 OK\r\n\r\n');
    expect(text.length).toBeLessThan(300);
  });

  test('a handler that throws is a 500 and a closed connection', async () => {
    const { port } = await start({
      slow: () => {
        throw new Error('boom');
      },
    });
    const { text } = await rawExchange(port, [get('/x'), get('/y')]);
    expect(statusLines(text)).toEqual(['500']);
    expect(text).not.toContain('boom');
  });
});

describe('slow readers and unread bodies', () => {
  test('a reader that stops holds back its own pipeline and bounded memory', async () => {
    const body = Buffer.alloc(200_000, 5);
    const { port, seen, total } = await start({ hits: { '/b': body } });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    const count = 2_000;
    socket.write(get('/b').repeat(count));
    // The kernels take a few megabytes; then the front must stop asking for hits.
    let before = -1;
    while (before !== seen.length) {
      before = seen.length;
      for (let i = 0; i < 200; i += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen.length).toBeLessThan(count / 4);
    let got = 0;
    socket.on('data', (chunk) => (got += chunk.length));
    socket.resume();
    await until(() => seen.length === count && got >= count * body.length && got === total());
    socket.destroy();
  });

  test('a reader that stops is made few pieces of an answer, however small they are', async () => {
    const most = 400_000;
    let made = 0;
    const count = (): number => made;
    async function* pieces(): AsyncGenerator<Buffer> {
      for (; made < most; made += 1) yield Buffer.alloc(100, 0x61);
    }
    const { port } = await start({
      // By bytes alone all of them would be made.
      limits: { maxQueuedOutputBytes: most * 1_000 },
      slow: (_request, response) => response.stream(pieces()),
    });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(get('/'));
    await until(() => made > 0);
    for (let before = -1; before !== count();) {
      before = count();
      for (let i = 0; i < 200; i += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(made).toBeLessThan(most);
    socket.resume();
    await until(() => made === most);
    socket.destroy();
  });

  test('a small unread body is drained and the connection lives', async () => {
    const { port } = await start({
      hits: { '/hit': Buffer.from('hit') },
      slow: (_request, response) => response.end('early'),
    });
    const { text } = await rawExchange(port, [
      `POST /p HTTP/1.1\r\n${HOST}Content-Length: 30000\r\n\r\n`,
      Buffer.alloc(30_000, 0x61),
      get('/hit', 'Connection: close\r\n'),
    ]);
    expect(statusLines(text)).toEqual(['200', '200']);
  });

  test('a large unread body ends the connection', async () => {
    const { port } = await start({
      hits: { '/hit': Buffer.from('hit') },
      slow: (_request, response) => response.end('early'),
      limits: { maxDrainBytes: 10_000 },
    });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`POST /p HTTP/1.1\r\n${HOST}Content-Length: 100000000\r\n\r\n`);
    const first = await readAtLeast(socket, 20);
    expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 200/);
    const ended = once(socket, 'end');
    socket.resume();
    socket.write(Buffer.alloc(200_000));
    await ended;
    socket.destroy();
  });

  test('body bytes that look like a request are never read as one', async () => {
    const { port, seen } = await start({
      hits: { '/hit': Buffer.from('hit') },
      slow: (_request, response) => response.end('ok'),
    });
    const smuggled = get('/hit');
    await rawExchange(
      port,
      [`GET /x HTTP/1.1\r\n${HOST}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`],
      { end: true },
    );
    expect(seen).toEqual(['slow GET a.example /x']);
  });
});

describe('time limits', () => {
  const clock = createManualClock();
  const tick = async (ms: number): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    for (let passed = 0; passed < ms; passed += 500) {
      clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  test('what has come while the process was held up is not late', async () => {
    const { port, front } = await start({ clock });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    socket.write('GET / HTTP/1.1\r\n');
    await until(() => front.stats.connections === 1);
    await tick(1_000);
    // The rest is with the kernel when the clock says that it is too late for it.
    socket.write(`${HOST}\r\n`);
    clock.advance(11_000);
    const text = (await readAtLeast(socket, 20)).toString('latin1');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  test('a head that trickles in is given up with 408', async () => {
    const { port, front, refused } = await start({ clock });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /x HTTP/1.1\r\nHost: a');
    await until(() => front.stats.connections === 1);
    for (let i = 0; i < 30 && refused.length === 0; i += 1) {
      socket.write('a');
      await tick(1_000);
    }
    const text = (await readAtLeast(socket, 20)).toString('latin1');
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });

  test('silence before, between and inside requests ends connections', async () => {
    const { port, front } = await start({ clock, hits: { '/hit': Buffer.from('x') }, slow: () => undefined });
    const mute = connect(port, '127.0.0.1');
    const idle = connect(port, '127.0.0.1');
    const halfBody = connect(port, '127.0.0.1');
    for (const socket of [mute, idle, halfBody]) socket.on('error', () => undefined);
    const closed = Promise.all([mute, idle, halfBody].map((socket) => once(socket.resume(), 'close')));
    idle.write(get('/hit'));
    halfBody.write(`POST /x HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\na`);
    await until(() => front.stats.fast === 1 && front.stats.slow === 1 && front.stats.connections === 3);
    await tick(80_000);
    await closed;
    expect(front.openConnections).toBe(0);
  });

  test.each([200_000, 300_000])(
    'a handler that takes its time with a body does not cost the client its connection (%d)',
    async (first) => {
      const incoming: Readable[] = [];
      const { port, front } = await start({
        clock,
        slow: async (request, response) => {
          incoming.push(request.body);
          await once(request.body, 'end');
          response.end('all of it');
        },
      });
      const body = Buffer.alloc(400_000, 0x61);
      const socket = connect(port, '127.0.0.1');
      socket.write(`PUT /x HTTP/1.1\r\n${HOST}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body.subarray(0, first));
      await until(() => incoming.length === 1);
      await tick(90_000);
      expect(front.openConnections).toBe(1);
      incoming[0]?.resume();
      await until(() => socket.bytesWritten >= first && socket.writableLength === 0);
      await tick(5_000);
      const answer = readAtLeast(socket, 20);
      socket.write(body.subarray(first));
      expect((await answer).toString('latin1')).toMatch(/^HTTP\/1\.1 200 /);
      socket.destroy();
    },
  );

  test('a reader that never reads is cut', async () => {
    const { port, front } = await start({ clock, hits: { '/big': Buffer.alloc(64 * 1024 * 1024) } });
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(get('/big'));
    await until(() => front.stats.fast === 1);
    await tick(200_000);
    await until(() => front.openConnections === 0);
    socket.destroy();
  });
});

describe('close', () => {
  test('finishes what is under way, says close, and ends idle connections at once', async () => {
    const responses: TestResponse[] = [];
    const { port, front } = await start({
      slow: (_request, response) => {
        responses.push(response);
      },
    });
    const idle = connect(port, '127.0.0.1');
    await until(() => front.stats.connections === 1);
    const exchange = rawExchange(port, [get('/late')]);
    await until(() => front.stats.slow === 1);
    const idleEnded = once(idle.resume(), 'end');
    const closing = front.close({ graceMs: 60_000 });
    await idleEnded;
    responses[0]?.end('late');
    const { text } = await exchange;
    expect(text).toContain('Connection: close');
    expect(text).toMatch(/late$/);
    idle.destroy();
    await closing;
    await expect(rawExchange(port, [get('/x')])).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('cuts what outlives the grace', async () => {
    let aborted = false;
    const { port, front } = await start({
      slow: (request) => {
        request.signal.addEventListener('abort', () => (aborted = true));
      },
    });
    const exchange = rawExchange(port, [get('/never')]).catch(() => undefined);
    await until(() => front.stats.slow === 1);
    await front.close({ graceMs: 10 });
    await exchange;
    expect(aborted).toBe(true);
  });

  test('a port in use is one sentence', async () => {
    const first = await start({});
    const second = await startTestFront({});
    await expect(second.front.listen({ host: '127.0.0.1', port: first.port })).rejects.toMatchObject({
      code: 'front/port-in-use',
    });
    await second.front.close();
  });
});
