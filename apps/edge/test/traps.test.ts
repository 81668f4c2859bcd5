import { connect } from 'node:net';
import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { exchangeRaw, isHit } from './raw-http.ts';
import { gate, say, script } from './scripted-origin.ts';

/**
 * The ten traps in which caches before this one were caught, and the published faults of their kind. Each
 * test fails on the naive way to do it, which stands in its name or beside it.
 */
const clock = createManualClock(Date.now());
let network: TestNetwork;
let resource: TestResource;
let other: TestResource;
beforeAll(async () => {
  network = await startTestNetwork({ overrides: { clock } });
  resource = await network.addResource();
  other = await network.addResource();
});
afterAll(() => network.close());

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;
const TAG = ['ETag', '"a"'] as const;
const raw = async (text: string): Promise<string> =>
  (await exchangeRaw(network.edge.port, Buffer.from(text, 'latin1'))).toString('latin1');
const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1] ?? '');
let names = 0;
const fresh = (): string => `/trap-${(names += 1)}`;

describe('1 one reading of who is asked (naive: the first Host, or the target’s)', () => {
  it.each<readonly [string, (a: string, b: string) => string]>([
    ['two Hosts (VSV00018)', (a, b) => `GET /x HTTP/1.1\r\nHost: ${a}\r\nHost: ${b}\r\n\r\n`],
    ['two equal Hosts', (a) => `GET /x HTTP/1.1\r\nHost: ${a}\r\nHost: ${a}\r\n\r\n`],
    ['a list of Hosts', (a, b) => `GET /x HTTP/1.1\r\nHost: ${a}, ${b}\r\n\r\n`],
    ['a target of another host', (a, b) => `GET http://${b}/x HTTP/1.1\r\nHost: ${a}\r\n\r\n`],
    ['a user in the target', (a, b) => `GET http://${a}@${b}/x HTTP/1.1\r\nHost: ${a}\r\n\r\n`],
    ['a space before the colon', (a, b) => `GET /x HTTP/1.1\r\nHost : ${b}\r\nHost: ${a}\r\n\r\n`],
    ['a Host behind a fold', (a, b) => `GET /x HTTP/1.1\r\nX: y\r\n Host: ${b}\r\nHost: ${a}\r\n\r\n`],
    [
      'an empty field name (CVE-2023-25725)',
      (a, b) => `GET /x HTTP/1.1\r\n: x\r\nHost: ${b}\r\nHost: ${a}\r\n\r\n`,
    ],
  ])('%s', async (_name, text) => {
    const before = network.origin.seen.length;
    expect(statuses(await raw(text(resource.host, other.host)))).toEqual(['400']);
    expect(network.origin.seen.length).toBe(before);
  });
});

describe('2 whose object it is (naive: a key without host or scheme; CVE-2026-2836)', () => {
  it('the same target of two resources is two objects', async () => {
    const target = fresh();
    script(network.origin, target, (seen) => ({
      headers: [FOR_LONG],
      body: seen.headers['x-forwarded-host'] ?? '',
    }));
    for (let i = 0; i < 2; i += 1)
      for (const each of [resource, other]) expect((await each.get(target)).body.toString()).toBe(each.host);
    expect(network.origin.count(target)).toBe(2);
  });
});

describe('3 a hit on a request with a body (naive: answer and go on reading; CVE-2025-4366)', () => {
  it.each<readonly [string, (hidden: string) => string]>([
    ['a length', (hidden) => `Content-Length: ${hidden.length}\r\n\r\n${hidden}`],
    [
      'chunks',
      (hidden) => `Transfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    ],
  ])('%s: its body is never the next request', async (_name, framed) => {
    const target = fresh();
    script(network.origin, target, { headers: [FOR_LONG], body: 'kept' });
    await resource.get(target);
    const hidden = `GET /hidden HTTP/1.1\r\nHost: ${other.host}\r\n\r\n`;
    const answers = await raw(
      `GET ${target} HTTP/1.1\r\nHost: ${resource.host}\r\n${framed(hidden)}` +
        `GET ${target} HTTP/1.1\r\nHost: ${resource.host}\r\nConnection: close\r\n\r\n`,
    );
    expect(statuses(answers)).toEqual(['200', '200']);
    expect(network.origin.count('/hidden')).toBe(0);
  });

  it('nor after an error of the edge, an origin that did not read it, or a refusal (CVE-2022-22720)', async () => {
    const hidden = `GET /hidden HTTP/1.1\r\nHost: ${other.host}\r\n\r\n`;
    const target = fresh();
    network.origin.on(target, (socket) => socket.destroy());
    const body = `Content-Length: ${hidden.length}\r\n\r\n${hidden}`;
    for (const [path, host] of [
      [target, resource.host],
      ['/x', 'nobody.example'],
      ['/.well-known/media-network/none', resource.host],
    ])
      await raw(
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${body}GET /after HTTP/1.1\r\nHost: ${resource.host}\r\nConnection: close\r\n\r\n`,
      );
    expect(network.origin.count('/hidden')).toBe(0);
  });
});

