import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import zlib from 'node:zlib';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit, parseResponse, requestText } from './raw-http.ts';
import type { RawResponse } from './raw-http.ts';
import { say, script } from './scripted-origin.ts';

const clock = createManualClock(Date.now());
let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork({ overrides: { clock } });
  resource = await network.addResource();
});
afterAll(() => network.close());

const HTML = ['Content-Type', 'text/html; charset=utf-8'] as const;
const TAG = ['ETag', '"v1"'] as const;
const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;
const PAGE = Buffer.from(Array.from({ length: 2_000 }, (_, i) => `<p>line ${i} of a page</p>\n`).join(''));
const takes = (coding: string, more: Readonly<Record<string, string>> = {}) => ({
  headers: { 'Accept-Encoding': coding, ...more },
});

function uncoded({ headers, body }: RawResponse): Buffer {
  switch (headers['content-encoding']) {
    case 'br':
      return zlib.brotliDecompressSync(body);
    case 'zstd':
      return zlib.zstdDecompressSync(body);
    case 'gzip':
      return zlib.gunzipSync(body);
    default:
      return body;
  }
}

/** Asks until the answer comes from the cache, as the next viewers get it. */
async function settled(target: string, coding: string, of: TestResource = resource): Promise<RawResponse> {
  let last = await of.get(target, takes(coding));
  await expect
    .poll(async () => {
      last = await of.get(target, takes(coding));
      return isHit(last);
    })
    .toBe(true);
  return last;
}

