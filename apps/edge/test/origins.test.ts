import { connect } from 'node:net';
import { createManualClock } from '@media-network/runtime/testing';
import { VERBS } from '@media-network/rules';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OriginSettings } from '../src/origin/origin-settings.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { ok, startRawOrigin } from './raw-http.ts';
import type { RawOrigin } from './raw-http.ts';
import { gate, script } from './scripted-origin.ts';
import { requestText } from './raw-http.ts';

/** Names that rules have for the origins that listen here. */
const at = new Map<string, RawOrigin>();
/** Only where the bytes come from is another; Host, paths and all else are as the rules have them. */
const local = (settings: OriginSettings): OriginSettings => ({
  ...settings,
  places: settings.places.map((place) => {
    const origin = at.get(place.origin)?.url;
    return origin === undefined ? place : { ...place, origin, scheme: 'http', hostname: '127.0.0.1' };
  }),
});

const clock = createManualClock(Date.now());
let network: TestNetwork;
let a: RawOrigin;
let b: RawOrigin;
let c: RawOrigin;
beforeAll(async () => {
  network = await startTestNetwork({ overrides: { clock, settings: local } });
});
afterAll(() => network.close());
beforeEach(async () => {
  [a, b, c] = await Promise.all([startRawOrigin(), startRawOrigin(), startRawOrigin()]);
  at.set('https://a.example', a);
  at.set('https://b.example', b);
  at.set('https://203.0.113.7', c);
});
afterEach(() => Promise.all([a.close(), b.close(), c.close()]));

const NEVER = { 'Cache-Control': 'no-store' };
const published = (...rules: readonly string[]): Promise<TestResource> =>
  network.addResource({ origin: 'https://a.example', rules });
const all = (
  target: string,
  said: (name: string) => ReturnType<typeof ok> = (name) => ok(name, NEVER),
): void => {
  for (const [name, origin] of [
    ['a', a],
    ['b', b],
    ['c', c],
  ] as const)
    origin.on(target, said(name));
};
const asked = async (resource: TestResource, target: string, times: number): Promise<string> => {
  let bodies = '';
  for (let i = 0; i < times; i += 1) bodies += String((await resource.get(`${target}?${i}`)).body);
  return bodies;
};
/** The letters in order. */
const sorted = (letters: string): string => letters.split('').toSorted().join('');
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`media_edge_${name} `));
  return line === undefined ? 0 : Number(line.split(' ').at(-1));
};
/** A rule as the docs show it: what they show is what runs here. */
const example = (line: string): string => {
  expect(VERBS.flatMap(({ examples }) => examples)).toContain(line);
  return line;
};