describe('4 a tunnel before the origin has agreed (naive: pass bytes on at Upgrade; CVE-2026-2833)', () => {
  it.each(['websocket', 'h2c', 'anything'])('%s: what comes behind is read as requests', async (protocol) => {
    const target = fresh();
    script(network.origin, target, { body: 'plain' });
    const answers = await raw(
      `GET ${target} HTTP/1.1\r\nHost: ${resource.host}\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n\r\n` +
        `GET /secret HTTP/1.1\r\nHost: ${resource.host}\r\nHost: ${other.host}\r\n\r\n`,
    );
    expect(statuses(answers)).toEqual([protocol === 'websocket' ? '400' : '200', '400']);
    expect(network.origin.count('/secret')).toBe(0);
  });

  it('nor by a 101 that nobody asked for', async () => {
    const target = fresh();
    script(network.origin, target, {
      raw: 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nHTTP/1.1 200 OK\r\n',
    });
    expect((await resource.get(target)).status).toBe(502);
  });
});

describe('5 bodies that are not whole (naive: keep what came until the connection ended)', () => {
  it.each([
    [
      'shorter than announced',
      'HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 100000\r\n\r\nshort',
    ],
    [
      'chunks without their last',
      'HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n',
    ],
    [
      'ended by nothing but the connection',
      'HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nConnection: close\r\n\r\nshort',
    ],
    ['of HTTP/1.0 without a length', 'HTTP/1.0 200 OK\r\nCache-Control: max-age=600\r\n\r\nshort'],
  ])('%s: not kept', async (_name, bytes) => {
    const target = fresh();
    network.origin.on(target, (socket) => socket.end(Buffer.from(bytes, 'latin1')));
    await resource.get(target);
    script(network.origin, target, { headers: [FOR_LONG], body: 'whole' });
    const after = await resource.get(target);
    expect([after.body.toString(), isHit(after)]).toEqual(['whole', false]);
  });
});

describe('6 fields that come twice, and names in any case (naive: an object of fields keeps one)', () => {
  it.each([
    [
      'no-store in the second line',
      [
        ['Cache-Control', 'max-age=600'],
        ['Cache-Control', 'no-store'],
      ],
    ],
    ['No-Store in capitals', [['Cache-Control', 'max-age=600, No-Store']]],
    ['PRIVATE in capitals', [['CACHE-CONTROL', 'PRIVATE, MAX-AGE=600']]],
    [
      'Set-Cookie in any case',
      [
        ['Cache-Control', 'max-age=600'],
        ['SET-COOKIE', 'a=1'],
      ],
    ],
    [
      'Vary: * in the second line',
      [
        ['Cache-Control', 'max-age=600'],
        ['Vary', 'Accept'],
        ['Vary', '*'],
      ],
    ],
    [
      'an Age above the lifetime in the first of two lines',
      [
        ['Cache-Control', 'max-age=600'],
        ['Age', '700'],
        ['Age', '0'],
      ],
    ],
    ['a first max-age of 0', [['Cache-Control', 'max-age=0, max-age=600']]],
    [
      'an Expires in the past first',
      [
        ['Expires', 'Thu, 01 Jan 1970 00:00:00 GMT'],
        ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'],
      ],
    ],
  ] as const)('%s: not reused', async (_name, headers) => {
    const target = fresh();
    script(network.origin, target, { headers, body: 'x' });
    await resource.get(target);
    expect(isHit(await resource.get(target))).toBe(false);
  });

  it('two lines of Vary are both told apart', async () => {
    const target = fresh();
    script(network.origin, target, (seen) => ({
      headers: [FOR_LONG, ['Vary', 'X-A'], ['Vary', 'X-B']],
      body: `${seen.headers['x-a']} ${seen.headers['x-b']}`,
    }));
    for (const [a, b] of [
      ['1', '1'],
      ['1', '2'],
      ['2', '1'],
    ] as const)
      expect((await resource.get(target, { headers: { 'X-A': a, 'X-B': b } })).body.toString()).toBe(
        `${a} ${b}`,
      );
  });
});