describe('what is kept and is text', () => {
  it.each([
    ['br', 'gzip, deflate, br'],
    ['zstd', 'gzip, zstd'],
    ['gzip', 'gzip, deflate'],
    ['gzip', 'br;q=0.5, gzip'],
    ['br', '*'],
    [undefined, 'br;q=0, identity'],
    [undefined, 'identity, gzip;q=0.5'],
    [undefined, 'deflate'],
  ])(
    'goes as %s to who takes %s, from the origin, from the cache, and to the next',
    async (coding, accepted) => {
      const target = `/page-${Buffer.from(accepted).toString('hex')}`;
      script(network.origin, target, { headers: [HTML, TAG, FOR_LONG], body: PAGE });
      const cold = await resource.get(target, takes(accepted));
      const stored = await settled(target, accepted);
      const next = await resource.get(target, takes(accepted));
      for (const answer of [cold, stored, next]) {
        expect([answer.status, answer.headers['content-encoding'], answer.complete]).toEqual([
          200,
          coding,
          true,
        ]);
        expect(uncoded(answer).equals(PAGE)).toBe(true);
        expect(answer.headers['vary']).toMatch(/accept-encoding/i);
        expect(answer.headers['etag']).toBe(coding === undefined ? '"v1"' : 'W/"v1"');
        if (coding !== undefined) expect(answer.body.length).toBeLessThan(PAGE.length / 2);
      }
      for (const answer of [stored, next]) {
        expect(answer.headers['content-length']).toBe(String(answer.body.length));
        const digest = createHash('sha256').update(answer.body).digest('base64');
        expect(answer.headers['repr-digest']).toBe(`sha-256=:${digest}:`);
      }
      expect(network.origin.count(target)).toBe(1);
    },
  );

  it('is asked for once, whatever codings viewers take', async () => {
    script(network.origin, '/once', { headers: [HTML, TAG, FOR_LONG], body: PAGE });
    for (const coding of ['br', 'gzip', 'zstd', 'identity'])
      expect(uncoded(await settled('/once', coding)).equals(PAGE)).toBe(true);
    expect(network.origin.count('/once')).toBe(1);
  });

  it('answers HEAD and conditions as it answers GET', async () => {
    script(network.origin, '/head', { headers: [HTML, TAG, FOR_LONG], body: PAGE });
    const whole = await settled('/head', 'br');
    const head = await resource.get('/head', { ...takes('br'), method: 'HEAD' });
    expect([head.headers['content-length'], head.headers['content-encoding']]).toEqual([
      whole.headers['content-length'],
      'br',
    ]);
    for (const tag of ['W/"v1"', '"v1"', '"v0", W/"v1"']) {
      const same = await resource.get('/head', takes('br', { 'If-None-Match': tag }));
      expect([same.status, same.headers['etag'], same.body.length]).toEqual([304, 'W/"v1"', 0]);
      // The uncoded form is asked about with the tag of the coded one by who changed its mind.
      expect((await resource.get('/head', { headers: { 'If-None-Match': tag } })).status).toBe(304);
    }
    expect((await resource.get('/head', takes('br', { 'If-None-Match': '"v2"' }))).status).toBe(200);
  });

  it('gives parts of the bytes as the origin has them, and none of coded ones', async () => {
    script(network.origin, '/parts', {
      headers: [HTML, TAG, FOR_LONG, ['Accept-Ranges', 'bytes']],
      body: PAGE,
    });
    const whole = await settled('/parts', 'br');
    expect(whole.headers['accept-ranges']).toBeUndefined();
    const part = await resource.get('/parts', takes('br', { Range: 'bytes=10-19' }));
    expect([part.status, part.headers['content-encoding'], part.headers['etag']]).toEqual([
      206,
      undefined,
      '"v1"',
    ]);
    expect(part.body.equals(PAGE.subarray(10, 20))).toBe(true);
    // A weak tag proves nothing to If-Range.
    const resumed = await resource.get('/parts', takes('br', { Range: 'bytes=10-', 'If-Range': 'W/"v1"' }));
    expect([resumed.status, resumed.body.equals(PAGE)]).toEqual([200, true]);
  });

  it('is renewed with what it is of, and replaced with it', async () => {
    let version = 1;
    network.origin.on('/renewed', (socket, seen) => {
      const headers = [HTML, ['ETag', `"v${version}"`], ['Cache-Control', 'max-age=10']] as const;
      if (seen.headers['if-none-match'] === `"v${version}"`) say(socket, { status: 304, headers });
      else say(socket, { headers, body: Buffer.concat([Buffer.from(`<h1>${version}</h1>`), PAGE]) });
    });
    await settled('/renewed', 'br');
    clock.advance(11_000);
    const renewed = await resource.get('/renewed', takes('br'));
    expect([renewed.headers['content-encoding'], renewed.headers['cache-status']]).toEqual([
      'br',
      expect.stringContaining('fwd-status=304'),
    ]);
    const hit = await resource.get('/renewed', takes('br'));
    expect([isHit(hit), Number(hit.headers['age'])]).toEqual([true, 0]);
    version = 2;
    clock.advance(11_000);
    await resource.get('/renewed', takes('gzip'));
    const next = await settled('/renewed', 'br');
    expect(uncoded(next).subarray(0, 10).toString()).toBe('<h1>2</h1>');
    expect(next.headers['etag']).toBe('W/"v2"');
    expect((await resource.get('/renewed', { method: 'DELETE' })).status).toBe(200);
    version = 3;
    expect(
      uncoded(await resource.get('/renewed', takes('br')))
        .subarray(0, 10)
        .toString(),
    ).toBe('<h1>3</h1>');
  });

  it('counts what was sent, to the byte', async () => {
    const own = await network.addResource();
    script(network.origin, '/counted', { headers: [HTML, TAG, FOR_LONG], body: PAGE });
    let bytes = 0;
    for (let i = 0; i < 3; i += 1) bytes += (await own.get('/counted', takes('br'))).bytes;
    bytes += (await own.get('/counted')).bytes;
    expect(await network.counter(own.address)).toBe(bytes);
  });

  it('is coded where it is longer than is held, too', async () => {
    script(network.origin, '/long', { headers: [HTML, FOR_LONG], body: Buffer.concat(Array(20).fill(PAGE)) });
    const answer = await resource.get('/long', takes('gzip'));
    expect(uncoded(answer).length).toBe(20 * PAGE.length);
  });
});

