import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { exchangeRaw } from './raw-http.ts';
import { KEY, handshake, startEchoServer, switched } from './web-socket.ts';
import type { EchoServer } from './web-socket.ts';

let echo: EchoServer;
let network: TestNetwork;
let resource: TestResource;

beforeAll(async () => {
  echo = await startEchoServer();
  network = await startTestNetwork({ config: { maxTunnelsOfResource: 8, maxTunnels: 12 } });
  resource = await network.addResource({ origin: echo.url });
});
afterAll(async () => {
  await network.close();
  await echo.close();
});

/** A WebSocket through the edge, by a client that has nothing to do with it. */
function open(
  target = '/',
  options: { readonly headers?: Record<string, string>; readonly of?: TestResource } = {},
): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${network.edge.port}${target}`, {
    headers: { Host: (options.of ?? resource).host, ...options.headers },
  });
}

async function opened(...args: Parameters<typeof open>): Promise<WebSocket> {
  const socket = open(...args);
  await once(socket, 'open');
  return socket;
}

async function said(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data.toString();
}

async function closed(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
}

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
  return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (.*)$`, 'm').exec(text)?.[1] ?? 0);
};

describe('a WebSocket through an edge', () => {
  it('says and hears whatever its origin and its client say, and closes as they do', async () => {
    const socket = await opened('/chat?room=1');
    const long = 'x'.repeat(300_000);
    for (const text of ['hello', '', long]) {
      socket.send(text);
      expect(await said(socket)).toBe(text);
    }
    const gone = closed(socket);
    socket.close(4001, 'that was it');
    expect(await gone).toEqual({ code: 4001, reason: 'that was it' });
    await expect.poll(() => echo.closes.at(-1)).toEqual({ code: 4001, reason: 'that was it' });
    const { target, headers } = echo.handshakes.at(-1) ?? { headers: {} };
    expect(target).toBe('/chat?room=1');
    expect(headers).toMatchObject({
      upgrade: 'websocket',
      'x-forwarded-host': resource.host,
      via: '1.1 medianet',
    });
  });

  it('closes as its origin does, and is cut where that is', async () => {
    const socket = await opened();
    await expect.poll(() => echo.sockets.length).toBe(1);
    echo.sockets.at(-1)?.close(4002, 'enough');
    expect(await closed(socket)).toEqual({ code: 4002, reason: 'enough' });
    const cut = await opened();
    await expect.poll(() => echo.sockets.length).toBe(1);
    echo.sockets.at(-1)?.terminate();
    expect(await closed(cut)).toEqual({ code: 1006, reason: '' });
    await expect.poll(() => metric('media_edge_tunnels')).toBe(0);
  });

  it('lets go of the origin when the viewer is gone', async () => {
    const socket = await opened();
    await expect.poll(() => echo.sockets.length).toBe(1);
    socket.terminate();
    await expect.poll(() => echo.sockets.length).toBe(0);
    await expect.poll(() => metric('media_edge_tunnels')).toBe(0);
  });

  it("gives on what the origin answers in place of a switch, and its connection's next request is answered", async () => {
    const answer = (
      await exchangeRaw(
        network.edge.port,
        handshake('/no', resource.host) +
          `GET / HTTP/1.1\r\nHost: ${resource.host}\r\nConnection: close\r\n\r\n`,
      )
    ).toString('latin1');
    expect(answer).toMatch(/^HTTP\/1\.1 403 [^]*X-Why: because[^]*HTTP\/1\.1 200 OK[^]*a page$/);
    expect(answer).not.toMatch(/101|Upgrade/);
  });
});

/** Everything that comes on a connection, as it comes. */
function listen(
  port: number,
  first: string,
): { readonly socket: Socket; readonly text: () => string; readonly ended: Promise<unknown> } {
  const socket = connect(port, '127.0.0.1', () => socket.write(first, 'latin1'));
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
  socket.on('error', () => undefined);
  return { socket, text: () => text, ended: once(socket, 'close') };
}

/** A frame of a client: its mask is zero, so that its payload can be read. */
const frameOf = (opcode: number, payload: string): string =>
  String.fromCodePoint(0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0) + payload;

describe('what counts', () => {
  it('is every byte that the viewer gets, head and payload, and both ways are measured', async () => {
    const fresh = await network.addResource({ origin: echo.url });
    const before = {
      viewer: await metric('media_edge_tunnel_bytes_total{to="viewer"}'),
      origin: await metric('media_edge_tunnel_bytes_total{to="origin"}'),
    };
    const { socket, text, ended } = listen(network.edge.port, handshake('/', fresh.host));
    await expect.poll(text).toMatch(/\r\n\r\n/);
    const head = text().length;
    const frames = [frameOf(1, 'hello'), frameOf(2, 'x'.repeat(100)), frameOf(9, 'ping')];
    for (const frame of frames) socket.write(frame, 'latin1');
    await expect.poll(() => text().length).toBe(head + 7 + 102 + 6);
    socket.write(frameOf(8, '\x03\xe8'), 'latin1');
    await ended;
    expect(text().endsWith('\x88\x02\x03\xe8')).toBe(true);
    expect(await network.counter(fresh.address)).toBe(text().length);
    expect((await metric('media_edge_tunnel_bytes_total{to="viewer"}')) - before.viewer).toBe(
      text().length - head,
    );
    expect((await metric('media_edge_tunnel_bytes_total{to="origin"}')) - before.origin).toBe(
      frames.join('').length + 8,
    );
  });
});