describe('7 targets as they are (naive: new URL collapses segments and takes //x for a host)', () => {
  it('the naive way does', () => {
    expect(new URL('/a/%2e%2e/b', 'http://h').pathname).toBe('/b');
    expect(new URL('//evil/x', 'http://h').host).toBe('evil');
  });
  it.each(['/a/%2e%2e/b', '/a/../b', '//evil/x', '/%2f/evil', '/a%5c..%5cb', '/x#y', '/a%00'])(
    '%s is refused',
    async (target) => {
      const before = network.origin.seen.length;
      expect(statuses(await raw(`GET ${target} HTTP/1.1\r\nHost: ${resource.host}\r\n\r\n`))).toEqual([
        '400',
      ]);
      expect(network.origin.seen.length).toBe(before);
    },
  );
  it.each([
    '/a%2Fb',
    '/a%2fb',
    '/%41',
    '/a?b=/../c',
    '/a;v=1',
    '/a%252e%252e/b',
    '/a//b',
    '/a?%zz',
    '/a?b=%00',
  ])('%s reaches the origin as it is, and is one object', async (target) => {
    script(network.origin, target.split('?')[0] ?? '', { headers: [FOR_LONG], body: 'x' });
    await resource.get(target);
    expect(network.origin.seen.at(-1)?.target).toBe(target);
    expect(isHit(await resource.get(target))).toBe(true);
  });
});

describe('8 collapsing (naive: everybody waits for the first, and gets what it gets)', () => {
  it('a leader that leaves does not take the others with it', async () => {
    const target = fresh();
    const door = gate(network.origin, target);
    const leader = connect(network.edge.port, '127.0.0.1', () =>
      leader.write(`GET ${target} HTTP/1.1\r\nHost: ${resource.host}\r\n\r\n`),
    );
    leader.on('error', () => undefined);
    await expect.poll(door.waiting).toBe(1);
    const behind = Promise.all([resource.get(target), resource.get(target)]);
    await expect.poll(() => network.edge.stats().openConnections).toBeGreaterThanOrEqual(3);
    leader.resetAndDestroy();
    await expect.poll(() => network.edge.stats().openConnections).toBeLessThanOrEqual(2);
    door.open({ headers: [FOR_LONG], body: 'for those who stayed' });
    for (const answer of await behind) expect(answer.body.toString()).toBe('for those who stayed');
    expect(network.origin.count(target)).toBe(1);
  });

  it('what is private to the leader is not given to the others', async () => {
    const target = fresh();
    const door = gate(network.origin, target);
    const all = Array.from({ length: 5 }, (_, i) => resource.get(target, { headers: { 'X-Who': `${i}` } }));
    await expect.poll(door.waiting).toBe(1);
    await expect.poll(() => network.edge.stats().openConnections).toBeGreaterThanOrEqual(5);
    door.open((seen) => ({ headers: [['Cache-Control', 'private']], body: seen.headers['x-who'] ?? '' }));
    for (const [i, answer] of (await Promise.all(all)).entries()) expect(answer.body.toString()).toBe(`${i}`);
  });
});

describe('9 stale answers and purges', () => {
  it('s-maxage beside stale-while-revalidate may be served stale (naive: s-maxage forbids it)', async () => {
    const target = fresh();
    script(network.origin, target, {
      headers: [['Cache-Control', 's-maxage=1, stale-while-revalidate=600']],
      body: 'x',
    });
    await resource.get(target);
    clock.advance(2_000);
    expect((await resource.get(target)).headers['cache-status']).toContain('stale-while-revalidate');
  });
  it('must-revalidate beats stale-if-error (naive: the window decides)', async () => {
    const target = fresh();
    script(
      network.origin,
      target,
      { headers: [['Cache-Control', 'max-age=1, must-revalidate, stale-if-error=600']], body: 'x' },
      { status: 503, body: 'down' },
    );
    await resource.get(target);
    clock.advance(2_000);
    expect((await resource.get(target)).status).toBe(503);
  });
  it('a change beats a fetch that began before it (naive: the fetch stores what is void)', async () => {
    const target = fresh();
    const door = gate(network.origin, target);
    const before = resource.get(target);
    await expect.poll(door.waiting).toBe(1);
    const change = resource.get(target, { method: 'POST', body: 'x' });
    await expect.poll(door.waiting).toBe(2);
    door.open((seen) => ({ headers: [FOR_LONG], body: seen.method }));
    await Promise.all([before, change]);
    script(network.origin, target, { headers: [FOR_LONG], body: 'after' });
    const after = await resource.get(target);
    // Whichever came first: what was asked for before the change is not what is kept.
    expect(['after', 'GET']).toContain(after.body.toString());
    if (after.body.toString() === 'GET') expect(isHit(after)).toBe(false);
  });
});

