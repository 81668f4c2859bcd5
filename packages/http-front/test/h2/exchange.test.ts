import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { Readable } from 'node:stream';
import { buffer, text as textOf } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { createFastHit } from '../../src/index.ts';
import { F, T, encode, u32 } from './probe.ts';
import type { Fields, SeenFrame } from './probe.ts';
import { startHttp2, text } from './test-http2.ts';
import type { TestHttp2, TestHttp2Options } from './test-http2.ts';

let server: TestHttp2 | undefined;
let client: ClientHttp2Session | undefined;

async function start(options: TestHttp2Options): Promise<TestHttp2> {
  server = await startHttp2(options);
  return server;
}

/** The platform's own client: what it reads, others read. */
function open({ port }: TestHttp2): ClientHttp2Session {
  client = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  client.on('error', () => undefined);
  return client;
}

const get = (path: string): Buffer =>
  encode([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'a.localhost'],
    [':path', path],
  ]);

/** Whether a body ends with it. */
const isEnd = (one: SeenFrame, id: number): boolean =>
  one.type === T.data && one.id === id && one.flags === F.endStream;

interface Seen {
  readonly headers: IncomingHttpHeaders & { readonly ':status'?: number };
  readonly body: Buffer;
}

async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: Buffer | readonly Buffer[],
): Promise<Seen> {
  const stream = session.request(
    { ':authority': 'a.localhost', ...headers },
    { endStream: body === undefined },
  );
  for (const piece of Buffer.isBuffer(body) ? [body] : (body ?? [])) stream.write(piece);
  if (body !== undefined) stream.end();
  const [response, received] = await Promise.all([once(stream, 'response'), buffer(stream)]);
  const [seen] = response as [Seen['headers']]; // the event's only argument
  return { headers: seen, body: received };
}

afterEach(async () => {
  client?.destroy();
  client = undefined;
  await server?.close();
  server = undefined;
});