describe('a handshake', () => {
  it.each([
    ['with a body', handshake('/', 'HOST', 'Content-Length: 4\r\n') + 'body'],
    ['with chunks', handshake('/', 'HOST', 'Transfer-Encoding: chunked\r\n') + '0\r\n\r\n'],
    ['of another method', handshake('/', 'HOST').replace('GET', 'POST')],
    ['of a HEAD', handshake('/', 'HOST').replace('GET', 'HEAD')],
    [
      'that Connection does not name',
      handshake('/', 'HOST').replace('Connection: Upgrade', 'Connection: keep-alive'),
    ],
    ['without a key', handshake('/', 'HOST').replace(/Sec-WebSocket-Key.*\r\n/, '')],
    ['with two keys', handshake('/', 'HOST', `Sec-WebSocket-Key: ${KEY}\r\n`)],
    ['with a short key', handshake('/', 'HOST').replace(KEY, 'c2hvcnQ=')],
  ])('%s is refused, and what is behind it is read as a request', async (_name, text) => {
    const asked = echo.handshakes.length;
    const answer = (
      await exchangeRaw(
        network.edge.port,
        text.replace('HOST', resource.host) +
          `GET /behind HTTP/1.1\r\nHost: ${resource.host}\r\nConnection: close\r\n\r\n`,
      )
    ).toString('latin1');
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*Media-Error: edge\/upgrade-refused[^]*HTTP\/1\.1 200 OK/);
    expect(echo.handshakes.length).toBe(asked);
  });

  it('in HTTP/1.0, or among offers of which none is a WebSocket, is no handshake', async () => {
    for (const text of [
      handshake('/', resource.host).replace('HTTP/1.1', 'HTTP/1.0'),
      handshake('/', resource.host, 'Connection: close\r\n').replace(
        'websocket',
        'websocket2, x-websocket, h2c',
      ),
    ])
      expect((await exchangeRaw(network.edge.port, text)).toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('may offer other protocols, and of twice the same one is answered', async () => {
    const { text, socket, ended } = listen(
      network.edge.port,
      handshake('/', resource.host, 'Upgrade: websocket\r\n').replace('websocket', 'h2c, WebSocket'),
    );
    await expect.poll(text).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\n/);
    expect(text().match(/^Upgrade: websocket\r$/gm)).toHaveLength(1);
    expect(echo.handshakes.at(-1)?.headers['upgrade']).toBe('websocket');
    socket.destroy();
    await ended;
  });
});

describe('what could be smuggled', () => {
  it('the first frame of a viewer in a hurry reaches the origin after its 101, and no sooner', async () => {
    const raw = await network.addResource();
    let before = '';
    network.origin.on('/late', (socket, seen) => {
      socket.removeAllListeners('data');
      socket.on('data', (part: Buffer) => (before += part.toString('latin1')));
      setTimeout(() => {
        expect(before).toBe('');
        socket.write(switched(seen));
      }, 100);
    });
    const { socket, text } = listen(network.edge.port, handshake('/late', raw.host) + frameOf(1, 'early'));
    await expect.poll(() => before).toBe(frameOf(1, 'early'));
    expect(text()).toMatch(/^HTTP\/1\.1 101 /);
    socket.destroy();
  });

  it('a request behind a handshake is a frame to the origin once it has switched, and a request of the edge where it has not', async () => {
    const raw = await network.addResource();
    let inside = '';
    network.origin.on('/yes', (socket, seen) => {
      socket.removeAllListeners('data');
      socket.on('data', (part: Buffer) => (inside += part.toString('latin1')));
      socket.write(switched(seen));
    });
    const second = handshake('/second', raw.host);
    const { socket } = listen(network.edge.port, handshake('/yes', raw.host) + second);
    await expect.poll(() => inside).toBe(second);
    expect(network.origin.count('/second')).toBe(0);
    socket.destroy();
  });

  it.each([
    ['nothing to show for it', (text: string) => text.replace(/Sec-WebSocket-Accept.*\r\n/, '')],
    ['the wrong Sec-WebSocket-Accept', (text: string) => text.replace(/(Accept: )./, '$1*')],
    ['another protocol', (text: string) => text.replace('websocket', 'h2c')],
    ['two protocols', (text: string) => text.replace('websocket', 'websocket, h2c')],
    ['a field that cannot be sent', (text: string) => text.replace('\r\n\r\n', '\r\nX: a\x01b\r\n\r\n')],
  ])('a 101 with %s is no answer', async (_name, spoil) => {
    const raw = await network.addResource();
    network.origin.on(
      '/wrong',
      (socket, seen) => void socket.write(spoil(switched(seen)) + 'HTTP/1.1 200 OK\r\n\r\n', 'latin1'),
    );
    const answer = await exchangeRaw(
      network.edge.port,
      handshake('/wrong', raw.host) +
        `GET /.well-known/media-network/ready HTTP/1.1\r\nHost: ${raw.host}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.toString('latin1')).toMatch(
      /^HTTP\/1\.1 502 [^]*edge\/origin-bad-response[^]*HTTP\/1\.1 204 /,
    );
  });

  it('fields of a body in a 101, and those of a connection, do not reach the viewer', async () => {
    const raw = await network.addResource();
    network.origin.on(
      '/framed',
      (socket, seen) =>
        void socket.write(
          switched(
            seen,
            'Content-Length: 5\r\nKeep-Alive: timeout=1\r\nMedia-Edge: me\r\nSec-WebSocket-Protocol: chat\r\n',
          ),
        ),
    );
    const { socket, text } = listen(network.edge.port, handshake('/framed', raw.host));
    await expect.poll(text).toMatch(/\r\n\r\n/);
    expect(text()).not.toMatch(/content-length|keep-alive|media-edge/i);
    expect(text()).toMatch(/^Sec-WebSocket-Protocol: chat\r$/m);
    expect(text()).toMatch(/^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r$/m);
    socket.destroy();
  });
});

describe('limits', () => {
  it('hold for a resource and for the edge, and a place is free again when a tunnel ends or is refused', async () => {
    const other = await network.addResource({ origin: echo.url });
    const refused = async (of: TestResource): Promise<string> =>
      (await exchangeRaw(network.edge.port, handshake('/', of.host, 'Connection: close\r\n'))).toString(
        'latin1',
      );
    for (let i = 0; i < 20; i += 1)
      await exchangeRaw(network.edge.port, handshake('/no', other.host, 'Connection: close\r\n'));
    const own = await Promise.all(Array.from({ length: 8 }, () => opened()));
    expect(await refused(resource)).toMatch(/^HTTP\/1\.1 503 [^]*edge\/too-many-tunnels[^]*Retry-After: 5/);
    const others = await Promise.all(Array.from({ length: 4 }, () => opened('/', { of: other })));
    expect(await refused(other)).toMatch(/^HTTP\/1\.1 503 [^]*edge\/too-many-tunnels/);
    expect(await metric('media_edge_tunnels')).toBe(12);
    own[0]?.terminate();
    await expect.poll(() => metric('media_edge_tunnels')).toBe(11);
    const again = await opened('/', { of: other });
    for (const socket of [again, ...own, ...others]) socket.terminate();
    await expect.poll(() => metric('media_edge_tunnels')).toBe(0);
  });

  it('what the viewer does not read is not read from the origin, nor the other way round', async () => {
    const raw = await network.addResource();
    let upstream: Socket | undefined;
    network.origin.on('/flood', (socket, seen) => {
      socket.removeAllListeners('data');
      socket.pause();
      upstream = socket;
      socket.write(switched(seen));
    });
    const { socket, text } = listen(network.edge.port, handshake('/flood', raw.host));
    await expect.poll(text).toMatch(/\r\n\r\n/);
    socket.pause();
    const block = Buffer.alloc(1_000_000);
    const flood = async (to: Socket): Promise<number> => {
      let sent = 0;
      while (sent < 400 && to.write(block)) sent += 1;
      let held = to.writableLength;
      // Until nothing moves any more: what both kernels and the edge hold between them.
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (to.writableLength === held && held > 0) return to.bytesWritten - held;
        held = to.writableLength;
        while (to.writableLength < 4_000_000 && sent < 400) {
          to.write(block);
          sent += 1;
        }
      }
    };
    if (upstream === undefined) throw new Error('no upstream');
    expect(await flood(upstream)).toBeLessThan(40_000_000);
    expect(await flood(socket)).toBeLessThan(40_000_000);
    socket.destroy();
    // Where its reset was lost behind full buffers, the kernel finds out with its next probe: within two minutes.
    await expect.poll(() => metric('media_edge_tunnels'), { timeout: 150_000 }).toBe(0);
  }, 240_000);
});

describe('an end from the edge', () => {
  it('comes with the status of the resource, in words of the protocol, and the origin hears of it', async () => {
    const mine = await network.addResource({ origin: echo.url });
    const socket = await opened('/', { of: mine });
    const gone = closed(socket);
    network.chain.setStatus(mine.address, 'paused');
    expect(await gone).toEqual({ code: 1013, reason: 'edge/paused' });
    await expect.poll(() => echo.closes.at(-1)).toEqual({ code: 1013, reason: 'edge/paused' });
    expect(await metric('media_edge_refusals_total{phase="tunnel",reason="edge/paused"}')).toBe(1);
  });
});