describe('what is left as it is', () => {
  const NOISE = Buffer.from(createHash('sha512').update('x').digest('base64').repeat(1)).toString();
  it.each([
    ['a picture', [['Content-Type', 'image/png'], FOR_LONG], PAGE],
    ['a font that is coded already', [['Content-Type', 'font/woff2'], FOR_LONG], PAGE],
    ['no type', [FOR_LONG], PAGE],
    ['a short page', [HTML, FOR_LONG], Buffer.from(NOISE)],
    ['no-transform', [HTML, ['Cache-Control', 'max-age=600, no-transform']], PAGE],
    ['what is for one viewer', [HTML, ['Cache-Control', 'private']], PAGE],
    ['what sets a cookie', [HTML, FOR_LONG, ['Set-Cookie', 'a=b']], PAGE],
  ] as const)('%s', async (name, headers, body) => {
    const target = `/plain-${name.replaceAll(' ', '-')}`;
    script(network.origin, target, { headers, body });
    for (let i = 0; i < 3; i += 1) {
      const answer = await resource.get(target, takes('br, gzip'));
      expect([answer.headers['content-encoding'], answer.body.equals(body)]).toEqual([undefined, true]);
      expect(answer.headers['vary']).toBeUndefined();
    }
  });

  it('for who forbids it', async () => {
    script(network.origin, '/forbidden', { headers: [HTML, FOR_LONG], body: PAGE });
    const answer = await resource.get('/forbidden', takes('br', { 'Cache-Control': 'no-transform' }));
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('what the origin has coded, for each as it takes it', async () => {
    let asked = 0;
    network.origin.on('/precoded', (socket, seen) => {
      asked += 1;
      const coded = /gzip/.test(seen.headers['accept-encoding'] ?? '');
      say(socket, {
        headers: [
          HTML,
          FOR_LONG,
          ['ETag', coded ? '"g"' : '"i"'],
          ['Vary', 'Accept-Encoding'],
          ...(coded ? [['Content-Encoding', 'gzip'] as const] : []),
        ],
        body: coded ? zlib.gzipSync(PAGE) : PAGE,
      });
    });
    const gzip = await settled('/precoded', 'gzip, deflate, br');
    expect([gzip.headers['content-encoding'], gzip.headers['etag']]).toEqual(['gzip', '"g"']);
    // The same codings in another order, with other weights.
    expect(isHit(await resource.get('/precoded', takes('br;q=1.0,  deflate, gzip;q=0.8')))).toBe(true);
    const part = await resource.get('/precoded', takes('gzip, deflate, br', { Range: 'bytes=0-9' }));
    expect([part.status, part.body.equals(zlib.gzipSync(PAGE).subarray(0, 10))]).toEqual([206, true]);
    expect(asked).toBe(1);
    expect(uncoded(await resource.get('/precoded')).equals(PAGE)).toBe(true);
    expect(asked).toBe(2);
  });

  it('streams of events, even where a rule names them', async () => {
    const own = await network.addResource({ rules: ['compress types=text/event-stream,text/html'] });
    network.origin.on('/events', (socket) =>
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE.toString()}`,
      ),
    );
    const answer = await own.get('/events', takes('br', { Accept: 'text/event-stream' }));
    expect(answer.headers['content-encoding']).toBeUndefined();
  });
});

const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

describe('a body that comes slowly', () => {
  it.each([
    ['gzip', (bytes: Buffer) => zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH })],
    [
      'br',
      (bytes: Buffer) =>
        zlib.brotliDecompressSync(bytes, { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }),
    ],
    ['zstd', (bytes: Buffer) => zlib.zstdDecompressSync(bytes, { finishFlush: zlib.constants.ZSTD_e_flush })],
  ] as const)('is coded as it comes, each piece at once (%s)', async (coding, begun) => {
    const sockets: Socket[] = [];
    network.origin.on(`/slow-${coding}`, (socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      socket.write(chunk('first'));
      sockets.push(socket);
    });
    const parts: Buffer[] = [];
    const viewer = connect(network.edge.port, '127.0.0.1', () =>
      viewer.write(requestText(resource.host, `/slow-${coding}`, takes(coding))),
    );
    viewer.on('data', (part: Buffer) => parts.push(part));
    const now = (): string => {
      // What is of unknown length is held for a moment.
      clock.advance(50);
      const { body } = parseResponse(Buffer.concat(parts));
      return body.length === 0 ? '' : begun(body).toString();
    };
    await expect.poll(now).toBe('first');
    sockets[0]?.write(chunk(' second'));
    await expect.poll(now).toBe('first second');
    sockets[0]?.write('0\r\n\r\n');
    await expect.poll(() => parseResponse(Buffer.concat(parts)).complete).toBe(true);
    viewer.destroy();
  });

  it('that is cut is cut for the viewer, too', async () => {
    const long = Buffer.concat(Array(10).fill(PAGE));
    script(network.origin, '/cut', { headers: [HTML, FOR_LONG], body: long, cutAfter: 200_000 });
    const answer = await resource.get('/cut', takes('gzip'));
    expect([answer.headers['content-encoding'], answer.complete]).toEqual(['gzip', false]);
  });
});

describe('after a start', () => {
  it('coded copies are there again', async () => {
    const other = await startTestNetwork();
    try {
      const own = await other.addResource();
      script(other.origin, '/kept', { headers: [HTML, TAG, FOR_LONG], body: PAGE });
      await settled('/kept', 'br', own);
      await other.restart();
      const again = await own.get('/kept', takes('br'));
      expect([isHit(again), again.headers['content-encoding']]).toEqual([true, 'br']);
      expect(uncoded(again).equals(PAGE)).toBe(true);
      expect(other.origin.count('/kept')).toBe(1);
    } finally {
      await other.close();
    }
  });
});
