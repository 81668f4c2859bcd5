import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { exchangeRaw, isHit, ok, requestText } from './raw-http.ts';
import { script } from './scripted-origin.ts';

const clock = createManualClock(Date.now());
let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork({ config: { originTimeoutMs: 1_500 }, overrides: { clock } });
  resource = await network.addResource();
});
afterAll(() => network.close());

const CACHED = { 'Cache-Control': 'max-age=60', ETag: '"v1"' };
const raw = async (target: string): Promise<string> =>
  (await exchangeRaw(network.edge.port, requestText(resource.host, target))).toString('latin1');

describe('interim answers (RFC 9110 §15.2)', () => {
  const LINK = '</style.css>; rel=preload; as=style';
  it.each([
    [103, 'Early Hints'],
    [102, 'Processing'],
    [104, 'Whatever'],
  ])('a %d goes on to who asked, and is not stored', async (status, text) => {
    const target = `/interim-${status}`;
    network.origin.on(target, (socket) => {
      socket.write(`HTTP/1.1 ${status} ${text}\r\nLink: ${LINK}\r\nX-Hint: 1\r\n\r\n`);
      ok('final', CACHED)(socket);
    });
    const first = await raw(target);
    expect(first).toMatch(
      new RegExp(
        `^HTTP/1\\.1 ${status} [^\\r]*\\r\\nLink: [^\\r]*\\r\\nX-Hint: 1\\r\\n\\r\\nHTTP/1\\.1 200 `,
      ),
    );
    expect(first.match(/X-Hint/g)).toHaveLength(1);
    const second = await raw(target);
    expect(second).toMatch(/^HTTP\/1\.1 200 /);
    expect(second).not.toContain('X-Hint');
    expect(second).toContain('medianet; hit');
  });

  it('several, and for methods that pass through', async () => {
    network.origin.on('/several', (socket) => {
      socket.write(
        `HTTP/1.1 103 a\r\nLink: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 b\r\nLink: 2\r\n\r\n`,
      );
      ok('final')(socket);
    });
    const text = (
      await exchangeRaw(
        network.edge.port,
        requestText(resource.host, '/several', { method: 'POST', body: 'x' }),
      )
    ).toString('latin1');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 103', 'HTTP/1.1 103', 'HTTP/1.1 200']);
  });

  it('set nothing at the viewer that is not a hint', async () => {
    network.origin.on('/hint', (socket) => {
      socket.write(
        'HTTP/1.1 103 a\r\nLink: 1\r\nSet-Cookie: a=1\r\nContent-Length: 5\r\nCache-Status: medianet; hit\r\nConnection: X\r\n\r\n',
      );
      ok('final', CACHED)(socket);
    });
    expect(await raw('/hint')).toMatch(/^HTTP\/1\.1 103 [^\r]*\r\nLink: 1\r\n\r\nHTTP\/1\.1 200 /);
  });

  it('are not for HTTP/1.0', async () => {
    network.origin.on('/old', (socket) => {
      socket.write('HTTP/1.1 103 a\r\nLink: 1\r\n\r\n');
      ok('final', CACHED)(socket);
    });
    const answer = await exchangeRaw(
      network.edge.port,
      `GET /old HTTP/1.0\r\nHost: ${resource.host}\r\n\r\n`,
    );
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('count as bytes of the answer', async () => {
    const mine = await network.addResource();
    network.origin.on('/counted', (socket) => {
      socket.write(`HTTP/1.1 103 a\r\nLink: ${LINK}\r\n\r\n`);
      ok('final', CACHED)(socket);
    });
    const { bytes } = await mine.get('/counted');
    expect(await network.counter(mine.address)).toBe(bytes);
  });

  it('do not put off the limit on the head', async () => {
    let timer: NodeJS.Timeout | undefined;
    network.origin.on('/drip', (socket) => {
      timer = setInterval(() => socket.write('HTTP/1.1 103 a\r\nLink: 1\r\n\r\n'), 200);
    });
    const answer = await raw('/drip');
    clearInterval(timer);
    expect(answer).toContain('HTTP/1.1 504 ');
    expect(answer).toContain('edge/origin-timeout');
  });

  it('nor does a final head that trickles in', async () => {
    let timer: NodeJS.Timeout | undefined;
    network.origin.on('/trickle', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      timer = setInterval(() => socket.write('X: y\r\n'), 200);
    });
    const answer = await raw('/trickle');
    clearInterval(timer);
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
  });

  it('without end are no answer', async () => {
    network.origin.on('/endless', (socket) => {
      socket.write('HTTP/1.1 103 a\r\nLink: 1\r\n\r\n'.repeat(100));
      ok('final', CACHED)(socket);
    });
    expect(await raw('/endless')).toContain('HTTP/1.1 502 ');
  });
});

describe('answers in another HTTP (RFC 9112 §2.2, §2.3, §6.1)', () => {
  const REST = 'Cache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nhi';
  const CHUNKS = 'Cache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n';
  it.each([
    ['HTTP/2.0', `HTTP/2.0 200 OK\r\n${REST}`],
    ['HTTP/2', `HTTP/2 200 OK\r\n${REST}`],
    ['HTTP/3.0', `HTTP/3.0 200 OK\r\n${REST}`],
    ['HTTP/0.9', `HTTP/0.9 200 OK\r\n${REST}`],
    ['HTTP/1.2', `HTTP/1.2 200 OK\r\n${REST}`],
    ['HTTP/1.10', `HTTP/1.10 200 OK\r\n${REST}`],
    ['http/1.1', `http/1.1 200 OK\r\n${REST}`],
    ['ICY', `ICY 200 OK\r\n${REST}`],
    ['chunks in 1.0', `HTTP/1.0 200 OK\r\n${CHUNKS}`],
    ['chunks in 1.0, in other case', `HTTP/1.0 200 OK\r\n${CHUNKS.replace('Transfer', 'tRANSFER')}`],
    ['chunks in 1.0 behind a 103', `HTTP/1.1 103 a\r\n\r\nHTTP/1.0 200 OK\r\n${CHUNKS}`],
    ['a bare CR in the status line', `HTTP/1.1 200 O\rK\r\n${REST}`],
    ['a bare CR before the end', `HTTP/1.1 200 OK\r\r\n${REST}`],
    ['a bare LF behind the status line', `HTTP/1.1 200 OK\n${REST}`],
    ['a tab for the space', `HTTP/1.1\t200 OK\r\n${REST}`],
    ['two spaces', `HTTP/1.1  200 OK\r\n${REST}`],
    ['a status of two digits', `HTTP/1.1 20 OK\r\n${REST}`],
    ['a status of four digits', `HTTP/1.1 2000 OK\r\n${REST}`],
    ['a NUL', `HTTP/1.1 200 O\0K\r\n${REST}`],
    ['empty lines first', `\r\n\r\nHTTP/1.1 200 OK\r\n${REST}`],
  ])('%s: 502, and nothing is stored', async (name, bytes) => {
    const target = `/other-${name.replaceAll(/[ /]/g, '-')}`;
    script(network.origin, target, { raw: bytes });
    const answer = await resource.get(target);
    expect([answer.status, answer.headers['media-error']]).toEqual([502, 'edge/origin-bad-response']);
    script(network.origin, target, { headers: [['Cache-Control', 'max-age=60']], body: 'mended' });
    const mended = await resource.get(target);
    expect([mended.body.toString(), isHit(mended)]).toEqual(['mended', false]);
  });

  it('cut anywhere, too', async () => {
    const bytes = `HTTP/2.0 200 OK\r\n${REST}`;
    for (const at of [1, 5, 8, 12, 16]) {
      const target = `/cut-${at}`;
      network.origin.on(target, (socket) => {
        socket.setNoDelay(true);
        socket.write(bytes.slice(0, at), () => setImmediate(() => socket.write(bytes.slice(at))));
      });
      expect((await resource.get(target)).status).toBe(502);
    }
  });

  it('HTTP/1.0 as it was is fine', async () => {
    script(network.origin, '/ten', { raw: `HTTP/1.0 200 OK\r\n${REST}` });
    expect((await resource.get('/ten')).body.toString()).toBe('hi');
    script(network.origin, '/no-phrase', { raw: `HTTP/1.1 200\r\n${REST}` });
    expect((await resource.get('/no-phrase')).body.toString()).toBe('hi');
  });
});

describe('what an origin says of caches', () => {
  it.each([
    ['medianet; hit', undefined],
    ['medianet; fwd=miss, other; hit', 'other; hit'],
    ['other; hit, MediaNet; hit', 'other; hit'],
    ['"medianet"; hit', undefined],
    ['"other one"; hit; detail="medianet; hit"', '"other one"; hit; detail="medianet; hit"'],
    ['medianetwork; hit', 'medianetwork; hit'],
  ])('%j: under our name nobody else speaks', async (upstream, kept) => {
    const target = `/speaks-${Buffer.from(upstream).toString('hex')}`;
    script(network.origin, target, {
      headers: [
        ['Cache-Control', 'max-age=60'],
        ['Cache-Status', upstream],
      ],
      body: 'x',
    });
    for (const own of ['medianet; fwd=miss', 'medianet; hit']) {
      const field = (await resource.get(target)).headers['cache-status'] ?? '';
      expect(field.startsWith(kept === undefined ? own : `${kept}, ${own}`)).toBe(true);
      expect(field.match(/medianet["; ]/gi)).toHaveLength(kept?.includes('medianet;') === true ? 2 : 1);
    }
  });

  it.each([
    ['0, 0', true],
    ['abc', true],
    ['-5', true],
    ['7200.0', true],
    ['7200', false],
    ['7200, 0', false],
    ['0, 7200', true],
  ])('Age: %s', async (age, fresh) => {
    const target = `/age-${Buffer.from(age).toString('hex')}`;
    script(network.origin, target, {
      headers: [
        ['Cache-Control', 'max-age=3600'],
        ['Age', age],
      ],
      body: 'x',
    });
    await resource.get(target);
    expect([age, isHit(await resource.get(target))]).toEqual([age, fresh]);
  });
});

/** Offers another protocol. */
const upgrade = (value: string, more = ''): Promise<Buffer> =>
  exchangeRaw(
    network.edge.port,
    `GET /up HTTP/1.1\r\nHost: ${resource.host}\r\nUpgrade: ${value}\r\nConnection: Upgrade${more}, close\r\n${more === '' ? '' : 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n'}\r\n`,
  );

describe('offers of another protocol (RFC 9110 §7.8)', () => {
  it.each([
    ['h2c', ', HTTP2-Settings'],
    ['TLS/1.2', ''],
    ['TLS/1.2, HTTP/1.1', ''],
    ['IRC/6.9', ''],
    ['foo, bar/2', ''],
  ])('%s is ignored, and the origin never hears of it', async (value, more) => {
    script(network.origin, '/up', { headers: [['Cache-Control', 'max-age=60']], body: 'plain' });
    const answer = (await upgrade(value, more)).toString('latin1');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(network.origin.seen.at(-1)?.headers['upgrade']).toBeUndefined();
    expect(network.origin.seen.at(-1)?.headers['http2-settings']).toBeUndefined();
  });

  it('what comes behind it is read as HTTP/1.1', async () => {
    script(network.origin, '/up', { headers: [['Cache-Control', 'max-age=60']], body: 'plain' });
    const socket: Socket = connect(network.edge.port, '127.0.0.1');
    const text = await new Promise<string>((resolve) => {
      let all = '';
      socket.on('data', (part: Buffer) => (all += part.toString('latin1')));
      socket.on('close', () => resolve(all));
      socket.write(
        `GET /up HTTP/1.1\r\nHost: ${resource.host}\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n` +
          `GET /up HTTP/1.1\r\nHost: ${resource.host}\r\nConnection: close\r\n\r\n`,
      );
    });
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  it.each(['websocket', 'WebSocket', 'h2c, websocket'])('%s is refused in so many words', async (value) => {
    expect((await upgrade(value)).toString('latin1')).toMatch(/^HTTP\/1\.1 400 [^]*edge\/upgrade-refused/);
  });
});
