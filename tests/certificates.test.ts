import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectPlain, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { openPebble } from '@media-network/certificates/testing';
import type { Pebble } from '@media-network/certificates/testing';
import type { Edge } from '@media-network/edge';
import { proofName, proofText } from '@media-network/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { publish } from './harness/publish.ts';
import type { Published } from './harness/publish.ts';

const SHOP = 'shop.example';
const LATER_SECONDS = 20;

/** Where a name leads: to one edge after the other, as DNS with several addresses leads a CA that looks several times. */
async function rotation(
  portOf: (edge: Edge) => number,
  edges: readonly Edge[],
): Promise<{ readonly port: number; readonly server: Server }> {
  let turn = 0;
  const server = createServer((socket: Socket) => {
    const edge = edges[(turn += 1) % edges.length];
    if (edge === undefined) return;
    const onward = connectPlain(portOf(edge), '127.0.0.1');
    socket.on('error', () => onward.destroy()).pipe(onward);
    onward.on('error', () => socket.destroy()).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  return { port: at.port, server };
}

interface Seen {
  readonly fingerprint: string;
  readonly body: string;
}

/** As a browser that trusts this root alone. */
function visit(edge: Edge, ca: string, host: string): Promise<Seen> {
  return new Promise((resolve, reject) => {
    let text = '';
    let fingerprint = '';
    const socket = connect({ port: edge.httpsPort ?? 0, host: '127.0.0.1', servername: host, ca }, () => {
      fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('error', reject);
    socket.on('close', () => resolve({ fingerprint, body: text.slice(text.indexOf('\r\n\r\n') + 4) }));
  });
}

function viewAt(edge: Edge, name = SHOP): ReturnType<Edge['certificates']>[number] | undefined {
  return edge.certificates().find((each) => each.name === name);
}

/** A publisher's own name, a real CA, three edges. */
describe('certificates of a publisher’s own name', () => {
  let network: ManualNetwork;
  let pebble: Pebble;
  let origin: HttpServer;
  let mine: Published;
  const rotations: Server[] = [];

  /** Until every edge has one of its own. */
  const issued = (name: string): Promise<void> =>
    expect
      .poll(async () => {
        await network.settle();
        return network.edges.map((edge) => {
          const view = viewAt(edge, name);
          return view?.state === 'served' ? 'served' : (view?.lastError?.message ?? view?.state);
        });
      })
      .toEqual(['served', 'served', 'served']);
  const wanted = async (name: string): Promise<void> => {
    for (const edge of network.edges)
      await expect(visit(edge, '', name)).rejects.toMatchObject({
        code: expect.stringContaining('HANDSHAKE'),
      });
  };
  const prove = (name: string): Promise<void> =>
    pebble.dns('set-txt', { host: `${proofName(name)}.`, value: proofText(mine.resource) });

  beforeAll(async () => {
    pebble = await openPebble();
    origin = createHttpServer((request, response) => {
      response.setHeader('Cache-Control', 'max-age=60');
      response.end(`for ${String(request.headers['x-forwarded-host'])}`);
    });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const at = origin.address();
    if (at === null || typeof at === 'string') throw new Error('the origin has no port');
    network = await startNetwork({
      edges: 3,
      edgeFlags: (index) => ({
        acme: pebble.directory,
        acmeCa: pebble.caFile,
        // Both ways are taken, by different edges.
        acmeChallenges: index === 2 ? 'tls-alpn-01' : 'http-01',
        resolver: pebble.resolver,
        httpsPort: 0,
      }),
    });
    const http = await rotation((edge) => edge.port, network.edges);
    const https = await rotation((edge) => edge.httpsPort ?? 0, network.edges);
    rotations.push(http.server, https.server);
    await pebble.start({ httpPort: http.port, tlsPort: https.port });
    mine = await publish(network, `http://127.0.0.1:${at.port}`, { domains: [SHOP, 'www.shop.example'] });
  });
  afterAll(async () => {
    await network?.close();
    for (const server of rotations) server.close();
    await pebble?.close();
    origin?.close();
  });

  test('come with its record, whichever edge the CA reaches, with a key of its own at each', async () => {
    await wanted(SHOP);
    for (const edge of network.edges) expect(viewAt(edge)).toBeUndefined();
    await prove(SHOP);
    await network.advance(LATER_SECONDS);
    await wanted(SHOP);
    await issued(SHOP);
    const root = await pebble.root();
    const seen = await Promise.all(network.edges.map((edge) => visit(edge, root, SHOP)));
    expect(seen.map(({ body }) => body)).toEqual(seen.map(() => `for ${SHOP}`));
    expect(new Set(seen.map(({ fingerprint }) => fingerprint)).size).toBe(3);
    const pairs = await Promise.all(
      network.edges.map((_, i) =>
        readFile(join(network.dir, `edge-${i + 1}`, 'certificates', `${SHOP}.pem`), 'utf8'),
      ),
    );
    expect(new Set(pairs.map((pair) => pair.split('-----')[2])).size).toBe(3);
    expect(
      new Set(
        pairs.map((pair) => new X509Certificate(pair.slice(pair.indexOf('-----BEGIN CERT'))).serialNumber),
      ).size,
    ).toBe(3);
    // One order each.
    for (const [i] of network.edges.entries()) {
      const placed = await readFile(
        join(network.dir, `edge-${i + 1}`, 'certificates', 'orders', 'placed.list'),
        'utf8',
      );
      expect(placed.split('\n')).toHaveLength(1);
    }
  });

  test('are told of on this machine', async () => {
    const answer = await fetch(`${network.edges[0]?.controlUrl}/v1/certificates`);
    expect(await answer.json()).toMatchObject({
      certificates: [
        { name: SHOP, source: 'acme', state: 'served', issuer: expect.stringContaining('Pebble') },
      ],
    });
  });

  test('are there after a restart, and while the CA is away; a new name waits for it', async () => {
    const root = await pebble.root();
    await pebble.stop();
    await prove('www.shop.example');
    const edge = await network.restartEdge(1);
    expect((await visit(edge, root, SHOP)).body).toBe(`for ${SHOP}`);
    await wanted('www.shop.example');
    await expect
      .poll(async () => {
        await network.settle();
        return viewAt(edge, 'www.shop.example')?.lastError?.code;
      })
      .toBe('certificates/acme-unreachable');
  });
});