describe('both lanes, seen by the platform’s client', () => {
  test('a hit: head, body, HEAD, and many at once', async () => {
    const body = Buffer.alloc(100_000, 'hit ');
    const front = await start({ hits: { '/hit': body, '/empty': Buffer.alloc(0) } });
    const session = open(front);
    const seen = await ask(session, { ':path': '/hit' });
    expect(seen.headers).toMatchObject({
      ':status': 200,
      'content-type': 'text/plain',
      'content-length': '100000',
      age: expect.stringMatching(/^\d+$/),
    });
    expect(seen.body.equals(body)).toBe(true);
    const head = await ask(session, { ':path': '/hit', ':method': 'HEAD' });
    expect(head.headers['content-length']).toBe('100000');
    expect(head.body.length).toBe(0);
    expect((await ask(session, { ':path': '/empty' })).body.length).toBe(0);
    const many = await Promise.all(Array.from({ length: 90 }, () => ask(session, { ':path': '/hit' })));
    expect(many.every((one) => one.body.equals(body))).toBe(true);
    expect(front.front.stats.fast).toBe(93);
  });

  test('an answer in pieces, without a length and with one', async () => {
    const pieces = [Buffer.alloc(70_000, 1), Buffer.alloc(0), Buffer.alloc(30_000, 2)];
    const front = await start({
      async answer({ target }) {
        const contentLength = target === '/length' ? 100_000 : undefined;
        return { ...text(''), contentLength, body: Readable.from(pieces) };
      },
    });
    const session = open(front);
    for (const path of ['/', '/length']) {
      const seen = await ask(session, { ':path': path });
      expect(seen.body.equals(Buffer.concat(pieces))).toBe(true);
      expect(seen.headers['content-length']).toBe(path === '/length' ? '100000' : undefined);
      expect(seen.headers.date).toBeDefined();
    }
  });

  test('what a handler is told of a request', async () => {
    const front = await start({
      async answer(request) {
        return text(
          JSON.stringify({
            scheme: request.scheme,
            host: request.host,
            port: request.port,
            target: request.target,
            pathEnd: request.pathEnd,
            httpVersion: request.httpVersion,
            hasBody: request.hasBody,
            rawHeaders: request.rawHeaders,
            cookie: request.header('cookie'),
            hostField: request.header('host'),
            twice: request.header('x-twice'),
            serverName: request.serverName,
            body: await textOf(request.body),
          }),
        );
      },
    });
    const seen = await ask(
      open(front),
      {
        ':method': 'POST',
        ':path': '/p%20q?x=1',
        ':authority': 'A.localhost:8443',
        cookie: ['a=1', 'b=2'],
        'x-twice': ['1', '2'],
      },
      [Buffer.from('ein '), Buffer.from('Wort')],
    );
    expect(JSON.parse(seen.body.toString())).toEqual({
      scheme: 'https',
      host: 'a.localhost',
      port: 8443,
      target: '/p%20q?x=1',
      pathEnd: 6,
      httpVersion: '2',
      hasBody: true,
      rawHeaders: ['host', 'A.localhost:8443', 'cookie', 'a=1; b=2', 'x-twice', '1', 'x-twice', '2'],
      cookie: 'a=1; b=2',
      hostField: 'A.localhost:8443',
      twice: '1, 2',
      body: 'ein Wort',
    });
  });

  test('a large upload at the reader’s pace', async () => {
    const front = await start({
      async answer(request) {
        let bytes = 0;
        for await (const piece of request.body) bytes += (piece as Buffer).length; // it yields buffers
        return text(String(bytes));
      },
    });
    const body = Array.from({ length: 40 }, () => Buffer.alloc(100_000));
    expect((await ask(open(front), { ':method': 'PUT', ':path': '/' }, body)).body.toString()).toBe(
      '4000000',
    );
  });

  test('more interim answers than may be under way at a time leave the connection to others', async () => {
    const other = Promise.withResolvers<undefined>();
    const front = await start({
      async answer(request) {
        if (request.target === '/other') await other.promise;
        else for (let i = 0; i < 32; i += 1) request.interim(103, ['link', 'x'.repeat(30_000)]);
        return text(request.target);
      },
    });
    const probe = await front.probe();
    await probe.handshake();
    probe.headers(1, get('/other'));
    probe.headers(3, get('/many'));
    await probe.want('the answer after them', (one) => isEnd(one, 3));
    // Each block is more than a frame holds.
    expect(probe.all.filter(({ type, id }) => type === T.headers && id === 3)).toHaveLength(33);
    other.resolve(undefined);
    await probe.want('the other answer', (one) => isEnd(one, 1));
  });

  test('interim answers: 100 when the body is read, 103 when the handler says', async () => {
    const front = await start({
      async answer(request) {
        request.interim(103, ['link', '</a.css>; rel=preload']);
        return text(await textOf(request.body));
      },
    });
    const stream = open(front).request(
      { ':authority': 'a.localhost', ':method': 'POST', ':path': '/', expect: '100-continue' },
      { endStream: false },
    );
    const hints: unknown[] = [];
    stream.on('headers', (headers: IncomingHttpHeaders & { ':status'?: number }) => {
      hints.push([headers[':status'], headers.link]);
    });
    await once(stream, 'continue');
    stream.end('body');
    expect((await buffer(stream)).toString()).toBe('body');
    expect(hints).toContainEqual([103, '</a.css>; rel=preload']);
  });

  test('an answer that fails midway resets its stream and no other', async () => {
    const ends: unknown[] = [];
    const front = await start({
      hits: { '/hit': Buffer.from('hit') },
      async answer({ target }) {
        async function* body(): AsyncGenerator<Buffer> {
          yield Buffer.from('part');
          if (target === '/fails') throw new Error('gone');
        }
        return { ...text(''), contentLength: 10, body: body(), ended: (end) => ends.push(end) };
      },
    });
    const session = open(front);
    for (const path of ['/fails', '/short']) {
      const stream = session.request({ ':authority': 'a.localhost', ':path': path });
      const [error] = (await once(stream, 'error')) as [Error]; // the event's only argument
      expect(error.message).toContain('INTERNAL_ERROR');
    }
    expect((await ask(session, { ':path': '/hit' })).body.toString()).toBe('hit');
    await expect.poll(() => ends).toMatchObject([{ complete: false }, { complete: false }]);
  });

  test('a handler that fails is answered with 500, a field that cannot be sent, too', async () => {
    const front = await start({
      async answer({ target }) {
        if (target === '/fails') throw new Error('no');
        return { ...text('x'), headers: ['x-evil', 'a\r\nb: c'] };
      },
    });
    const session = open(front);
    expect((await ask(session, { ':path': '/fails' })).headers[':status']).toBe(500);
    expect((await ask(session, { ':path': '/evil' })).headers[':status']).toBe(500);
  });

  test('ranges and conditions are asked of `selective`, and go on like any hit', async () => {
    const body = Buffer.from('0123456789');
    const front = await start({
      hits: { '/hit': body },
      selective(request) {
        if (request.header('if-none-match') === '"a"')
          return createFastHit({
            token: 't',
            status: 304,
            headers: ['ETag', '"a"'],
            body: Buffer.alloc(0),
            saysLength: false,
          });
        return request.header('range') === 'bytes=2-4'
          ? createFastHit({
              token: 't',
              status: 206,
              headers: ['Content-Range', 'bytes 2-4/10'],
              body: body.subarray(2, 5),
            })
          : undefined;
      },
    });
    const session = open(front);
    const part = await ask(session, { ':path': '/hit', range: 'bytes=2-4' });
    expect(part.headers).toMatchObject({
      ':status': 206,
      'content-range': 'bytes 2-4/10',
      'content-length': '3',
    });
    expect(part.body.toString()).toBe('234');
    const known = await ask(session, { ':path': '/hit', 'if-none-match': '"a"' });
    expect([known.headers[':status'], known.headers.etag, known.headers['content-length']]).toEqual([
      304,
      '"a"',
      undefined,
    ]);
    expect(front.seen).toEqual([]);
    await ask(session, { ':path': '/hit', range: 'bytes=5-' });
    await ask(session, { ':path': '/hit', range: 'bytes=2-4', authorization: 'x' });
    expect(front.seen).toEqual(['slow GET a.localhost /hit', 'slow GET a.localhost /hit']);
  });

  test('a hit that HTTP/2 cannot carry is answered with 500, and the process lives', async () => {
    const front = await start({
      hits: { '/evil': Buffer.from('x'), '/hit': Buffer.from('hit') },
      hitHeaders: (target) => (target === '/evil' ? ['x-evil', 'a\x01b'] : []),
    });
    const session = open(front);
    expect((await ask(session, { ':path': '/evil' })).headers[':status']).toBe(500);
    expect((await ask(session, { ':path': '/hit' })).body.toString()).toBe('hit');
  });

  test('a viewer that leaves aborts the signal and ends the body', async () => {
    let aborted = false;
    let returned = false;
    const ends: { complete: boolean }[] = [];
    const front = await start({
      async answer(request) {
        request.signal.addEventListener('abort', () => {
          aborted = true;
        });
        const body: AsyncIterableIterator<Buffer> = {
          next: async () => ({ done: false, value: Buffer.alloc(50_000) }),
          async return() {
            returned = true;
            return { done: true, value: undefined };
          },
          [Symbol.asyncIterator]: () => body,
        };
        return { ...text(''), contentLength: undefined, body, ended: (end) => ends.push(end) };
      },
    });
    const stream = open(front).request({ ':authority': 'a.localhost', ':path': '/' });
    await once(stream, 'data');
    stream.close(8);
    await expect
      .poll(() => [aborted, returned, ends.map(({ complete }) => complete)])
      .toEqual([true, true, [false]]);
  });
});