describe('several origins', () => {
  it('take turns by weight, behind their paths, under their hosts', async () => {
    a.on('/x', ok('a', NEVER));
    b.on('/site/x', ok('b', NEVER));
    c.on('/x', ok('c', NEVER));
    const resource = await published(
      example('origin https://b.example/site weight=2'),
      example('origin https://203.0.113.7 host=www.example.org sni=www.example.org backup'),
    );
    expect(sorted(await asked(resource, '/x', 6))).toBe('aabbbb');
    expect(b.seen[0]).toMatchObject({
      target: expect.stringMatching(/^\/site\/x\?/),
      headers: { host: 'b.example' },
    });
    // The backup answers when nobody else does.
    await Promise.all([a.close(), b.close()]);
    const { body, status } = await resource.get('/x?last');
    expect([status, String(body)]).toEqual([200, 'c']);
    expect(c.seen[0]?.headers['host']).toBe('www.example.org');
  });

  it('never show where they are, nor the path before them', async () => {
    const resource = await published(
      example('origin https://b.example/site weight=2'),
      example('origin https://203.0.113.7 host=www.example.org sni=www.example.org backup'),
    );
    const links = [
      ['Location', 'https://b.example/site/sub/'],
      ['Content-Location', '/site/x.en'],
      ['Refresh', '5; url=https://a.example/next'],
      [
        'Link',
        '<https://www.example.org/a.css>; rel=preload, <https://203.0.113.7/b.css>, <https://b.example/site/?p=2>',
      ],
    ] as const;
    const said = { ...Object.fromEntries(links), ...NEVER };
    for (const origin of [a, b]) {
      origin.on('/x', ok('x', said));
      origin.on('/site/x', ok('x', said));
    }
    const from: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { headers } = await resource.get(`/x?${i}`);
      expect(JSON.stringify(headers)).not.toMatch(/a\.example|b\.example|203\.0|example\.org|127\.0\.0\.1/);
      expect(headers['location']).toMatch(new RegExp(`^https?://${resource.host}(?::\\d+)?/sub/$`));
      from.push(headers['content-location'] ?? '');
    }
    // Only b is behind this path; said by another it is a path like any other.
    expect(from.toSorted()).toEqual(['/site/x.en', '/x.en', '/x.en']);
  });

  it('least asks the one with less to do', async () => {
    const held = gate(a, '/slow');
    all('/quick');
    const resource = await published('origin https://b.example', example('balance least'));
    gate(b, '/slow');
    // The first of two that have nothing to do is a.
    const first = resource.get('/slow');
    await expect.poll(() => held.waiting()).toBe(1);
    expect(await asked(resource, '/quick', 4)).toBe('bbbb');
    held.open({ body: 'done', headers: [['Cache-Control', 'no-store']] });
    expect(String((await first).body)).toBe('done');
    await expect.poll(() => asked(resource, '/quick', 4)).toContain('a');
  });

  it('ring asks the same one for the same target', async () => {
    all('/x');
    const resource = await published('origin https://b.example', example('balance ring'));
    const first = await asked(resource, '/x', 12);
    expect(await asked(resource, '/x', 12)).toBe(first);
    expect(new Set(first)).toEqual(new Set('ab'));
  });
});

/** Of two requests, in order. */
async function statuses(resource: TestResource, options = {}): Promise<readonly number[]> {
  const each: number[] = [];
  for (let i = 0; i < 2; i += 1) each.push((await resource.get(`/x?${i}`, options)).status);
  return each.toSorted((left, right) => left - right);
}

