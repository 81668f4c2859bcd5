import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import type { Edge } from '@media-network/edge';
import { proofName, proofText } from '@media-network/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from './harness/certificate.ts';
import { startDnsServer } from './harness/dns-server.ts';
import type { DnsServer } from './harness/dns-server.ts';
import { present, startNetwork } from './harness/network.ts';
import type { ManualNetwork } from './harness/network.ts';
import { scratch } from './harness/processes.ts';
import { publish } from './harness/publish.ts';
import type { Published } from './harness/publish.ts';
import { sendRaw } from './harness/raw-http.ts';
import type { RawAnswer } from './harness/raw-http.ts';

const SHOP = 'shop.example';
const WWW = 'www.shop.example';
/** Longer than an edge takes a refusal, and a proof, for granted. */
const REFUSED_SECONDS = 6;
const STALE_SECONDS = 3_700;

/** An origin that says by what host it was asked for, and sends one host to another. */
async function startOrigin(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const host = String(request.headers['x-forwarded-host']);
    response.setHeader('Cache-Control', 'max-age=86400');
    if (request.url === '/here') response.writeHead(301, { Location: '/there' });
    if (request.url === '/canonical' && host !== SHOP)
      response.writeHead(301, { Location: `http://${SHOP}/canonical` });
    if (request.url === '/own')
      response.writeHead(302, { Location: `http://${String(request.headers.host)}/x` });
    response.end(`for ${host}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('the origin has no port');
  return { url: `http://127.0.0.1:${at.port}`, server };
}

function requestsOf(edge: Edge, host: string): number {
  return edge.traffic().hosts.find((each) => each.host === host)?.requests ?? 0;
}

/** A real resolver between edges and a DNS server of the test's, over UDP. */
describe('names of publishers’ own', () => {
  let network: ManualNetwork;
  let edge: Edge;
  let dns: DnsServer;
  let origin: Awaited<ReturnType<typeof startOrigin>>;
  let folder: Awaited<ReturnType<typeof scratch>>;
  let mine: Published;
  let rival: Published;

  const ask = (host: string, target = '/', more = ''): Promise<RawAnswer> =>
    sendRaw(edge.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`);
  const seen = async (host: string): Promise<string> => {
    const { status, headers } = await ask(host);
    return `${status} ${headers.get('media-error') ?? ''}`.trim();
  };
  const prove = (name: string, ...of: readonly Published[]): void =>
    dns.txt(
      proofName(name),
      of.map(({ resource }) => proofText(resource)),
    );

  beforeAll(async () => {
    folder = await scratch();
    const edgeTls = selfSigned(folder.dir);
    dns = await startDnsServer();
    origin = await startOrigin();
    network = await startNetwork({
      edges: 1,
      edgeTls,
      edgeFlags: () => ({ resolver: dns.address }),
    });
    edge = present(network.edges[0], 'edge');
    mine = await publish(network, origin.url, {
      domains: [
        SHOP,
        'WWW.Shop.Example.',
        'both.example',
        'my-site.localhost',
        'both.localhost',
        '*.example',
      ],
    });
    rival = await publish(network, origin.url, { domains: ['both.example', 'both.localhost', mine.host] });
  });
  afterAll(async () => {
    await network?.close();
    await dns?.close();
    origin?.server.close();
    await folder?.remove();
  });

  test('are served from the moment that DNS names the resource, and not before', async () => {
    expect(await seen(SHOP)).toBe('404 edge/unknown-host');
    expect(dns.asked).toEqual([proofName(SHOP)]);
    prove(SHOP, mine);
    await network.advance(REFUSED_SECONDS);
    expect((await ask(SHOP)).text).toBe(`for ${SHOP}\n`);
    // Each by a record of its own, whatever upper case and trailing dot the settings and the request have.
    expect(await seen(WWW)).toBe('404 edge/unknown-host');
    prove(WWW, mine);
    await network.advance(REFUSED_SECONDS);
    expect((await ask('WwW.shop.EXAMPLE.:8080')).text).toBe(`for ${WWW}\n`);
  });

  test('keep answers apart that the origin gives by host', async () => {
    for (const kind of ['fwd=miss', 'hit'])
      for (const host of [mine.host, SHOP, WWW]) {
        const answer = await ask(host, '/canonical');
        expect(answer.headers.get('cache-status')).toContain(kind);
        expect([answer.status, answer.headers.get('location')]).toEqual(
          host === SHOP ? [200, undefined] : [301, `http://${SHOP}/canonical`],
        );
      }
  });

  test('stand where an answer leads to the origin', async () => {
    const port = `:${edge.port}`;
    expect((await ask(SHOP, '/own')).headers.get('location')).toBe(`http://${SHOP}/x`);
    expect((await ask(`${SHOP}${port}`, '/own')).headers.get('location')).toBe(`http://${SHOP}${port}/x`);
    expect((await ask(mine.host, '/own')).headers.get('location')).toBe(`http://${mine.host}/x`);
    expect((await ask(SHOP, '/here')).headers.get('location')).toBe('/there');
  });

  test('are served over HTTP/2, by :authority', async () => {
    const session = connect(`https://127.0.0.1:${edge.httpsPort}`, {
      rejectUnauthorized: false,
      servername: SHOP,
    });
    try {
      const stream = session.request({ ':authority': SHOP, ':path': '/' });
      const [[headers], body] = await Promise.all([
        once(stream, 'response') as Promise<[IncomingHttpHeaders]>, // the event's argument
        buffer(stream),
      ]);
      expect(headers[':status']).toBe(200);
      expect(body.toString()).toBe(`for ${SHOP}\n`);
    } finally {
      session.close();
    }
  });

  test('are the resource’s in its traffic, whoever asks by which', async () => {
    const before = requestsOf(edge, mine.host);
    await ask(SHOP);
    await ask(WWW);
    // Guards look at it besides.
    expect(requestsOf(edge, mine.host)).toBeGreaterThanOrEqual(before + 2);
    expect([requestsOf(edge, SHOP), requestsOf(edge, WWW)]).toEqual([0, 0]);
  });

  test('go to none of two that have the same', async () => {
    prove('both.example', mine, rival);
    expect(await seen('both.example')).toBe('404 edge/unknown-host');
    prove('both.example', rival);
    await network.advance(REFUSED_SECONDS);
    expect((await ask('both.example')).text).toBe('for both.example\n');
    const answer = await fetch(`${edge.controlUrl}/v1/name?name=both.example`);
    expect(await answer.json()).toMatchObject({ served: true, resource: rival.resource, by: 'record' });
    // A name without DNS has no owner to decide.
    expect(await seen('both.localhost')).toBe('404 edge/unknown-host');
    expect(await seen('my-site.localhost')).toBe('200');
  });

  test('of others stay theirs, whatever settings list', async () => {
    const before = dns.asked.length;
    // The rival lists the host that another resource has in the zone.
    const { text } = await ask(mine.host);
    expect(text).toBe(`for ${mine.host}\n`);
    for (const host of ['nobody.medianet.localhost', 'x.y.medianet.localhost', 'example', '_x.example'])
      expect(await seen(host)).toMatch(/^(?:404 edge\/unknown-host|400)/);
    expect(dns.asked).toHaveLength(before);
    // A record alone is not enough: the publisher pays, so its settings must list the name.
    prove('stranger.example', mine);
    expect(await seen('stranger.example')).toBe('404 edge/unknown-host');
    expect(await seen('sub.shop.example')).toBe('404 edge/unknown-host');
  });

  test('are served on while DNS fails, and new ones are not guessed at', async () => {
    dns.mood = 'failing';
    await network.advance(STALE_SECONDS);
    expect(await seen(SHOP)).toBe('200');
    expect(await seen('new.example')).toBe('503 edge/name-unchecked');
    expect((await ask('new.example')).headers.get('retry-after')).toBe('5');
    dns.mood = 'well';
  });

  test('are lost with their record', async () => {
    prove(SHOP);
    await network.advance(STALE_SECONDS);
    expect(await seen(SHOP)).toBe('404 edge/unknown-host');
    expect(await seen(WWW)).toBe('200');
    const why = await fetch(`${edge.controlUrl}/v1/name?name=${SHOP}`);
    expect(await why.json()).toMatchObject({ served: false, reason: 'no-record' });
    const bad = await fetch(`${edge.controlUrl}/v1/name?name=${SHOP}:80`);
    expect(bad.status).toBe(400);
  });
});