describe('accounts', () => {
  test('every byte of plaintext is somebody’s, head and frame headers apart from bodies', async () => {
    const body = Buffer.alloc(40_000, 7);
    const front = await start({ hits: { '/hit': body } });
    const probe = await front.probe();
    await probe.handshake();
    const fields: Fields = [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/hit'],
      [':authority', 'a.localhost'],
    ];
    probe.headers(1, fields);
    probe.headers(3, encode(fields.map(([name, value]) => [name, value === '/hit' ? '/slow' : value])));
    for (let ended = 0; ended < 2;) {
      const one = await probe.want('an end', ({ type, flags }) => type === T.data && flags === F.endStream);
      ended += one.id > 0 ? 1 : 0;
    }
    await expect.poll(() => front.total()).toBe(probe.bytes);
    const frames = probe.all.filter(({ id }) => id === 1);
    const block = frames.find(({ type }) => type === T.headers)?.payload.length ?? 0;
    expect(front.written.get('hit /hit')).toEqual({ head: block + 9 * frames.length, body: 40_000 });
    expect(front.written.get('slow')).toMatchObject({ body: 'target /slow'.length });
  });

  test('what a closed window holds back is not counted, and the end says so', async () => {
    const ends: unknown[] = [];
    const front = await start({
      async answer() {
        return { ...text('x'.repeat(1_000)), ended: (end) => ends.push(end) };
      },
    });
    const probe = await front.probe();
    await probe.handshake([[4, 100]]);
    probe.headers(1, [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/'],
      [':authority', 'a.localhost'],
    ]);
    await probe.want('DATA', ({ type }) => type === T.data);
    probe.frame(T.reset, 0, 1, u32(8));
    await expect.poll(() => ends).toMatchObject([{ complete: false }]);
    expect(front.written.get('slow')?.body).toBe(100);
  });
});
