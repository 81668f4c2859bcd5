import type { Socket } from 'node:net';
import { tokenHeader } from '@media-network/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hourAt } from '../src/chain/periods.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { exchangeRaw, ok } from './raw-http.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
});
afterAll(() => network.close());

const CACHED = { 'Cache-Control': 'max-age=60', ETag: '"v1"' };
/** Exactly these bytes, latin1. */
const says =
  (bytes: string) =>
  (socket: Socket): void => {
    socket.write(Buffer.from(bytes, 'latin1'));
  };
const raw = async (text: string): Promise<string> =>
  (await exchangeRaw(network.edge.port, Buffer.from(text, 'latin1'))).toString('latin1');

describe('an origin that means harm', () => {
  const LENGTH = 'Content-Length: 2\r\nCache-Control: max-age=60\r\n\r\nhi';
  it.each([
    ['a control character in its reason phrase', `HTTP/1.1 200 O\x01K\r\n${LENGTH}`],
    ['a carriage return in a field', `HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: x=1\r\n${LENGTH}`],
    ['a folded field', `HTTP/1.1 200 OK\r\nX: a\r\n Set-Cookie: b\r\n${LENGTH}`],
    ['a NUL in a field', `HTTP/1.1 200 OK\r\nX: a\0b\r\n${LENGTH}`],
    ['bare line feeds', `HTTP/1.1 200 OK\nX: a\n${LENGTH.replaceAll('\r', '')}`],
    ['a 304 that nobody asked for', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'],
    [
      'a 206 that nobody asked for',
      `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\n${LENGTH}`,
    ],
    ['a list of lengths', `HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi`],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
  ])('with %s gets a 502, and the edge lives on', async (name, bytes) => {
    const target = `/harm-${name.replaceAll(' ', '-')}`;
    network.origin.on(target, says(bytes));
    for (const method of ['GET', 'POST']) {
      const response = await resource.get(target, { method });
      expect([method, response.status, response.headers['media-error']]).toEqual([
        method,
        502,
        'edge/origin-bad-response',
      ]);
    }
    network.origin.on(target, ok('mended', CACHED));
    expect((await resource.get(target)).body.toString()).toBe('mended');
  });

  it('cannot answer the next request of its connection with surplus bytes', async () => {
    network.origin.on(
      '/surplus',
      says(`HTTP/1.1 200 OK\r\n${LENGTH}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    );
    expect((await resource.get('/surplus')).body.toString()).toBe('hi');
    for (let i = 0; i < 4; i += 1) {
      network.origin.on(`/clean-${i}`, ok('clean'));
      expect((await resource.get(`/clean-${i}`)).body.toString()).toBe('clean');
    }
  });

  it('cannot give a 204 a length, so that what follows would be taken for its body', async () => {
    network.origin.on('/none', says(`HTTP/1.1 204 No Content\r\n${LENGTH}`));
    for (const kind of ['miss', 'hit']) {
      const response = await resource.get('/none');
      expect([kind, response.status, response.headers['content-length'], response.body.length]).toEqual([
        kind,
        204,
        undefined,
        0,
      ]);
    }
  });

  it('cannot speak for the edge', async () => {
    network.origin.on(
      '/spoof',
      ok('hi', {
        ...CACHED,
        'Cache-Status': '"',
        'Media-Request': 'evil',
        'Media-Error': 'edge/x',
        'Repr-Digest': 'sha-256=:AAAA:',
      }),
    );
    for (const member of [/^medianet; fwd=miss/, /^medianet; hit/]) {
      const response = await resource.get('/spoof');
      expect(response.headers['cache-status']).toMatch(member);
      expect(response.headers['media-request']).not.toContain('evil');
      expect(response.headers['media-error']).toBeUndefined();
      expect(response.headers['repr-digest'] ?? '').not.toContain('AAAA');
    }
  });

  it('cannot set a cookie for its neighbours', async () => {
    network.origin.on(
      '/cookie',
      ok('hi', { 'Set-Cookie': 'a="x; domain=y"; Path=/; DOMAIN = medianet.localhost; Secure' }),
    );
    const cookie = (await resource.get('/cookie')).headers['set-cookie'];
    expect(cookie).not.toMatch(/domain\s*=\s*medianet/i);
    expect(cookie).toMatch(/; Path=\/; Secure$/);
  });

  it('cannot make look-ups dear by the length of its Vary', async () => {
    const names = Array.from({ length: 900 }, (_, i) => `x${i}`).join(',');
    network.origin.on('/vary', ok('hi', { ...CACHED, Vary: names }));
    for (let i = 0; i < 2; i += 1)
      expect((await resource.get('/vary')).headers['cache-status']).not.toMatch(/; hit/);
  });
});

describe('a viewer that means harm', () => {
  it('cannot put words into what others get from the cache', async () => {
    network.origin.on('/echo', (socket, seen) => ok(JSON.stringify(seen.headers), CACHED)(socket));
    const words = {
      Forwarded: 'host=evil',
      'X-Forwarded-Host': 'evil',
      'X-Forwarded-Proto': 'evil',
      'X-Forwarded-Port': 'evil',
      'X-Forwarded-Prefix': '/evil',
      'X-Forwarded-For': 'evil',
      'X-Host': 'evil',
      'X-Original-URL': '/evil',
      'X-Rewrite-URL': '/evil',
      'X-Real-IP': 'evil',
      'X-HTTP-Method-Override': 'EVIL',
    };
    await resource.get('/echo', { headers: words });
    const kept = await resource.get('/echo');
    expect(kept.headers['cache-status']).toMatch(/; hit/);
    expect(kept.body.toString()).not.toMatch(/evil/i);
    expect(kept.body.toString()).toContain(resource.host);
  });

  it('reaches one object by every spelling of the host, and nothing by a host that could be two', async () => {
    network.origin.on('/one', ok('one', CACHED));
    await resource.get('/one');
    const { host } = resource;
    for (const spelling of [host.toUpperCase(), `${host}.`, `${host}:80`, `${host}:${network.edge.port}`])
      expect(await raw(`GET /one HTTP/1.1\r\nHost: ${spelling}\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 200 [^]*medianet; hit/,
      );
    expect(network.origin.count('/one')).toBe(1);
    const other = await network.addResource();
    for (const [target, spelling] of [
      ['/one', `${host}..`],
      ['/one', `u@${host}`],
      ['/one', `${host}:99999`],
      [`http://${other.host}/one`, host],
      [`//${other.host}/one`, host],
      ['/x/%2e%2e/one', host],
      ['/one#x', host],
    ])
      expect(await raw(`GET ${target} HTTP/1.1\r\nHost: ${spelling}\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 400 /,
      );
  });

  it('gets no more than the whole for any number of ranges', async () => {
    network.origin.on('/big', ok(Buffer.alloc(300_000, 7), CACHED));
    await resource.get('/big');
    const many = Array.from({ length: 1_300 }, (_, i) => `${i}-${i}`).join(',');
    for (const range of [many, '0-,0-,0-', '0-99999999999999999999999', '0-0,-1', '5-2']) {
      const response = await resource.get('/big', { headers: { Range: `bytes=${range}` } });
      expect([range.slice(0, 30), response.status, response.body.length]).toEqual([
        range.slice(0, 30),
        200,
        300_000,
      ]);
    }
  });

  it('smuggles nothing between the lanes', async () => {
    network.origin.on('/post', ok('posted'));
    network.origin.on('/fast', ok('fast', CACHED));
    await resource.get('/fast');
    const host = `Host: ${resource.host}\r\n`;
    const hidden = `GET /smuggled HTTP/1.1\r\n${host}\r\n`;
    const get = `GET /fast HTTP/1.1\r\n${host}`;
    const answers = await raw(
      `${get}\r\n` +
        `POST /post HTTP/1.1\r\n${host}Content-Length: ${hidden.length}\r\n\r\n${hidden}` +
        `${get}Content-Length: ${hidden.length}\r\n\r\n${hidden}` +
        `POST /post HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n` +
        `${get}Connection: close\r\n\r\n`,
    );
    expect(answers.match(/HTTP\/1\.1 \d{3}/g)).toEqual(Array.from({ length: 5 }, () => 'HTTP/1.1 200'));
    expect(network.origin.count('/smuggled')).toBe(0);
  });

  it('cannot keep a connection by an expectation that nobody knows', async () => {
    const answer = await raw(
      `POST /post HTTP/1.1\r\nHost: ${resource.host}\r\nExpect: x\r\nContent-Length: 2\r\n\r\nhi`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 417 [^]*Connection: close/);
  });

  it('cannot use a session number twice, however close together', async () => {
    const hour = hourAt(network.chain.periods, network.chain.nowMs());
    network.origin.on('/paid', ok('paid', CACHED));
    const other = await network.addResource();
    const first = await network.publisher.session(resource.address, hour);
    const second = await network.publisher.session(other.address, hour, { session: first.token.session });
    const answers = await Promise.all([
      resource.get('/paid', { headers: { 'Media-Token': tokenHeader(first.token) } }),
      other.get('/paid', { headers: { 'Media-Token': tokenHeader(second.token) } }),
    ]);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 401]));
  });
});
