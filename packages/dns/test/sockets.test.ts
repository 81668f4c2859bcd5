import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import packet from 'dns-packet';
import { silentLog } from '@media-network/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listenDns } from '../src/server.ts';
import type { DnsServer } from '../src/server.ts';
import { testResponder } from './test-zone.ts';

const run = promisify(execFile);
let server: DnsServer;
beforeAll(async () => {
  server = await listenDns({ host: '127.0.0.1', port: 0 }, testResponder(), silentLog);
});
afterAll(() => server.close());

const dig = async (...args: string[]): Promise<string> => {
  const { stdout } = await run('dig', [
    '@127.0.0.1',
    '-p',
    String(server.port),
    '+time=10',
    '+tries=3',
    ...args,
  ]);
  return stdout;
};
const encode = (name: string, type = 'A'): Buffer =>
  packet.encode({ type: 'query', id: 9, questions: [{ type: type as 'A', name, class: 'IN' }] });
const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
};

test("Node's resolver takes the answers, and what is not there", async () => {
  const resolver = new Resolver({ timeout: 10_000 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
  expect(await resolver.resolve4('www.zone.test', { ttl: true })).toEqual([
    { address: '192.0.2.1', ttl: 60 },
    { address: '192.0.2.2', ttl: 60 },
  ]);
  expect(await resolver.resolve6('www.zone.test')).toEqual(['2001:db8::1']);
  expect(await resolver.resolveSoa('zone.test')).toMatchObject({ nsname: 'ns1.zone.test', serial: 7 });
  expect(await resolver.resolveCaa('zone.test')).toMatchObject([{ critical: 0, issue: 'ca.test' }]);
  await expect(resolver.resolve4('none.zone.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolver.resolveMx('www.zone.test')).rejects.toMatchObject({ code: 'ENODATA' });
});

test('dig takes them by UDP and TCP, with a cookie, a subnet, and what is too long', async () => {
  expect(await dig('www.zone.test', 'A', '+short')).toBe('192.0.2.1\n192.0.2.2\n');
  expect(await dig('www.zone.test', 'A', '+short', '+tcp')).toBe('192.0.2.1\n192.0.2.2\n');
  expect(await dig('wWw.zone.test', 'AAAA')).toMatch(/COOKIE: [0-9a-f]{48} \(good\)/);
  expect(await dig('geo.zone.test', 'A', '+subnet=9.1.2.0/24')).toMatch(/CLIENT-SUBNET: 9\.1\.2\.0\/24\/8/);
  expect(await dig('long.zone.test', 'TXT')).toMatch(/Truncated, retrying in TCP mode[^]*x{255}/);
  expect(await dig('none.zone.test', 'A')).toMatch(/status: NXDOMAIN/);
  expect(await dig('www.zone.test', 'A', '+edns=1', '+noednsneg')).toMatch(/status: BADVERS/);
  expect(await dig('www.zone.test', 'A', '+opcode=notify')).toMatch(/status: NOTIMP/);
});

/** What comes until the other side ends. */
async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

test('a connection carries many queries at once, whichever way they are cut', async () => {
  const queries = Buffer.concat(Array.from({ length: 200 }, () => framed(encode('www.zone.test'))));
  const socket = connect(server.port, '127.0.0.1');
  const answers: Buffer[] = [];
  let rest = Buffer.alloc(0);
  const all = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        answers.push(rest.subarray(2, 2 + rest.readUInt16BE(0)));
        rest = rest.subarray(2 + rest.readUInt16BE(0));
      }
      if (answers.length === 200) resolve();
    });
  });
  await once(socket, 'connect');
  socket.setNoDelay(true);
  for (let at = 0; at < queries.length; at += 777) {
    socket.write(queries.subarray(at, at + 777));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  socket.destroy();
  expect(answers.every((each) => packet.decode(each).answers?.length === 2)).toBe(true);
});

test.each([
  ['announces nothing', Buffer.from([0, 0])],
  ['announces more than any query has', Buffer.from([0xff, 0xff, 1, 2, 3])],
  ['sends what is no query', framed(Buffer.alloc(12, 0xff))],
])('a connection that %s is ended, and others go on', async (_what, bytes) => {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.write(bytes);
  expect((await everything(socket)).length).toBe(0);
  expect(await dig('www.zone.test', 'A', '+short', '+tcp')).toBe('192.0.2.1\n192.0.2.2\n');
});

test('one address has so many connections and no more', async () => {
  const sockets = Array.from({ length: 60 }, () => connect(server.port, '127.0.0.1'));
  const ended = new Set<Socket>();
  const tenEnded = new Promise<void>((resolve) => {
    for (const socket of sockets) {
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        ended.add(socket);
        if (ended.size === 10) resolve();
      });
    }
  });
  await tenEnded;
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));
});

test('a port that is taken is one sentence', async () => {
  await expect(
    listenDns({ host: '127.0.0.1', port: server.port }, testResponder(), silentLog),
  ).rejects.toMatchObject({ code: 'dns/port-in-use' });
});
