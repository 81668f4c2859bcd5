import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit } from './raw-http.ts';
import type { GetOptions } from './raw-http.ts';
import { gate, script } from './scripted-origin.ts';
import type { Said } from './scripted-origin.ts';

const clock = createManualClock(Date.now());
let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork({ config: { originTimeoutMs: 20_000 }, overrides: { clock } });
  resource = await network.addResource();
});
afterAll(() => network.close());

const FOR_LONG = ['Cache-Control', 'max-age=600'] as const;
const herd = (target: string, size: number, options: (i: number) => GetOptions = () => ({})) =>
  Promise.all(Array.from({ length: size }, (_, i) => resource.get(target, options(i))));
/** Resolves once so many requests have got through admission and wait for the origin or for each other. */
async function under(waiting: () => boolean): Promise<void> {
  await expect.poll(waiting, { timeout: 15_000 }).toBe(true);
}

describe('what one request or one error says does not switch collapsing off', () => {
  const OF_ONE: readonly (readonly [string, GetOptions, Said])[] = [
    ['credentials', { headers: { Authorization: 'Basic x' } }, { headers: [FOR_LONG], body: 'x' }],
    [
      'a cookie and no lifetime',
      { headers: { Cookie: 'a=1' } },
      { headers: [['Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT']], body: 'x' },
    ],
    ...[400, 401, 403, 404, 408, 421, 425, 429, 431, 500, 501, 502, 503, 504, 599].map(
      (status) => [`a ${status}`, {}, { status, body: 'x' }] as const,
    ),
    ['a 500 that says no-store', {}, { status: 500, headers: [['Cache-Control', 'no-store']], body: 'x' }],
    ['a 404 that is private', {}, { status: 404, headers: [['Cache-Control', 'private']], body: 'x' }],
    ['a 503 that sets a cookie', {}, { status: 503, headers: [['Set-Cookie', 'a=1']], body: 'x' }],
    ['a cookie that begins a session', {}, { headers: [FOR_LONG, ['Set-Cookie', 'sid=1']], body: 'x' }],
    ['a reset', {}, { reset: true }],
  ];
  it.each(OF_ONE)('%s on a cold key', async (name, options, said) => {
    const target = `/one-${name.replaceAll(' ', '-')}`;
    // A connection that is reset is tried a second time.
    const first = said.reset === true ? [said, said] : [said];
    script(network.origin, target, ...first, { headers: [FOR_LONG], body: 'for all' });
    await resource.get(target, options);
    const next = await resource.get(target);
    expect([next.status, next.body.toString()]).toEqual([200, 'for all']);
    expect(isHit(await resource.get(target))).toBe(true);
    expect(network.origin.count(target)).toBe(first.length + 1);
  });

  it('what is private to everybody does, for ten seconds', async () => {
    script(network.origin, '/mine', { headers: [['Cache-Control', 'private']], body: 'mine' });
    await resource.get('/mine');
    expect((await resource.get('/mine')).headers['cache-status']).toContain('hit-for-miss');
    script(network.origin, '/mine', { headers: [FOR_LONG], body: 'ours' });
    clock.advance(10_001);
    await resource.get('/mine');
    expect(isHit(await resource.get('/mine'))).toBe(true);
  });

  it('requests with credentials do not keep others waiting, nor the other way round', async () => {
    const door = gate(network.origin, '/apart');
    const personal = resource.get('/apart', { headers: { Authorization: 'Basic x' } });
    await under(() => door.waiting() === 1);
    const plain = resource.get('/apart');
    await under(() => door.waiting() === 2);
    door.open((seen) => ({ headers: [FOR_LONG], body: seen.headers['authorization'] ?? 'for all' }));
    expect((await personal).body.toString()).toBe('Basic x');
    expect((await plain).body.toString()).toBe('for all');
  });
});

