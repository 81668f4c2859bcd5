import { RESOURCE_STATUS } from '@media-network/chain/schema';
import type { Edge } from '@media-network/edge';
import { createViewer } from '@media-network/viewer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, startFaultyOrigin } from './harness/faulty-origin.ts';
import type { Behaviour, FaultyOrigin } from './harness/faulty-origin.ts';
import { present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { publish } from './harness/publish.ts';
import type { Published } from './harness/publish.ts';
import { sendRaw } from './harness/raw-http.ts';

const CACHEABLE = { 'Cache-Control': 'public, max-age=86400' };

/** Two publishers with one edge between them: the sample site, and an origin that misbehaves on command. */
describe('hostile input', () => {
  let network: ManualNetwork;
  let edge: Edge;
  let origin: FaultyOrigin;
  let other: Published;
  const viewer = createViewer();
  const own = (target: string): string => `http://${other.host}:${edge.port}${target}`;

  beforeAll(async () => {
    // Without the convenience of a local network, where an address leads to the one site.
    network = await startNetwork({ edges: 1 });
    edge = present(network.edges[0], 'edge');
    origin = await startFaultyOrigin();
    origin.on('/', answer('the other tenant\n', CACHEABLE));
    origin.on('/pictures/set.jpg', answer('not the picture\n', CACHEABLE));
    other = await publish(network, origin.url);
  });
  afterAll(async () => {
    await network?.close();
    await origin?.close();
  });

  describe('requests that could be read in two ways', () => {
    test('two tenants have the same target under different keys', async () => {
      const mine = await viewer.get(network.at(edge, '/pictures/set.jpg'));
      expect(mine.sha256).toBe(network.origin?.files.get('/pictures/set.jpg')?.sha256);
      const theirs = await viewer.get(own('/pictures/set.jpg'), { keepBody: true });
      expect(Buffer.from(theirs.body).toString()).toBe('not the picture\n');
    });

    type Raw = (names: { readonly a: string; readonly b: string }) => string;
    const cases: readonly (readonly [string, Raw, number])[] = [
      ['two Hosts', ({ a, b }) => `GET /x HTTP/1.1\r\nHost: ${a}\r\nHost: ${b}\r\n\r\n`, 400],
      ['two Hosts, in other case', ({ a, b }) => `GET /x HTTP/1.1\r\nHost: ${a}\r\nhOST: ${b}\r\n\r\n`, 400],
      ['a list of Hosts', ({ a, b }) => `GET /x HTTP/1.1\r\nHost: ${a}, ${b}\r\n\r\n`, 400],
      ['no Host', () => 'GET /x HTTP/1.1\r\n\r\n', 400],
      ['Host against absolute target', ({ a, b }) => `GET http://${b}/x HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['user in the target', ({ a, b }) => `GET http://${a}@${b}/x HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['//evil/x', ({ a }) => `GET //evil/x HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['//other tenant/x', ({ a, b }) => `GET //${b}/x HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['dots', ({ a }) => `GET /a/../x HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['encoded dots', ({ a }) => `GET /%2e%2e/x HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['dots behind an encoded slash', ({ a }) => `GET /a%2f..%2fx HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['NUL in the target', ({ a }) => `GET /a\0b HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['encoded NUL', ({ a }) => `GET /a%00b HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 400],
      ['NUL in a value', ({ a }) => `GET /x HTTP/1.1\r\nHost: ${a}\r\nX: a\0b\r\n\r\n`, 400],
      ['bare line feeds', ({ a }) => `GET /x HTTP/1.1\nHost: ${a}\n\n`, 400],
      ['folded field', ({ a, b }) => `GET /x HTTP/1.1\r\nHost: ${a}\r\n ${b}\r\n\r\n`, 400],
      ['over-long line', ({ a }) => `GET /${'x'.repeat(9_000)} HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 414],
      [
        'over-long field',
        ({ a }) => `GET /x HTTP/1.1\r\nHost: ${a}\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
        431,
      ],
      [
        'length and chunks at once, with a request hidden in the body',
        ({ a, b }) =>
          `POST /x HTTP/1.1\r\nHost: ${a}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /y HTTP/1.1\r\nHost: ${b}\r\n\r\n`,
        400,
      ],
      [
        'two lengths, with a request hidden behind the shorter',
        ({ a, b }) =>
          `POST /x HTTP/1.1\r\nHost: ${a}\r\nContent-Length: 0\r\nContent-Length: 60\r\n\r\nGET /y HTTP/1.1\r\nHost: ${b}\r\n\r\n`,
        400,
      ],
    ];

    test.each(cases)('%s: refused, and no origin ever hears of it', async (_, request, status) => {
      const before = [
        origin.seen.length,
        [...(network.origin?.requests.values() ?? [])].reduce((sum, each) => sum + each, 0),
      ];
      const response = await sendRaw(edge.port, request({ a: network.host, b: other.host }));
      expect(response.status).toBe(status);
      expect(response.headers.get('connection')).toBe('close');
      // One answer, and none to what was smuggled behind it.
      expect(response.text).not.toContain('HTTP/1.1');
      expect([
        origin.seen.length,
        [...(network.origin?.requests.values() ?? [])].reduce((sum, each) => sum + each, 0),
      ]).toEqual(before);
    });

    test('an unread body does not become the next request', async () => {
      const [a, b] = [network.host, other.host];
      const hidden = `GET /pictures/set.jpg HTTP/1.1\r\nHost: ${b}\r\n\r\n`;
      const response = await sendRaw(
        edge.port,
        `POST /no-such-thing HTTP/1.1\r\nHost: ${a}\r\nContent-Length: ${hidden.length}\r\nConnection: close\r\n\r\n${hidden}`,
      );
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.text).not.toContain('not the picture');
    });

    test('after all that both tenants still get their own', async () => {
      const mine = await viewer.get(network.at(edge, '/pictures/set.jpg'));
      expect(mine.header('cache-status')).toContain('hit');
      expect(mine.sha256).toBe(network.origin?.files.get('/pictures/set.jpg')?.sha256);
      const theirs = await viewer.get(own('/pictures/set.jpg'), { keepBody: true });
      expect(Buffer.from(theirs.body).toString()).toBe('not the picture\n');
    });
  });

  describe('hosts that are not served', () => {
    test.each([
      ['no resource has', 'aaaaaaaaaaaaaaaaaaaa.medianet.localhost'],
      ['are in no zone', 'example.com'],
      ['only begin as an address', '127.0.0.1.example.com'],
    ])('names that %s are 404', async (_, host) => {
      const response = await viewer.get(`http://127.0.0.1:${edge.port}/`, { host });
      expect([response.status, response.header('media-error')]).toEqual([404, 'edge/unknown-host']);
    });

    test('an address is the site that this network names for it, and no other', async () => {
      const response = await viewer.get(`http://127.0.0.1:${edge.port}/pictures/set.jpg`);
      expect(response.sha256).toBe(network.origin?.files.get('/pictures/set.jpg')?.sha256);
    });

    test('a paused resource is 503 with a reason and Retry-After, and comes back', async () => {
      const { client } = network;
      const pause = async (paused: number): Promise<void> => {
        const { publisher, resource } = other;
        await client.send([await client.instructions.pauseResource({ publisher, resource, paused })], {
          payer: publisher,
        });
        await network.settle();
        await network.advance(10);
      };
      await pause(1);
      const refused = await viewer.get(own('/'), { keepBody: true });
      expect([refused.status, refused.header('media-error')]).toEqual([503, 'edge/paused']);
      expect(Number(refused.header('retry-after'))).toBeGreaterThan(0);
      expect(JSON.parse(Buffer.from(refused.body).toString())).toMatchObject({ code: 'edge/paused' });
      await pause(0);
      expect(present(await client.account('resource', other.resource), 'resource').status).toBe(
        RESOURCE_STATUS.active,
      );
      expect((await viewer.get(own('/'))).status).toBe(200);
    });
  });

  describe('origins that fail', () => {
    const head = 'HTTP/1.1 200 OK\r\nCache-Control: public, max-age=86400\r\n';
    const failures: readonly (readonly [string, Behaviour, number, string])[] = [
      ['says nothing and hangs up', (socket) => void socket.end(), 502, 'edge/origin-reset'],
      ['resets', (socket) => void socket.resetAndDestroy(), 502, 'edge/origin-reset'],
      ['speaks no HTTP', (socket) => void socket.end('hello\r\n\r\n'), 502, 'edge/origin-bad-response'],
      [
        'names two lengths',
        (socket) => void socket.end(`${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
        502,
        'edge/origin-bad-response',
      ],
      ['hangs before its head', () => undefined, 504, 'edge/origin-timeout'],
    ];

    test.each(failures)(
      'one that %s is answered for, and nothing is kept',
      async (what, behaviour, status, code) => {
        const target = `/fails/${what.replaceAll(' ', '-')}`;
        origin.on(target, behaviour);
        const response = await viewer.get(own(target));
        expect([response.status, response.header('media-error')]).toEqual([status, code]);
        origin.on(target, answer('whole again\n', CACHEABLE));
        const after = await viewer.get(own(target), { keepBody: true });
        expect([after.status, Buffer.from(after.body).toString()]).toEqual([200, 'whole again\n']);
      },
    );

    const broken: readonly (readonly [string, Behaviour])[] = [
      ['truncates', (socket) => void socket.end(`${head}Content-Length: 1000\r\n\r\n${'x'.repeat(500)}`)],
      [
        'resets in its body',
        (socket) =>
          void socket.write(`${head}Content-Length: 1000\r\n\r\n${'x'.repeat(500)}`, () =>
            socket.resetAndDestroy(),
          ),
      ],
      [
        'breaks off its chunks',
        (socket) => void socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n1f4\r\n${'x'.repeat(500)}\r\n`),
      ],
    ];

    test.each(broken)(
      'a body that an origin %s never looks complete, and is not kept',
      async (what, behaviour) => {
        const target = `/breaks/${what.replaceAll(' ', '-')}`;
        origin.on(target, behaviour);
        const outcome = await viewer.get(own(target)).then(
          (response) => `status ${response.status}`,
          (error: unknown) =>
            typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown',
        );
        // The head may be out before the fault shows; then the connection breaks off instead of ending well.
        expect(['viewer/incomplete', 'status 502']).toContain(outcome);
        origin.on(target, answer('whole again\n', CACHEABLE));
        const after = await viewer.get(own(target), { keepBody: true });
        expect(after.header('cache-status')).toContain('fwd=');
        expect([after.status, Buffer.from(after.body).toString()]).toEqual([200, 'whole again\n']);
      },
    );

    test('bytes behind the announced length reach nobody', async () => {
      origin.on('/too-long', (socket) => void socket.end(`${head}Content-Length: 5\r\n\r\nhello, and more`));
      const response = await viewer.get(own('/too-long'), { keepBody: true }).catch(() => undefined);
      if (response?.status === 200) expect(Buffer.from(response.body).toString()).toBe('hello');
      origin.on('/too-long', answer('whole again\n', CACHEABLE));
      const after = await viewer.get(own('/too-long'), { keepBody: true });
      expect(['hello', 'whole again\n']).toContain(Buffer.from(after.body).toString());
    });

    test('one that does not listen is 502', async () => {
      const gone = await startFaultyOrigin();
      gone.on('/', answer('here\n'));
      const lost = await publish(network, gone.url);
      await gone.close();
      const response = await viewer.get(`http://${lost.host}:${edge.port}/`);
      expect([response.status, response.header('media-error')]).toEqual([502, 'edge/origin-unreachable']);
    });
  });
});