describe('10 parts of one version only (naive: bytes by position)', () => {
  it('If-Range of another version, or by a weak tag, gets the whole', async () => {
    const target = fresh();
    script(network.origin, target, { headers: [FOR_LONG, TAG], body: '0123456789' });
    const weak = fresh();
    script(network.origin, weak, { headers: [FOR_LONG, ['ETag', 'W/"a"']], body: '0123456789' });
    for (const [at, tag, status] of [
      [target, '"a"', 206],
      [target, '"b"', 200],
      [target, 'W/"a"', 200],
      [weak, 'W/"a"', 200],
      [weak, '"a"', 200],
    ] as const) {
      await resource.get(at);
      const answer = await resource.get(at, { headers: { Range: 'bytes=0-1', 'If-Range': tag } });
      expect([tag, answer.status]).toEqual([tag, status]);
    }
  });

  it('a shorter version gives 416 and never bytes of the longer one', async () => {
    const target = fresh();
    script(
      network.origin,
      target,
      { headers: [['Cache-Control', 'max-age=1'], TAG], body: '0123456789' },
      { headers: [FOR_LONG, ['ETag', '"b"']], body: '012' },
    );
    await resource.get(target);
    clock.advance(2_000);
    const answer = await resource.get(target, { headers: { Range: 'bytes=5-9' } });
    expect([answer.status, answer.headers['content-range'], answer.body.length]).toEqual([
      416,
      'bytes */3',
      0,
    ]);
  });

  it('a 304 changes nothing that describes the stored bytes', async () => {
    const target = fresh();
    script(
      network.origin,
      target,
      {
        headers: [['Cache-Control', 'max-age=1'], TAG, ['Content-Encoding', 'gzip'], ['Content-Type', 'a/b']],
        body: 'bytes',
      },
      {
        status: 304,
        headers: [
          FOR_LONG,
          TAG,
          ['Content-Encoding', 'br'],
          ['Content-Range', 'bytes 0-1/2'],
          ['X-New', '1'],
        ],
      },
    );
    await resource.get(target);
    clock.advance(2_000);
    for (let i = 0; i < 2; i += 1) {
      const { headers, body } = await resource.get(target);
      expect([
        headers['content-encoding'],
        headers['content-length'],
        headers['content-range'],
        headers['x-new'],
        body.toString(),
      ]).toEqual(['gzip', '5', undefined, '1', 'bytes']);
    }
  });

  it('encodings are told apart (naive: a range of one in the other)', async () => {
    const target = fresh();
    script(network.origin, target, (seen) => ({
      headers: [
        FOR_LONG,
        ['Vary', 'Accept-Encoding'],
        ['Content-Encoding', seen.headers['accept-encoding'] ?? 'identity'],
      ],
      body: (seen.headers['accept-encoding'] ?? 'identity').repeat(10),
    }));
    for (const coding of ['gzip', 'br']) {
      await resource.get(target, { headers: { 'Accept-Encoding': coding } });
      const part = await resource.get(target, { headers: { 'Accept-Encoding': coding, Range: 'bytes=0-1' } });
      expect([part.status, part.body.toString(), part.headers['content-encoding']]).toEqual([
        206,
        coding.slice(0, 2),
        coding,
      ]);
    }
  });
});

const smuggled = (framing: string, body: string): string =>
  `POST /s HTTP/1.1\r\nHost: ${resource.host}\r\n${framing}\r\n\r\n${body}GET /smuggled HTTP/1.1\r\nHost: ${other.host}\r\n\r\n`;