describe('failover', () => {
  it('asks the next where one cannot be reached, breaks off or is silent', async () => {
    const resource = await published('origin https://b.example');
    a.on('/reset', (socket) => socket.resetAndDestroy());
    a.on('/silent', () => undefined);
    a.on('/garbage', (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'),
    );
    for (const path of ['/reset', '/silent', '/garbage', '/dead']) b.on(path, ok('b', NEVER));
    for (const path of ['/reset', '/silent', '/garbage'])
      for (let i = 0; i < 2; i += 1)
        expect([path, String((await resource.get(`${path}?${i}`)).body)]).toEqual([path, 'b']);
    await a.close();
    for (let i = 0; i < 2; i += 1) expect(String((await resource.get(`/dead?${i}`)).body)).toBe('b');
  });

  it('by status where the rule says so, each once; the last word is the answer', async () => {
    const resource = await published(
      'origin https://b.example',
      example('failover status=502,503,504 timeout=3s'),
    );
    for (const [name, origin] of [
      ['a', a],
      ['b', b],
    ] as const) {
      script(origin, '/one', { status: name === 'a' ? 503 : 200, body: name });
      script(origin, '/both', { status: 502, body: name });
      script(origin, '/other', { status: 500, body: name });
    }
    expect(String((await resource.get('/one?1')).body)).toBe('b');
    expect(String((await resource.get('/one?2')).body)).toBe('b');
    expect(await resource.get('/both')).toMatchObject({ status: 502 });
    expect([a.count('/both'), b.count('/both')]).toEqual([1, 1]);
    expect(await resource.get('/other')).toMatchObject({ status: 500 });
    expect(a.count('/other') + b.count('/other')).toBe(1);
    expect(await metric('origin_failovers_total{reason="error"}')).toBeGreaterThanOrEqual(2);
  });

  it('never of what is not safe to ask twice, and never where the rule says so', async () => {
    const posting = await published('origin https://b.example', 'eject never');
    const never = await published(
      'origin https://b.example',
      example('eject never'),
      example('failover never'),
    );
    a.on('/x', (socket) => socket.resetAndDestroy());
    b.on('/x', ok('b', NEVER));
    expect(await statuses(posting, { method: 'POST', body: 'pay' })).toEqual([200, 502]);
    expect(a.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(await statuses(posting, { method: 'POST' })).toEqual([200, 502]);
    expect(await statuses(posting)).toEqual([200, 200]);
    expect(await statuses(never)).toEqual([200, 502]);
  });

  it('ends with the head: a body that breaks off is not begun anew', async () => {
    const resource = await published('origin https://b.example');
    for (const origin of [a, b]) script(origin, '/cut', { body: 'x'.repeat(9_000), cutAfter: 4_000 });
    expect((await resource.get('/cut')).status).toBe(502);
    expect(a.count('/cut') + b.count('/cut')).toBe(1);
  });

  it('does not outlive the viewer', async () => {
    const resource = await published('origin https://b.example');
    const held = [gate(a, '/gone'), gate(b, '/gone')] as const;
    const text = requestText(resource.host, '/gone', { method: 'POST' });
    const socket = connect(network.edge.port, '127.0.0.1');
    socket.end(text);
    await expect.poll(() => held[0].waiting() + held[1].waiting()).toBe(1);
    socket.destroy();
    // What comes next is asked of the one whose turn it is: no failure was noted.
    b.on('/x', ok('b', NEVER));
    a.on('/x', ok('a', NEVER));
    expect(sorted(await asked(resource, '/x', 4))).toBe('aabb');
  });
});

it('an origin that fails in a row is left alone for a while', async () => {
  const resource = await published('origin https://b.example', example('eject after=3 for=10s'));
  a.on('/x', (socket) => socket.resetAndDestroy());
  b.on('/x', ok('b', NEVER));
  const before = await metric('origin_ejections_total');
  // undici asks once more on a connection that was reset: how often a was asked is not the point.
  await asked(resource, '/x', 6);
  const once = a.seen.length;
  expect(await metric('origin_ejections_total')).toBe(before + 1);
  expect(await metric('origins_unwell')).toBeGreaterThanOrEqual(1);
  expect(await asked(resource, '/x', 6)).toBe('bbbbbb');
  expect(a.seen.length).toBe(once);
  a.on('/x', ok('a', NEVER));
  clock.advance(10_000);
  expect(sorted(await asked(resource, '/x', 4))).toBe('aabb');
});

it('an origin that fails its checks is asked for nothing else, until they succeed', async () => {
  const rule = example('health /healthz every=5s timeout=1s fall=2 rise=1 status=200');
  const resource = await published('origin https://b.example', rule);
  all('/x');
  let well = false;
  const sick = { status: 503, body: '' };
  script(a, '/healthz', () => (well ? { body: 'ok' } : sick));
  script(b, '/healthz', { body: 'ok' });
  await asked(resource, '/x', 1);
  const checked = async (): Promise<number> => {
    const before = a.count('/healthz');
    await expect
      .poll(() => {
        clock.advance(500);
        return a.count('/healthz');
      })
      .toBeGreaterThan(before);
    return a.count('/healthz');
  };
  await checked();
  await checked();
  await expect.poll(() => asked(resource, '/x', 4)).toBe('bbbb');
  well = true;
  await checked();
  await expect.poll(async () => sorted(await asked(resource, '/x', 4))).toBe('aabb');
  expect(await metric('origin_checks_total{outcome="failed"}')).toBeGreaterThanOrEqual(2);
});

it("an origin behind a path is the publisher's only one, too", async () => {
  const resource = await network.addResource({ origin: 'https://a.example/site' });
  at.set('https://a.example', a);
  a.on('/site/page', ok('page', { ...NEVER, Location: '/site/elsewhere' }));
  const { body, headers } = await resource.get('/page');
  expect([String(body), headers['location']]).toEqual(['page', '/elsewhere']);
  expect((await resource.get('/%2e%2e/secret')).status).toBe(400);
});
