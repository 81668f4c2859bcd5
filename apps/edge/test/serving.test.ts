import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { exchangeRaw, ok, request } from './raw-http.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
});
afterAll(() => network.close());

const CACHED = { 'Cache-Control': 'max-age=60', ETag: '"v1"', 'Content-Type': 'text/plain' };

describe('look up, hit and fetch', () => {
  it('misses first, then hits with Age, Cache-Status, Via, Repr-Digest and a request id', async () => {
    network.origin.on('/page', ok('hello', CACHED));
    const first = await resource.get('/page');
    expect(first.status).toBe(200);
    expect(first.body.toString()).toBe('hello');
    expect(first.headers['cache-status']).toMatch(/^medianet; fwd=miss; fwd-status=200; stored/);
    const second = await resource.get('/page');
    expect(second.body.toString()).toBe('hello');
    expect(second.headers['cache-status']).toMatch(/^medianet; hit/);
    expect(Number(second.headers['age'])).toBeGreaterThanOrEqual(0);
    expect(second.headers['via']).toBe('1.1 medianet');
    expect(second.headers['repr-digest']).toBe(
      `sha-256=:${createHash('sha256').update('hello').digest('base64')}:`,
    );
    expect(second.headers['media-request']).toMatch(/./);
    expect(second.headers['etag']).toBe('"v1"');
    expect(network.origin.count('/page')).toBe(1);
  });

  it('answers a slow-lane hit like a fast one', async () => {
    network.origin.on('/both', ok('same', CACHED));
    await resource.get('/both');
    const fast = await resource.get('/both');
    const slow = await resource.get('/both', { headers: { Range: 'lines=1-2' } });
    expect(Object.keys(slow.headers).sort()).toEqual(Object.keys(fast.headers).sort());
    expect(slow.body).toEqual(fast.body);
  });

  it('sends the raw target, the host of the settings and no viewer address to the origin', async () => {
    network.origin.on('/a%2Fb', ok('raw'));
    await resource.get('/a%2Fb?x=%20y', {
      headers: { 'X-Forwarded-Host': 'evil', 'Media-Token-Not': '1', Te: 'trailers' },
    });
    const seen = network.origin.seen.at(-1);
    expect(seen?.target).toBe('/a%2Fb?x=%20y');
    expect(seen?.headers['host']).toBe(new URL(network.origin.url).host);
    expect(seen?.headers['x-forwarded-host']).toBe(resource.host);
    expect(seen?.headers['x-forwarded-proto']).toBe('http');
    expect(seen?.headers['x-forwarded-for']).toBeUndefined();
    expect(seen?.headers['te']).toBeUndefined();
  });

  it('collapses simultaneous misses into one fetch', async () => {
    const asked = new Promise<Socket>((resolve) => {
      network.origin.on('/slow', resolve);
    });
    const all = Promise.all(Array.from({ length: 8 }, () => resource.get('/slow')));
    ok('slow body', CACHED)(await asked);
    for (const response of await all) expect(response.body.toString()).toBe('slow body');
    expect(network.origin.count('/slow')).toBe(1);
  });

  it('keeps tenants apart', async () => {
    const other = await network.addResource();
    network.origin.on('/tenant', ok('one', CACHED));
    await resource.get('/tenant');
    network.origin.on('/tenant', ok('two', CACHED));
    expect((await other.get('/tenant')).body.toString()).toBe('two');
    expect((await resource.get('/tenant')).body.toString()).toBe('one');
  });

  it('stores nothing that sets a cookie, is private, or was made for a cookie without a lifetime', async () => {
    network.origin.on('/cookie', ok('c', { ...CACHED, 'Set-Cookie': 'a=1' }));
    network.origin.on('/private', ok('p', { 'Cache-Control': 'private, max-age=60' }));
    network.origin.on('/personal', ok('x', { 'Last-Modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }));
    for (const target of ['/cookie', '/private', '/personal']) {
      await resource.get(target, { headers: { Cookie: 'sid=1' } });
      const again = await resource.get(target);
      expect(again.headers['cache-status']).not.toMatch(/; hit/);
    }
    expect(network.origin.count('/cookie')).toBe(2);
  });

  it('takes settings that ask otherwise into use with an empty cache', async () => {
    const moved = await network.addResource();
    network.origin.on('/moved', ok('old', CACHED));
    expect((await moved.get('/moved')).body.toString()).toBe('old');
    network.origin.on('/moved', ok('new', CACHED));
    const blob = await network.guard.encrypt(
      { origin: network.origin.url, originHeaders: [['X-Site', 'new']] },
      moved.address,
      2,
    );
    network.guard.know(moved.address, blob);
    network.chain.setSettings(moved.address, blob);
    await expect.poll(async () => (await moved.get('/moved')).body.toString()).toBe('new');
  });
});

describe('conditional and range requests', () => {
  it('answers 304, HEAD, 206 and 416 from the cache', async () => {
    network.origin.on('/r', ok('0123456789', CACHED));
    await resource.get('/r');
    const notModified = await resource.get('/r', { headers: { 'If-None-Match': '"v1"' } });
    expect(notModified.status).toBe(304);
    expect(notModified.body.length).toBe(0);
    expect(notModified.headers['etag']).toBe('"v1"');
    const head = await resource.get('/r', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers['content-length']).toBe('10');
    expect(head.body.length).toBe(0);
    const part = await resource.get('/r', { headers: { Range: 'bytes=2-4' } });
    expect(part.status).toBe(206);
    expect(part.body.toString()).toBe('234');
    expect(part.headers['content-range']).toBe('bytes 2-4/10');
    expect(part.headers['repr-digest']).toMatch(/^sha-256=:/);
    const beyond = await resource.get('/r', { headers: { Range: 'bytes=20-' } });
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe('bytes */10');
    expect(network.origin.count('/r')).toBe(1);
  });

  it('fetches the whole for a range near the start of an object it misses', async () => {
    network.origin.on('/whole', ok('abcdefghij', CACHED));
    const part = await resource.get('/whole', { headers: { Range: 'bytes=5-' } });
    expect(part.status).toBe(206);
    expect(part.body.toString()).toBe('fghij');
    await expect.poll(async () => (await resource.get('/whole')).headers['cache-status']).toMatch(/; hit/);
    expect(network.origin.count('/whole')).toBe(1);
  });

  it('passes a far range through while the whole comes into the cache', async () => {
    const body = Buffer.alloc(3 * 2 ** 20, 'x');
    body.write('needle', 2 * 2 ** 20);
    network.origin.on('/far', (socket, seen) => {
      const range = /bytes=(\d+)-(\d+)/.exec(seen.headers['range'] ?? '');
      if (range === null) {
        ok(body, CACHED)(socket);
        return;
      }
      const part = body.subarray(Number(range[1]), Number(range[2]) + 1);
      socket.write(
        `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${range[1]}-${range[2]}/${body.length}\r\nContent-Length: ${part.length}\r\nETag: "v1"\r\n\r\n`,
      );
      socket.write(part);
    });
    const part = await resource.get('/far', {
      headers: { Range: `bytes=${2 * 2 ** 20}-${2 * 2 ** 20 + 5}` },
    });
    expect(part.status).toBe(206);
    expect(part.body.toString()).toBe('needle');
    await expect
      .poll(async () => (await resource.get('/far', { method: 'HEAD' })).headers['cache-status'], {
        timeout: 5_000,
      })
      .toMatch(/; hit/);
    const whole = await resource.get('/far');
    expect(whole.body.equals(body)).toBe(true);
  });

  it('revalidates with the origin and serves what it holds after a 304', async () => {
    network.origin.on('/reval', (socket, seen) => {
      if (seen.headers['if-none-match'] === '"v1"')
        socket.write('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nCache-Control: max-age=60\r\n\r\n');
      else ok('kept', { 'Cache-Control': 'no-cache', ETag: '"v1"' })(socket);
    });
    await resource.get('/reval');
    const second = await resource.get('/reval');
    expect(second.body.toString()).toBe('kept');
    expect(second.headers['cache-status']).toMatch(/fwd=stale; fwd-status=304/);
    expect((await resource.get('/reval')).headers['cache-status']).toMatch(/; hit/);
    expect(network.origin.count('/reval')).toBe(2);
  });

  it('answers HEAD for a stale entry and keeps the new body it fetched for it', async () => {
    network.origin.on('/stale-head', ok('old', { 'Cache-Control': 'no-cache', ETag: '"v1"' }));
    await resource.get('/stale-head');
    network.origin.on('/stale-head', ok('newer', { 'Cache-Control': 'max-age=60', ETag: '"v2"' }));
    const head = await resource.get('/stale-head', { method: 'HEAD' });
    expect(head.headers['content-length']).toBe('5');
    expect(head.body.length).toBe(0);
    const after = await resource.get('/stale-head');
    expect(after.body.toString()).toBe('newer');
    expect(after.headers['cache-status']).toMatch(/; hit/);
    expect(network.origin.count('/stale-head')).toBe(2);
  });

  it('serves stale on an error of the origin where it may', async () => {
    network.origin.on('/sie', ok('old', { 'Cache-Control': 'max-age=0, stale-if-error=60', ETag: '"v1"' }));
    await resource.get('/sie');
    network.origin.on('/sie', (socket) => socket.destroy());
    const stale = await resource.get('/sie');
    expect(stale.status).toBe(200);
    expect(stale.body.toString()).toBe('old');
    expect(stale.headers['cache-status']).toMatch(/stale-if-error/);
  });

  it('serves stale while it revalidates where it may', async () => {
    network.origin.on('/swr', ok('old', { 'Cache-Control': 'max-age=0, stale-while-revalidate=60' }));
    await resource.get('/swr');
    network.origin.on('/swr', ok('new', CACHED));
    expect((await resource.get('/swr')).body.toString()).toBe('old');
    await expect.poll(async () => (await resource.get('/swr')).body.toString()).toBe('new');
  });
});

async function expectNotStored(target: string): Promise<void> {
  network.origin.on(target, ok('mended', CACHED));
  const after = await resource.get(target);
  expect(after.body.toString()).toBe('mended');
  expect(after.headers['cache-status']).not.toMatch(/; hit/);
}

describe('an origin that misbehaves', () => {
  it.each([
    [
      'truncates',
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nshort'),
      502,
      'edge/origin-reset',
    ],
    ['resets at once', (socket: Socket) => socket.resetAndDestroy(), 502, 'edge/origin-reset'],
    [
      'resets in the body',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nshort', () =>
          socket.resetAndDestroy(),
        ),
      502,
      'edge/origin-reset',
    ],
    ['speaks no HTTP', (socket: Socket) => socket.end('220 smtp ready\r\n'), 502, 'edge/origin-bad-response'],
    [
      'says two lengths',
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'),
      502,
      'edge/origin-bad-response',
    ],
    [
      'sends a huge head',
      (socket: Socket) =>
        socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(60_000)}\r\nContent-Length: 0\r\n\r\n`),
      502,
      'edge/origin-bad-response',
    ],
    [
      'breaks its chunks',
      (socket: Socket) =>
        socket.end(
          'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel',
        ),
      502,
      'edge/origin-reset',
    ],
    ['answers in one line', (socket: Socket) => socket.end('hello\r\n\r\n'), 502, 'edge/origin-bad-response'],
    ['hangs before its head', () => undefined, 504, 'edge/origin-timeout'],
    [
      'hangs in the body',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nshort'),
      504,
      'edge/origin-timeout',
    ],
  ] as const)('%s: an error and nothing stored', async (name, answer, status, code) => {
    const target = `/bad-${name.replaceAll(' ', '-')}`;
    network.origin.on(target, answer);
    const response = await resource.get(target);
    expect(response.status).toBe(status);
    expect(response.headers['media-error']).toBe(code);
    expect(response.complete).toBe(true);
    await expectNotStored(target);
  });

  it('cuts the connection when the body fails after the head was sent', async () => {
    network.origin.on('/cut', (socket) => {
      socket.write(
        `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(100_000)}`,
        () => socket.resetAndDestroy(),
      );
    });
    const response = await resource.get('/cut');
    expect(response.status).toBe(200);
    expect(response.complete).toBe(false);
    await expectNotStored('/cut');
  });

  it('delivers a body that only the end of the connection ends, and does not store it', async () => {
    network.origin.on('/close', (socket) =>
      socket.end('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nConnection: close\r\n\r\nuntil the end'),
    );
    expect((await resource.get('/close')).body.toString()).toBe('until the end');
    await expectNotStored('/close');
  });

  it('follows no redirect', async () => {
    network.origin.on('/redirect', (socket) =>
      socket.write('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
    );
    const response = await resource.get('/redirect');
    expect(response.status).toBe(302);
    expect(response.headers['location']).toBe('http://127.0.0.1:1/');
  });
});

describe('other methods', () => {
  it('passes a body through and forgets what it changed', async () => {
    network.origin.on('/form', ok('before', CACHED));
    await resource.get('/form');
    network.origin.on('/form', (socket, seen) =>
      ok(`took ${seen.method} ${seen.body.toString()}`, { 'Cache-Control': 'max-age=60' })(socket),
    );
    const posted = await resource.get('/form', { method: 'POST', body: 'a=1' });
    expect(posted.body.toString()).toBe('took POST a=1');
    const after = await resource.get('/form');
    expect(after.body.toString()).toBe('took GET ');
  });

  it('forgets every variant of what was changed', async () => {
    network.origin.on('/variants', ok('old', { ...CACHED, Vary: 'Accept-Language' }));
    const languages = ['en', 'de', 'fr'];
    const ask = (language: string) => resource.get('/variants', { headers: { 'Accept-Language': language } });
    for (const language of languages) await ask(language);
    for (const language of languages)
      expect((await ask(language)).headers['cache-status']).toMatch(/^medianet; hit/);
    await resource.get('/variants', { method: 'POST', body: 'x' });
    network.origin.on('/variants', ok('new', { ...CACHED, Vary: 'Accept-Language' }));
    for (const language of languages) expect((await ask(language)).body.toString()).toBe('new');
  });

  it('refuses to switch protocols without a handshake', async () => {
    const response = await resource.get('/ws', { headers: { Upgrade: 'websocket' } });
    expect(response.status).toBe(400);
  });
});

describe('identify and admit', () => {
  it('knows no other host', async () => {
    const response = await request(network.edge.port, 'example.org', '/', {
      headers: { Accept: 'text/html' },
    });
    expect(response.status).toBe(404);
    expect(response.headers['media-error']).toBe('edge/unknown-host');
    expect(response.headers['content-type']).toMatch(/html/);
    const page = response.body.toString();
    expect(page).toMatch(/^<!doctype html><html lang="en">/);
    for (const part of ['<style>', 'prefers-color-scheme', 'width=device-width', 'edge/unknown-host'])
      expect(page).toContain(part);
    expect(page).toContain(response.headers['media-request']);
    expect(page).not.toContain('example.org');
    expect(response.headers['content-security-policy']).toMatch(/^default-src 'none'/);
    const plain = await request(network.edge.port, 'example.org', '/');
    expect(JSON.parse(plain.body.toString())).toMatchObject({ code: 'edge/unknown-host' });
  });

  it.each(['127.0.0.1', '[::1]', 'localhost'])('knows nothing by the address %s alone', async (host) => {
    const response = await request(network.edge.port, host, '/');
    expect([response.status, response.headers['media-error']]).toEqual([404, 'edge/unknown-host']);
  });

  it('refuses two hosts', async () => {
    const raw = await exchangeRaw(
      network.edge.port,
      `GET / HTTP/1.1\r\nHost: ${resource.host}\r\nHost: example.org\r\n\r\n`,
    );
    expect(raw.toString()).toMatch(/^HTTP\/1.1 400/);
  });

  it.each([
    ['paused', 'edge/paused'],
    ['exhausted', 'edge/exhausted'],
    ['pending', 'edge/not-authorised'],
  ] as const)('%s is 503 %s, also for what is cached', async (status, code) => {
    const mine = await network.addResource();
    network.origin.on('/x', ok('x', CACHED));
    expect((await mine.get('/x')).status).toBe(200);
    network.chain.setStatus(mine.address, status);
    const response = await mine.get('/x');
    expect(response.status).toBe(503);
    expect(response.headers['media-error']).toBe(code);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    network.chain.setStatus(mine.address, 'active');
    expect((await mine.get('/x')).status).toBe(200);
    network.chain.setStatus(mine.address, 'removed');
    expect((await mine.get('/x')).status).toBe(404);
  });

  it('refuses what is over quota', async () => {
    const mine = network.chain.addResource(undefined, { quotaKbps: 0, settingsVersion: 1 });
    const response = await request(
      network.edge.port,
      new URL(network.edge.urlOf(mine.address)).hostname,
      '/',
    );
    expect(response.status).toBe(503);
    expect(response.headers['media-error']).toBe('edge/over-quota');
  });

  it('refuses what is over its share, hits too, until the sample ends', async () => {
    const mine = await network.addResource();
    network.guard.share = 500_000n;
    network.origin.on('/share', ok(Buffer.alloc(100_000, 's'), CACHED));
    const { chain } = network;
    const sampleMs = chain.periods.sampleSecs * 1_000;
    const left = (): number => sampleMs - ((chain.nowMs() - chain.periods.epochZero * 1_000) % sampleMs);
    // Its sample must not end meanwhile.
    if (left() < sampleMs / 2) chain.advance(left());
    try {
      expect((await mine.get('/share')).status).toBe(200);
      // The guard's answer comes a moment after the first byte.
      await expect.poll(async () => (await mine.get('/share')).status, { interval: 10 }).toBe(503);
      const refused = await mine.get('/share');
      expect(refused.headers['media-error']).toBe('edge/over-share');
      expect(Math.abs(Number(refused.headers['retry-after']) * 1_000 - left())).toBeLessThan(30_000);
      chain.advance(left() + sampleMs);
      expect((await mine.get('/share')).status).toBe(200);
    } finally {
      network.guard.share = undefined;
    }
  });

  it('says why it has no settings', async () => {
    const mine = await network.addResource();
    network.guard.refuseWith = 403;
    expect((await mine.get('/')).headers['media-error']).toBe('edge/not-authorised');
    network.guard.refuseWith = undefined;
    const none = network.chain.addResource(undefined);
    const response = await request(
      network.edge.port,
      new URL(network.edge.urlOf(none.address)).hostname,
      '/',
    );
    expect(response.headers['media-error']).toBe('edge/no-settings');
  });
});

describe('the question whether it serves', () => {
  const READY = '/.well-known/media-network/ready';

  it('is answered as a viewer would be, has the settings fetched, and asks no origin', async () => {
    const mine = await network.addResource();
    let asked = 0;
    network.origin.on(READY, (socket) => {
      asked += 1;
      socket.end();
    });
    const before = network.edge.traffic();
    network.guard.refuseWith = 403;
    const refused = await mine.get(READY);
    expect([refused.status, refused.headers['media-error']]).toEqual([503, 'edge/not-authorised']);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: 'edge/not-authorised' });
    network.guard.refuseWith = undefined;
    await expect.poll(async () => (await mine.get(READY)).status).toBe(204);
    // From here on no guard is needed.
    network.guard.refuseWith = 403;
    network.origin.on('/first', ok('first', CACHED));
    expect((await mine.get('/first')).status).toBe(200);
    network.guard.refuseWith = undefined;
    network.chain.setStatus(mine.address, 'paused');
    expect((await mine.get(READY)).headers['media-error']).toBe('edge/paused');
    expect((await mine.get(READY, { method: 'POST', body: 'x' })).status).toBe(405);
    // Nobody's traffic and nobody's error, but for the one that was served.
    const after = network.edge.traffic();
    const sum = (hosts: typeof after.hosts, what: 'requests' | 'errors'): number =>
      hosts.reduce((all, each) => all + each[what], 0);
    expect(sum(after.hosts, 'requests') - sum(before.hosts, 'requests')).toBe(1);
    expect(sum(after.hosts, 'errors')).toBe(sum(before.hosts, 'errors'));
    expect(asked).toBe(0);
  });
});

describe('account', () => {
  it('counts every byte that a viewer receives, in both lanes, and no byte of its own endpoints', async () => {
    const mine = await network.addResource();
    network.origin.on('/small', ok('small', CACHED));
    network.origin.on('/big', ok(Buffer.alloc(1_500_000, 'b'), CACHED));
    network.origin.on('/stream', (socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n',
      ),
    );
    let bytes = 0;
    for (const target of ['/small', '/small', '/big', '/big', '/stream', '/missing', '/small'])
      bytes += (await mine.get(target)).bytes;
    bytes += (await mine.get('/big', { headers: { Range: 'bytes=100-200' } })).bytes;
    bytes += (await mine.get('/small', { headers: { 'If-None-Match': '"v1"' } })).bytes;
    bytes += (await mine.get('/small', { method: 'HEAD' })).bytes;
    const pipelined =
      `GET /small HTTP/1.1\r\nHost: ${mine.host}\r\n\r\n`.repeat(20) +
      `GET /big HTTP/1.1\r\nHost: ${mine.host}\r\nConnection: close\r\n\r\n`;
    bytes += (await exchangeRaw(network.edge.port, pipelined)).length;
    bytes += (await mine.get('/big', { method: 'HEAD' })).bytes;
    await mine.get('/.well-known/media-network/receipts', { method: 'POST', body: 'x' });
    await mine.get('/.well-known/media-network/other');
    expect(await network.counter(mine.address)).toBe(bytes);
    // What is shown of the traffic is the same, but for digits of ages and Connection fields.
    const shown = network.edge.traffic().hosts.find(({ host }) => host === mine.host);
    expect(Math.abs((shown?.bytes ?? 0) - bytes)).toBeLessThan(32 * (shown?.requests ?? 0));
  });

  it('never counts more than it wrote when viewers go away', async () => {
    const mine = await network.addResource();
    network.origin.on('/huge', ok(Buffer.alloc(8_000_000, 'h'), CACHED));
    await mine.get('/huge');
    const before = await network.counter(mine.address);
    const received = await new Promise<number>((resolve) => {
      let got = 0;
      const socket = connect(network.edge.port, '127.0.0.1', () =>
        socket.write(`GET /huge HTTP/1.1\r\nHost: ${mine.host}\r\n\r\n`),
      );
      socket.on('data', (part) => {
        got += part.length;
        if (got > 300_000) {
          socket.pause();
          setImmediate(() => socket.destroy());
        }
      });
      socket.on('close', () => resolve(got));
    });
    await expect.poll(() => network.edge.stats().openConnections).toBe(0);
    const counted = (await network.counter(mine.address)) - before;
    // What a socket took and its viewer did not read is in the kernel's buffers of both sides.
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThan(8_000_000);
    expect(counted).toBeLessThan(received + 7_000_000);
  });
});
