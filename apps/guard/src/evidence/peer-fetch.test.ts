import http from 'node:http';
import type { Socket } from 'node:net';
import { silentLog } from '@media-network/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createEdgeRequest } from '../probe/edge-request.ts';
import { createOriginFetch } from '../probe/origin-fetch.ts';
import { createPeerFetch, timeFor } from './peer-fetch.ts';

const open: http.Server[] = [];
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler);
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`;
}

function peerFetch(allowPrivate = true): ReturnType<typeof createPeerFetch> {
  const peer = createPeerFetch(silentLog, { allowPrivate });
  closing.push(() => peer.close());
  return peer;
}

/** Bytes that a server could hand to the system for a socket. */
const written: Socket[] = [];

describe('what guards fetch', () => {
  it('is never inside this machine or its network, by address or by name', async () => {
    let reached = 0;
    const base = await listen((_, response) => {
      reached += 1;
      response.end('secret');
    });
    const { port } = new URL(base);
    const peer = peerFetch(false);
    const origin = createOriginFetch({ allowPrivate: false });
    const edges = createEdgeRequest({ allowPrivate: false });
    const settings = { v: 1, originHost: null, originHeaders: [], probe: [], domains: [] } as const;
    const limits = { maxBytes: 100 };
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]']) {
      const there = `http://${host}:${port}`;
      expect(await peer.get(there, '/', limits)).toBeUndefined();
      expect(await peer.post(there, '/', new Uint8Array(3), limits)).toBeUndefined();
      await expect(
        origin.get({ ...settings, origin: there }, '/', { headers: [], maxBytes: 100 }),
      ).rejects.toThrow();
      const contact = await edges.ask({
        endpoint: there,
        host: 'h',
        target: '/',
        headers: [],
        maxBytes: 100,
        timeoutMs: 1_000,
        from: undefined,
      });
      expect(['not-asked', 'silent']).toContain(contact.kind);
    }
    expect(reached).toBe(0);
    expect(peer.mayAsk(base)).toBe(false);
    expect(peerFetch(true).mayAsk(base)).toBe(true);
    expect(peerFetch(true).mayAsk('file:///etc/passwd')).toBe(false);
    edges.close();
    await origin.close();
  });

  it('ends when it is given up', async () => {
    const base = await listen(() => undefined);
    const peer = peerFetch();
    const given = new AbortController();
    const asked = peer.get(base, '/', { maxBytes: 9, signal: given.signal });
    given.abort();
    expect(await asked).toBeUndefined();
    expect(await peer.get(base, '/', { maxBytes: 9, signal: given.signal })).toBeUndefined();
  });

  it('is bounded in bytes, follows no redirect, and takes silence for no answer', async () => {
    const base = await listen((request, response) => {
      if (request.url === '/large') response.end(Buffer.alloc(10_000));
      else if (request.url === '/away') response.writeHead(302, { location: '/large' }).end();
      else response.destroy();
    });
    const peer = peerFetch();
    expect((await peer.get(base, '/large', { maxBytes: 10_000 }))?.body).toHaveLength(10_000);
    expect(await peer.get(base, '/large', { maxBytes: 9_999 })).toBeUndefined();
    expect((await peer.get(base, '/away', { maxBytes: 100 }))?.status).toBe(302);
    expect(await peer.get(base, '/reset', { maxBytes: 100 })).toBeUndefined();
  });

  it('is of the one length that it can have: 90 MiB of zeros are not read', async () => {
    const zeros = Buffer.alloc(2 ** 20);
    const base = await listen((request, response) => {
      written.push(response.socket as Socket);
      if (request.url === '/declared') response.setHeader('content-length', 90 * 2 ** 20);
      let left = 90;
      const more = (): void => {
        while (left > 0) {
          left -= 1;
          if (!response.write(zeros)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const peer = peerFetch();
    const limits = { maxBytes: 416, exactBytes: 416 };
    for (const target of ['/declared', '/chunked'])
      expect(await peer.get(base, target, limits)).toBeUndefined();
    // What the system's buffers took, and no more.
    for (const socket of written.splice(0)) expect(socket.bytesWritten).toBeLessThan(30 * 2 ** 20);
  });

  it('of a shorter length is no answer either, and errors may have any', async () => {
    const base = await listen((request, response) => {
      if (request.url === '/gone') response.writeHead(404).end('{"code":"edge/no-such-evidence"}');
      else response.end(Buffer.alloc(415));
    });
    const peer = peerFetch();
    expect(await peer.get(base, '/short', { maxBytes: 416, exactBytes: 416 })).toBeUndefined();
    expect((await peer.get(base, '/gone', { maxBytes: 416, exactBytes: 416 }))?.status).toBe(404);
  });

  it('is over when its time is, though a byte comes now and then', async () => {
    const base = await listen((_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    // All of it would take five hours; the test's own limit is a minute.
    const limits = { maxBytes: 1_000_000, exactBytes: 1_000_000, timeoutMs: 300 };
    expect(await peerFetch().get(base, '/', limits)).toBeUndefined();
  });

  it('has time in proportion to its length', () => {
    expect(timeFor(0, 60_000)).toBe(3_000);
    expect(timeFor(2 ** 20, 60_000)).toBe(7_000);
    expect(timeFor(2 ** 30, 60_000)).toBe(60_000);
  });
});