describe('published faults of the same kinds', () => {
  it.each([
    ['an empty Content-Length (CVE-2023-40225)', 'Content-Length:', ''],
    ['a Content-Length with a sign', 'Content-Length: +0', ''],
    ['a Content-Length with an underscore (CVE-2019-20444)', 'Content-Length: 1_0', ''],
    [
      'two codings (CVE-2020-11993)',
      'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
      '0\r\n\r\n',
    ],
    ['a coding behind a vertical tab (CVE-2022-35256)', 'Transfer-Encoding: \x0bchunked', '0\r\n\r\n'],
    ['a bare CR between fields (CVE-2023-30589)', 'X: y\rTransfer-Encoding: chunked', '0\r\n\r\n'],
    ['a length and a coding', 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
    ['a chunk size with a prefix (CVE-2022-32213)', 'Transfer-Encoding: chunked', '0x0\r\n\r\n'],
    ['a chunk size with white space (CVE-2023-46846)', 'Transfer-Encoding: chunked', '0 \r\n\r\n'],
    ['a bare LF behind a chunk size', 'Transfer-Encoding: chunked', '0\n\r\n'],
    [
      'a bare LF behind a chunk extension (CVE-2025-22871)',
      'Transfer-Encoding: chunked',
      '1;x\na\r\n0\r\n\r\n',
    ],
    ['a chunk size that overflows', 'Transfer-Encoding: chunked', '10000000000000000\r\n\r\n'],
    ['a chunk longer than its size', 'Transfer-Encoding: chunked', '1\r\nab\r\n0\r\n\r\n'],
  ])('%s: refused, and nothing behind it is read', async (_name, framing, body) => {
    const text = await raw(smuggled(framing, body));
    expect(statuses(text)).toEqual(['400']);
    expect(network.origin.count('/smuggled')).toBe(0);
  });

  it('a chunk extension without end is cut (CVE-2024-22019)', async () => {
    const text = await raw(
      `POST /s HTTP/1.1\r\nHost: ${resource.host}\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(100_000)}`,
    );
    expect(statuses(text)).toEqual(['400']);
  });

  it('a name of a field as long as a length of 256 is no other name (CVE-2021-40346)', async () => {
    const name = `content-length0${'a'.repeat(255)}`;
    const text = await raw(
      `POST /s HTTP/1.1\r\nHost: ${resource.host}\r\n${name}:\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`,
    );
    expect(statuses(text)).toEqual(['404']);
    expect(network.origin.seen.at(-1)?.body.toString()).toBe('abc');
  });

  it('ranges whose numbers overflow give no bytes from before the body (CVE-2017-7529)', async () => {
    const target = fresh();
    script(network.origin, target, { headers: [FOR_LONG, TAG], body: '0123456789' });
    await resource.get(target);
    for (const range of [
      'bytes=-9223372036854775799',
      'bytes=-9223372036854775807,-17208',
      'bytes=0-18446744073709551615',
      'bytes=18446744073709551615-',
      'bytes=-99999999999999999999999999',
      'bytes=--1',
      'bytes=0-0,1-1,2-2,0-9',
    ]) {
      const answer = await resource.get(target, { headers: { Range: range } });
      expect([200, 206, 416]).toContain(answer.status);
      if (answer.body.length > 0) expect('0123456789').toContain(answer.body.toString());
    }
  });

  it('an answer that is split by its own fields is none (CVE-2016-5387 and its like)', async () => {
    for (const value of ['a\rSet-Cookie: x=1', 'a\0b', 'a\x0bb']) {
      const target = fresh();
      script(network.origin, target, { raw: `HTTP/1.1 200 OK\r\nX: ${value}\r\nContent-Length: 0\r\n\r\n` });
      expect((await resource.get(target)).status).toBe(502);
    }
  });

  it('the answer behind an answer reaches nobody (CVE-2024-38476’s kind: a backend that speaks out of turn)', async () => {
    const target = fresh();
    network.origin.on(target, (socket) =>
      say(socket, {
        raw: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 4\r\n\r\nevil',
      }),
    );
    expect((await resource.get(target)).body.toString()).toBe('hi');
    const next = fresh();
    script(network.origin, next, { headers: [FOR_LONG], body: 'good' });
    for (let i = 0; i < 3; i += 1) expect((await other.get(next)).body.toString()).toBe('good');
  });

  it('an error that a viewer’s own fields bring about is not kept for others (CPDoS)', async () => {
    for (const [status, headers] of [
      [400, { 'X-Oversized': 'x'.repeat(8_000) }],
      [400, { 'X-Metachar': '\x7e\x7e' }],
      [405, { 'X-HTTP-Method-Override': 'DELETE' }],
      [431, { 'X-Big': 'y' }],
    ] as const) {
      const target = fresh();
      script(network.origin, target, (seen) =>
        Object.keys(headers).some((name) => seen.headers[name.toLowerCase()] !== undefined)
          ? { status, headers: [FOR_LONG], body: 'error' }
          : { headers: [FOR_LONG], body: 'page' },
      );
      await resource.get(target, { headers });
      clock.advance(10_001);
      expect([status, (await resource.get(target)).body.toString()]).toEqual([status, 'page']);
    }
  });
});
