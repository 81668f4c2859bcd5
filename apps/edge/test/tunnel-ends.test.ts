import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import { tokenHeader, encodeReceipt } from '@media-network/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { hourAt } from '../src/chain/periods.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { selfSigned } from './tls.ts';
import { startEchoServer } from './web-socket.ts';
import type { EchoServer } from './web-socket.ts';

let echo: EchoServer;
let network: TestNetwork;
let resource: TestResource;

async function start(config: Record<string, unknown> = {}): Promise<void> {
  echo = await startEchoServer();
  network = await startTestNetwork({ config });
  resource = await network.addResource({ origin: echo.url });
}
afterEach(async () => {
  await network.close();
  await echo.close();
});

interface Client {
  readonly socket: WebSocket;
  /** Bytes that came, the head of the answer included. */
  readonly bytes: () => number;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  say(text: string): Promise<string>;
}

async function open(headers: Record<string, string> = {}, tls = false): Promise<Client> {
  const at = tls ? `wss://127.0.0.1:${network.edge.httpsPort}` : `ws://127.0.0.1:${network.edge.port}`;
  const socket = new WebSocket(`${at}/`, {
    headers: { Host: resource.host, ...headers },
    rejectUnauthorized: false,
    perMessageDeflate: false,
  });
  const closed = once(socket, 'close').then(([code, reason]: unknown[]) => ({
    code: Number(code),
    reason: String(reason),
  }));
  let raw: { readonly bytesRead: number } | undefined;
  socket.on('upgrade', ({ socket: under }) => (raw = under));
  await once(socket, 'open');
  return {
    socket,
    bytes: () => raw?.bytesRead ?? 0,
    closed,
    async say(text) {
      socket.send(text);
      const [data] = (await once(socket, 'message')) as [Buffer];
      return data.toString();
    },
  };
}

describe.each([1, 2])('an edge of %i worker(s)', (workers) => {
  it('puts WebSockets through over both ports, counts them, and ends them in order when it ends', async () => {
    const tls = await selfSigned();
    await start({ workers, tlsCert: tls.cert, tlsKey: tls.key, drainMs: 10_000 });
    const clients = await Promise.all([open(), open(), open({}, true)]);
    const long = 'x'.repeat(200_000);
    for (const client of clients) expect(await client.say(long)).toBe(long);
    const [plain, second] = clients;
    second?.socket.close(4000);
    expect(await second?.closed).toEqual({ code: 4000, reason: '' });
    const left = echo.sockets.length;
    expect(left).toBe(2);
    await network.edge.close();
    expect(await plain?.closed).toEqual({ code: 1001, reason: 'edge/draining' });
    expect(await clients[2]?.closed).toEqual({ code: 1001, reason: 'edge/draining' });
    await expect.poll(() => echo.closes.length).toBe(3);
    expect(echo.closes.slice(1)).toEqual([1, 2].map(() => ({ code: 1001, reason: 'edge/draining' })));
    await network.restart();
    // The plain ones were counted by their clients as well; what TLS adds is nobody's.
    const tlsBytes = (plain?.bytes() ?? 0) + (second?.bytes() ?? 0);
    const counted = await network.counter(resource.address);
    expect(counted - tlsBytes).toBe(plain?.bytes());
  });

  it('puts them through over HTTP/2, beside other requests, and ends them there, too', async () => {
    const tls = await selfSigned();
    await start({ workers, tlsCert: tls.cert, tlsKey: tls.key, drainMs: 10_000 });
    const session = connectHttp2(`https://127.0.0.1:${network.edge.httpsPort}`, {
      rejectUnauthorized: false,
    });
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
    const connect = (path: string): ClientHttp2Stream =>
      session.request(
        {
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':scheme': 'https',
          ':path': path,
          ':authority': resource.host,
          'sec-websocket-version': '13',
        },
        { endStream: false },
      );
    const stream = connect('/over-2');
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect([head[':status'], head['sec-websocket-accept'], head['upgrade']]).toEqual([
      200,
      undefined,
      undefined,
    ]);
    stream.write(Buffer.concat([Buffer.of(0x81, 0x85, 0, 0, 0, 0), Buffer.from('hello')]));
    const [data] = (await once(stream, 'data')) as [Buffer];
    expect(data.toString('latin1')).toBe('\x81\x05hello');
    const refused = connect('/no');
    const [no] = (await once(refused, 'response')) as [Record<string, unknown>];
    expect([no[':status'], no['x-why']]).toEqual([403, 'because']);
    const page = session.request({ ':path': '/', ':authority': resource.host });
    expect(((await once(page, 'response')) as [Record<string, unknown>])[0][':status']).toBe(200);
    const closing = network.edge.close();
    const [bye] = (await once(stream, 'data')) as [Buffer];
    expect([bye[0], bye.readUInt16BE(2), bye.toString('latin1', 4)]).toEqual([0x88, 1001, 'edge/draining']);
    stream.end(Buffer.concat([Buffer.of(0x88, 0x82, 0, 0, 0, 0), Buffer.of(3, 233)]));
    await Promise.all([closing, once(stream, 'close')]);
    expect(echo.closes).toEqual([{ code: 1001, reason: '' }]);
    session.destroy();
    await network.restart();
  });
});

it('ends what is silent both ways, and nothing that pings', async () => {
  await start({ tunnelIdleMs: 1_500 });
  const quiet = await open();
  const lively = await open();
  const pinging = setInterval(() => lively.socket.ping(), 200);
  expect(await quiet.closed).toEqual({ code: 1001, reason: 'edge/tunnel-idle' });
  expect(await lively.say('still here')).toBe('still here');
  clearInterval(pinging);
});

it('cuts a viewer that does not answer a Close', async () => {
  await start({ tunnelIdleMs: 1_000 });
  const deaf = await open();
  // Takes what comes and says nothing.
  deaf.socket.pause();
  await expect.poll(() => network.edge.stats().openConnections, { timeout: 20_000 }).toBe(0);
  expect(echo.closes.at(-1)?.code).toBe(1006);
  deaf.socket.terminate();
});

it('waits for receipts in a session, and ends with the credit of the resource', async () => {
  await start({ openSlackBytes: 0 });
  const hour = hourAt(network.chain.periods, network.chain.nowMs());
  const session = await network.publisher.session(resource.address, hour, { creditWindow: 5_000 });
  const client = await open({ 'Media-Token': tokenHeader(session.token) });
  const block = 'x'.repeat(4_000);
  expect(await client.say(block)).toBe(block);
  const second = client.say(block);
  // The window lets a part of it through.
  await expect.poll(client.bytes).toBe(5_000);
  const receipt = await session.receipt(network.edge.address, client.bytes(), 1);
  const taken = await resource.get('/.well-known/media-network/receipts', {
    method: 'POST',
    body: Buffer.from(encodeReceipt(receipt)),
  });
  expect(taken.status).toBe(204);
  expect(await second).toBe(block);
  expect(echo.handshakes.at(-1)?.headers['media-token']).toBeUndefined();

  // Open traffic: the publisher's allowance ends, and with it every tunnel that nobody vouches for.
  const open1 = await open();
  network.chain.stakes = { own: 0n, all: 1_000n };
  await network.edge.tasks.find((task) => task.name === 'open-credit')?.runNow();
  expect(await open1.closed).toEqual({ code: 1013, reason: 'edge/no-credit' });
  expect(client.socket.readyState).toBe(WebSocket.OPEN);
  client.socket.terminate();
});
