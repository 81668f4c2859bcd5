import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createFront } from '../src/index.ts';
import type { Answer, AnswerEnd, Front, FrontLimits, ParsedRequest } from '../src/index.ts';
import { createManualClock } from '@media-network/runtime/testing';
import { startHttp2 } from './h2/test-http2.ts';
import { E, F, T, encode } from './h2/probe.ts';

const HANDSHAKE =
  'GET /ws HTTP/1.1\r\nHost: a.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const CONNECT = [
  [':method', 'CONNECT'],
  [':scheme', 'https'],
  [':authority', 'a.localhost'],
  [':path', '/ws'],
  [':protocol', 'websocket'],
] as const;

const ends: AnswerEnd[] = [];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  ends.length = 0;
  for (const close of closing.splice(0)) await close();
});

/** A minute, and the sweep that comes with it. */
async function later(clock: ReturnType<typeof createManualClock>): Promise<void> {
  clock.advance(60_000);
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Says everything back in capitals, and ends when the other side does. */
async function* capitals(request: ParsedRequest): AsyncGenerator<Uint8Array> {
  for await (const piece of request.body as AsyncIterable<Buffer>)
    yield Buffer.from(piece.toString('latin1').toUpperCase(), 'latin1');
  yield Buffer.from('bye');
}

const switched = (
  request: ParsedRequest,
  body: Answer<string>['body'] = capitals(request),
): Answer<string> => ({
  status: 101,
  statusText: 'Switching Protocols',
  headers: ['X-Of', 'the switch'],
  contentLength: undefined,
  body,
  token: 'payer',
  ended: (end) => ends.push(end),
});

interface Opened {
  readonly front: Front;
  readonly socket: Socket;
  readonly text: () => string;
  readonly written: { head: number; body: number };
}

async function open(
  first: string,
  answer: (request: ParsedRequest) => Answer<string> = switched,
  options: {
    readonly limits?: Partial<FrontLimits>;
    readonly clock?: ReturnType<typeof createManualClock>;
  } = {},
): Promise<Opened> {
  const written = { head: 0, body: 0 };
  const front = createFront<string>(
    {
      answer: async (request) => answer(request),
      onWritten(token, head, body) {
        if (token !== 'payer') return;
        written.head += head;
        written.body += body;
      },
    },
    options,
  );
  const { port } = await front.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  if (first !== '') socket.write(first, 'latin1');
  let all = '';
  socket.on('data', (part: Buffer) => (all += part.toString('latin1')));
  socket.on('error', () => undefined);
  closing.push(() => {
    socket.destroy();
    return front.close({ graceMs: 0 });
  });
  return { front, socket, text: () => all, written };
}

describe('a switch over HTTP/1.1', () => {
  test('from its head on, bytes go as they are, and count', async () => {
    const { socket, text, written } = await open(`${HANDSHAKE}GET /`);
    await expect.poll(text).toMatch(/\r\n\r\nGET \/$/);
    const head = text().indexOf('\r\n\r\n') + 4;
    expect(text().slice(0, head)).toMatch(
      /^HTTP\/1\.1 101 Switching Protocols\r\nX-Of: the switch\r\nDate: [^\r]*\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/,
    );
    socket.end('x HTTP/1.1\r\n\r\n');
    await once(socket, 'end');
    expect(text().slice(head)).toBe('GET /X HTTP/1.1\r\n\r\nbye');
    expect(written).toEqual({ head, body: text().length - head });
    expect(ends).toEqual([{ complete: true, bytes: text().length }]);
  });

  test('may be silent for longer than any request, in both directions', async () => {
    const clock = createManualClock(1_000_000);
    const { socket, text } = await open(HANDSHAKE, switched, { clock });
    await expect.poll(text).toMatch(/101/);
    for (let i = 0; i < 10; i += 1) await later(clock);
    socket.write('still here');
    await expect.poll(text).toMatch(/STILL HERE$/);
  });

  test('a viewer that has sent its last byte with the handshake hears all the same', async () => {
    const { socket, text } = await open('');
    socket.end(`${HANDSHAKE}x`);
    await once(socket, 'end');
    expect(text()).toMatch(/\r\n\r\nXbye$/);
  });

  test('ends its connection, whatever still comes', async () => {
    const { socket, text } = await open(HANDSHAKE, (request) =>
      switched(request, Buffer.from('that is all')),
    );
    await once(socket, 'end');
    expect(text()).toMatch(/\r\n\r\nthat is all$/);
    expect(ends).toMatchObject([{ complete: true }]);
  });

  test('a viewer that goes is told to both ends', async () => {
    let gone: unknown;
    const { socket, text } = await open(HANDSHAKE, (request) => {
      request.signal.addEventListener('abort', () => (gone = true));
      return switched(request);
    });
    await expect.poll(text).toMatch(/101/);
    socket.resetAndDestroy();
    await expect.poll(() => ends).toMatchObject([{ complete: false }]);
    expect(gone).toBe(true);
  });

  test('one that nobody asked for is no answer', async () => {
    for (const first of [
      'GET /ws HTTP/1.1\r\nHost: a.localhost\r\n\r\n',
      HANDSHAKE.replace('GET', 'POST'),
      HANDSHAKE.replace('HTTP/1.1', 'HTTP/1.0'),
      HANDSHAKE.replace('Connection: Upgrade', 'Connection: x'),
      HANDSHAKE.replace('\r\n\r\n', '\r\nContent-Length: 1\r\n\r\nx'),
    ]) {
      const { text } = await open(first);
      await expect.poll(text).toMatch(/^HTTP\/1\.1 500 /);
    }
  });

  test('what is no switch leaves what comes behind to be read as requests', async () => {
    const seen: string[] = [];
    const { text } = await open(`${HANDSHAKE}GET /next HTTP/1.1\r\nHost: a.localhost\r\n\r\n`, (request) => {
      seen.push(`${request.target} ${request.upgrade} ${request.hasBody}`);
      return { ...switched(request, Buffer.from('no')), status: 200, contentLength: 2 };
    });
    await expect.poll(text).toMatch(/200 [^]*no[^]*200 [^]*no$/);
    expect(seen).toEqual(['/ws websocket false', '/next undefined false']);
  });
});

test.each(['http/1.1', 'h2'])(
  'over %s, a viewer that has ended its side and hears nothing is taken for gone',
  async (protocol) => {
    const clock = createManualClock(1_000_000);
    let gone = 0;
    let said = 0;
    /** Says something twice, then nothing. */
    async function* quiet(request: ParsedRequest): AsyncGenerator<Uint8Array> {
      while (said < 2) {
        said += 1;
        yield Buffer.from('x');
        await clock.sleep(20_000, request.signal).catch(() => undefined);
      }
      await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
    }
    const answer = (request: ParsedRequest): Answer<string> => {
      request.signal.addEventListener('abort', () => (gone += 1));
      return { ...switched(request, quiet(request)), status: 200 };
    };
    if (protocol === 'h2') {
      const server = await startHttp2({ clock, answer: async (request) => answer(request) });
      closing.push(() => server.close());
      const probe = await server.probe();
      await probe.handshake();
      probe.headers(1, [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', 'a.localhost'],
        [':path', '/'],
      ]);
      await probe.want('DATA', (one) => one.type === T.data);
      probe.stream.end();
    } else {
      const { socket, text } = await open('GET / HTTP/1.1\r\nHost: a.localhost\r\n\r\n', answer, { clock });
      await expect.poll(text).toMatch(/x/);
      socket.end();
    }
    // Until the front has seen the end, and has swept.
    await expect
      .poll(async () => {
        clock.advance(5_000);
        await new Promise((resolve) => setImmediate(resolve));
        return gone;
      })
      .toBe(1);
    expect(said).toBe(2);
    expect(clock.nowMs()).toBeGreaterThan(1_000_000 + 20_000 + 30_000);
  },
);

describe('a switch over HTTP/2 (RFC 8441)', () => {
  test('is offered, and is DATA from its head on, beside other streams', async () => {
    const server = await startHttp2({
      answer: async (request) => {
        expect([request.method, request.upgrade, request.hasBody, request.target]).toEqual([
          'GET',
          'websocket',
          false,
          '/ws',
        ]);
        return switched(request);
      },
      hits: { '/hit': Buffer.from('hit') },
    });
    closing.push(() => server.close());
    const probe = await server.probe();
    await probe.handshake();
    expect(probe.settings.get(8)).toBe(1);
    probe.headers(1, encode(CONNECT), F.endHeaders);
    const head = await probe.want('HEADERS', (one) => one.type === T.headers && one.id === 1);
    // 200, indexed.
    expect([head.flags & F.endStream, head.payload.includes(0x88)]).toEqual([0, true]);
    expect(head.payload.includes(Buffer.from('content-length'))).toBe(false);
    probe.frame(T.data, 0, 1, Buffer.from('abc'));
    const said = await probe.want('DATA', (one) => one.type === T.data && one.id === 1);
    expect(said.payload.toString()).toBe('ABC');
    probe.headers(3, [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'a.localhost'],
      [':path', '/hit'],
    ]);
    expect((await probe.want('DATA', (one) => one.type === T.data && one.id === 3)).payload.toString()).toBe(
      'hit',
    );
    probe.frame(T.data, F.endStream, 1);
    expect((await probe.want('DATA', (one) => one.type === T.data && one.id === 1)).payload.toString()).toBe(
      'bye',
    );
    await probe.want('the end', (one) => one.id === 1 && (one.flags & F.endStream) !== 0);
    expect(ends).toMatchObject([{ complete: true }]);
    probe.end();
  });

  test('may be silent, is reset where it fails, and refused in the way of any request', async () => {
    const clock = createManualClock(1_000_000);
    const server = await startHttp2({
      clock,
      answer: async (request) => {
        if (request.target === '/no')
          return { ...switched(request, Buffer.from('no')), status: 403, contentLength: 2 };
        return switched(
          request,
          (async function* () {
            for await (const piece of request.body as AsyncIterable<Buffer>) yield piece;
            throw new Error('the origin is gone');
          })(),
        );
      },
    });
    closing.push(() => server.close());
    const probe = await server.probe();
    await probe.handshake();
    probe.headers(1, encode(CONNECT), F.endHeaders);
    await probe.want('HEADERS', (one) => one.type === T.headers);
    for (let i = 0; i < 10; i += 1) await later(clock);
    probe.frame(T.data, F.endStream, 1, Buffer.from('x'));
    await probe.want('DATA', (one) => one.type === T.data && one.payload.toString() === 'x');
    const reset = await probe.want('RST_STREAM', (one) => one.type === T.reset && one.id === 1);
    expect(reset.payload.readUInt32BE(0)).toBe(E.internal);
    probe.headers(
      3,
      encode(CONNECT.map(([name, value]) => [name, name === ':path' ? '/no' : value] as const)),
      F.endHeaders,
    );
    expect((await probe.want('DATA', (one) => one.type === T.data && one.id === 3)).payload.toString()).toBe(
      'no',
    );
    probe.end();
  });
});