describe('a herd on a cold key', () => {
  it('is one fetch, however long the origin takes', async () => {
    const door = gate(network.origin, '/late');
    const all = herd('/late', 100);
    await under(() => door.waiting() === 1);
    clock.advance(7_000);
    await under(() => door.waiting() === 1);
    door.open({ headers: [FOR_LONG], body: 'late' });
    for (const response of await all) expect(response.body.toString()).toBe('late');
    expect(network.origin.count('/late')).toBe(1);
  });

  it.each([500, 502, 503, 504, 599])('shares a %d, and so does who comes a moment later', async (status) => {
    const target = `/failing-${status}`;
    const door = gate(network.origin, target);
    const all = herd(target, 100);
    await under(() => door.waiting() === 1);
    await under(() => network.edge.stats().openConnections >= 100);
    door.open({ status, headers: [['Content-Type', 'text/plain']], body: `sorry ${status}` });
    for (const response of await all)
      expect([response.status, response.body.toString()]).toEqual([status, `sorry ${status}`]);
    const late = await resource.get(target);
    expect([late.status, network.origin.count(target)]).toEqual([status, 1]);
    clock.advance(2_001);
    await resource.get(target);
    expect(network.origin.count(target)).toBe(2);
  });

  it('shares a connection that cannot be had', async () => {
    const door = gate(network.origin, '/dead');
    const all = herd('/dead', 50);
    await under(() => door.waiting() === 1 && network.edge.stats().openConnections >= 50);
    door.open({ reset: true });
    for (const response of await all)
      expect([response.status, response.headers['media-error']]).toEqual([502, 'edge/origin-reset']);
    // Once more, because a kept connection may have been closed just as it was used.
    expect(network.origin.count('/dead')).toBe(2);
  });

  it.each([
    ['private', [['Cache-Control', 'private']]],
    ['set-cookie', [['Set-Cookie', 'a=1']]],
    ['no-store', [['Cache-Control', 'no-store']]],
    ['vary', [['Vary', '*']]],
  ] as const)('shares no error that is somebody’s own: %s', async (name, headers) => {
    const target = `/own-${name}`;
    const door = gate(network.origin, target);
    const all = herd(target, 10);
    await under(() => door.waiting() === 1 && network.edge.stats().openConnections >= 10);
    let count = 0;
    door.open(() => ({ status: 503, headers, body: `for ${(count += 1)}` }));
    const bodies = new Set((await all).map((response) => response.body.toString()));
    expect(bodies.size).toBe(10);
  });

  it.each([
    ['ranges', { headers: { Range: 'bytes=1-3' } }, [206, 'ate']],
    ['different conditions', { headers: { 'If-None-Match': '"x"' } }, [200, 'late']],
    ['conditions that hold', { headers: { 'If-None-Match': '"a"' } }, [304, '']],
  ] as const)('of %s is one fetch', async (name, options, expected) => {
    const target = `/herd-of-${name.replaceAll(' ', '-')}`;
    const door = gate(network.origin, target);
    const all = herd(target, 50, () => options);
    await under(() => door.waiting() === 1 && network.edge.stats().openConnections >= 50);
    door.open({ headers: [FOR_LONG, ['ETag', '"a"']], body: 'late' });
    for (const response of await all) expect([response.status, response.body.toString()]).toEqual(expected);
    expect(network.origin.count(target)).toBe(1);
  });

  it.each([200, 404, 503])('of HEADs is one HEAD, and its answer for all (%d)', async (status) => {
    const target = `/herd-of-heads-${status}`;
    const door = gate(network.origin, target);
    const all = herd(target, 50, () => ({ method: 'HEAD' }));
    await under(() => door.waiting() === 1 && network.edge.stats().openConnections >= 50);
    door.open({
      status,
      headers: [FOR_LONG, ['X-Said', 'once']],
      raw: `HTTP/1.1 ${status} Said\r\nCache-Control: max-age=600\r\nX-Said: once\r\nContent-Length: 1000\r\n\r\n`,
    });
    for (const response of await all)
      expect([response.status, response.headers['x-said'], response.headers['content-length']]).toEqual([
        status,
        'once',
        '1000',
      ]);
    expect(network.origin.seen.filter((seen) => seen.target === target).map(({ method }) => method)).toEqual([
      'HEAD',
    ]);
  });

  it('of HEADs whose answers are private is as many', async () => {
    const door = gate(network.origin, '/private-heads');
    const all = herd('/private-heads', 5, () => ({ method: 'HEAD' }));
    await under(() => door.waiting() === 1 && network.edge.stats().openConnections >= 5);
    door.open({ headers: [['Cache-Control', 'private']] });
    await all;
    expect(network.origin.count('/private-heads')).toBe(5);
  });

  it('on what is stale is one question', async () => {
    const target = '/herd-on-stale';
    script(network.origin, target, {
      headers: [
        ['Cache-Control', 'max-age=1'],
        ['ETag', '"a"'],
      ],
      body: 'kept',
    });
    await resource.get(target);
    clock.advance(2_000);
    const door = gate(network.origin, target);
    const all = herd(target, 50);
    await under(() => door.waiting() === 1 && network.edge.stats().openConnections >= 50);
    door.open({ status: 304, headers: [FOR_LONG, ['ETag', '"a"']] });
    for (const response of await all) expect(response.body.toString()).toBe('kept');
    expect(network.origin.count(target)).toBe(2);
  });

  it('over five variants is five fetches and five variants', async () => {
    const door = gate(network.origin, '/five');
    const languages = ['en', 'de', 'fr', 'it', 'es'];
    const all = herd('/five', 100, (i) => ({ headers: { 'Accept-Language': languages[i % 5] ?? '' } }));
    await under(() => door.waiting() >= 1 && network.edge.stats().openConnections >= 100);
    door.open((seen) => ({
      headers: [FOR_LONG, ['Vary', 'Accept-Language']],
      body: seen.headers['accept-language'] ?? '',
    }));
    for (const [i, response] of (await all).entries())
      expect(response.body.toString()).toBe(languages[i % 5]);
    expect(network.origin.count('/five')).toBe(5);
    for (const language of languages)
      expect(isHit(await resource.get('/five', { headers: { 'Accept-Language': language } }))).toBe(true);
  });

  it('whose errors vary gets each variant its own', async () => {
    const door = gate(network.origin, '/five-errors');
    const languages = ['en', 'de', 'fr'];
    const all = herd('/five-errors', 30, (i) => ({ headers: { 'Accept-Language': languages[i % 3] ?? '' } }));
    await under(() => door.waiting() >= 1 && network.edge.stats().openConnections >= 30);
    door.open((seen) => ({
      status: 503,
      headers: [['Vary', 'Accept-Language']],
      body: seen.headers['accept-language'] ?? '',
    }));
    for (const [i, response] of (await all).entries())
      expect(response.body.toString()).toBe(languages[i % 3]);
    expect(network.origin.count('/five-errors')).toBe(3);
  });
});

