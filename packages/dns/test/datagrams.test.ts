import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import packet from 'dns-packet';
import { silentLog } from '@media-network/runtime';
import { afterEach, describe, expect, test } from 'vitest';
import { datagramCalls } from '../src/batch/datagram-calls.ts';
import { listenDns } from '../src/server.ts';
import type { DnsServer } from '../src/server.ts';
import { testResponder } from './test-zone.ts';

const CLIENTS = 5;
const QUERIES = 150;

let server: DnsServer | undefined;
let clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await server?.close();
  server = undefined;
});

async function start(host: string, oneByOne: boolean): Promise<void> {
  server = await listenDns({ host, port: 0, oneByOne }, testResponder({ rates: undefined }), silentLog);
  clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      client.bind(0, host);
      await once(client, 'listening');
      return client;
    }),
  );
}

/** Sends messages all at once; the first so many that come back. */
async function talk(client: Socket, messages: readonly Buffer[], wanted: number): Promise<readonly Buffer[]> {
  const came: Buffer[] = [];
  const all = new Promise<void>((resolve) => {
    client.on('message', function take(message) {
      came.push(message);
      if (came.length < wanted) return;
      client.off('message', take);
      resolve();
    });
  });
  for (const message of messages) client.send(message, server?.port, server?.host);
  await all;
  return came;
}

const query = (id: number, name: string): Buffer =>
  packet.encode({ type: 'query', id, questions: [{ type: 'A', name, class: 'IN' }] });

test('on Linux datagrams are taken by the dozen', () => {
  expect(datagramCalls() !== undefined).toBe(process.platform === 'linux');
});

describe.each([
  ['by the dozen', false],
  ['one by one', true],
])('datagrams taken %s', (_how, oneByOne) => {
  test.each(['127.0.0.1', '::1'])(
    'of several clients of %s at once are each answered to who asked',
    async (host) => {
      await start(host, oneByOne);
      const answers = await Promise.all(
        clients.map((client, n) =>
          talk(
            client,
            // Names of their own length: no answer is another's with more behind it.
            Array.from({ length: QUERIES }, (_, i) =>
              query(n * 1_000 + i, `${'x'.repeat(i % 60)}y.zone.test`),
            ),
            QUERIES,
          ),
        ),
      );
      for (const [n, of] of answers.entries()) {
        const read = of.map((bytes) => ({ size: bytes.length, ...packet.decode(bytes) }));
        expect(read.map(({ id }) => id).toSorted((a = 0, b = 0) => a - b)).toEqual(
          Array.from({ length: QUERIES }, (_, i) => n * 1_000 + i),
        );
        for (const { id = 0, questions } of read)
          expect(questions?.[0]?.name).toBe(`${'x'.repeat((id % 1_000) % 60)}y.zone.test`);
      }
    },
  );

  test('that are noise or too long get nothing, and those between them their answers', async () => {
    await start('127.0.0.1', oneByOne);
    const [client] = clients;
    if (client === undefined) throw new Error('no client');
    const messages = Array.from({ length: 60 }, (_, i) => [
      query(i, 'www.zone.test'),
      Buffer.alloc(5),
      Buffer.concat([query(1_000 + i, 'www.zone.test'), Buffer.alloc(4_096)]),
    ]).flat();
    const came = await talk(client, messages, 60);
    // One more after all of them: what was to come has come.
    const last = await talk(client, [query(5_000, 'www.zone.test')], 1);
    expect(
      [...came, ...last].map((bytes) => packet.decode(bytes).id).toSorted((a = 0, b = 0) => a - b),
    ).toEqual([...Array.from({ length: 60 }, (_, i) => i), 5_000]);
    expect(came.every((bytes) => packet.decode(bytes).answers?.length === 2)).toBe(true);
  });
});