describe('stale-if-error', () => {
  const KEPT = [['Cache-Control', 'max-age=1, stale-if-error=600'] as const];
  it.each<readonly [string, Said]>([
    ['500', { status: 500, body: 'bad' }],
    ['502', { status: 502, body: 'bad' }],
    ['503', { status: 503, body: 'bad' }],
    ['504', { status: 504, body: 'bad' }],
    ['503 with a lifetime', { status: 503, headers: [FOR_LONG], body: 'bad' }],
    ['503 that says no-store', { status: 503, headers: [['Cache-Control', 'no-store']], body: 'bad' }],
    ['reset', { reset: true }],
    ['nonsense', { raw: 'nonsense\r\n\r\n' }],
  ])('%s: the stale copy for all within the window, and one probe of the origin', async (name, said) => {
    const target = `/sie-${name.replaceAll(' ', '-')}`;
    script(network.origin, target, { headers: KEPT, body: 'good' }, said);
    await resource.get(target);
    clock.advance(2_000);
    for (let i = 0; i < 6; i += 1) {
      const response = await resource.get(target);
      expect([response.status, response.body.toString()]).toEqual([200, 'good']);
      expect(response.headers['cache-status']).toContain('stale-if-error');
    }
    const before = network.origin.count(target);
    for (const response of await herd(target, 300)) expect(response.body.toString()).toBe('good');
    expect(network.origin.count(target)).toBe(before);
    clock.advance(5_000);
    for (const response of await herd(target, 300)) expect(response.body.toString()).toBe('good');
    expect(network.origin.count(target)).toBeLessThanOrEqual(before + 2);
    // Out of the window nothing stands in any more.
    clock.advance(600_000);
    expect((await resource.get(target)).status).toBeGreaterThanOrEqual(500);
  });

  it('an answer that is no failure of that kind is given on and ends the old one', async () => {
    for (const status of [404, 410, 403, 400, 501]) {
      const target = `/ends-${status}`;
      script(
        network.origin,
        target,
        { headers: KEPT, body: 'good' },
        { status, body: 'no' },
        { status: 503, body: 'bad' },
      );
      await resource.get(target);
      clock.advance(2_000);
      expect((await resource.get(target)).status).toBe(status);
      expect([status, (await resource.get(target)).body.toString()]).toEqual([status, 'bad']);
    }
  });

  it('nobody waits for an origin that hangs once it is known to fail', async () => {
    const target = '/hangs';
    script(network.origin, target, { headers: KEPT, body: 'good' }, { status: 503, body: 'bad' });
    await resource.get(target);
    clock.advance(2_000);
    expect((await resource.get(target)).body.toString()).toBe('good');
    const door = gate(network.origin, target);
    clock.advance(5_000);
    // It is asked, but beside the answer.
    for (const response of await herd(target, 20)) expect(response.body.toString()).toBe('good');
    await under(() => door.waiting() === 1);
    door.open({ headers: [FOR_LONG], body: 'back' });
    await expect.poll(async () => (await resource.get(target)).body.toString()).toBe('back');
    expect(isHit(await resource.get(target))).toBe(true);
  });

  it('stands in for a new body that is cut short, for those who wait, too', async () => {
    const target = '/cut-short';
    script(network.origin, target, { headers: KEPT, body: 'good' });
    await resource.get(target);
    clock.advance(2_000);
    const door = gate(network.origin, target);
    const all = herd(target, 20);
    await under(() => door.waiting() === 1 && network.edge.stats().openConnections >= 20);
    door.open({ headers: [FOR_LONG], body: 'x'.repeat(1_000), cutAfter: 500 });
    for (const response of await all) expect(response.body.toString()).toBe('good');
    expect((await resource.get(target)).body.toString()).toBe('good');
  });
});
