import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit } from './raw-http.ts';
import { script } from './scripted-origin.ts';
import type { Said } from './scripted-origin.ts';

const clock = createManualClock(Date.now());
let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork({ overrides: { clock } });
  resource = await network.addResource();
});
afterAll(() => network.close());

const TAG = ['ETag', '"a"'] as const;
const cacheControl = (value: string) => ['Cache-Control', value] as const;
let targets = 0;
/** Stored first, stale two seconds later, then as the script goes on. */
async function stored(first: Said, ...then: readonly Said[]): Promise<string> {
  targets += 1;
  const target = `/validated-${targets}`;
  script(network.origin, target, first, ...then);
  await resource.get(target);
  clock.advance(2_000);
  return target;
}

describe('a 304 that takes sharing back', () => {
  it.each([
    ['private', [cacheControl('private, max-age=600')]],
    ['private for the CDN', [['CDN-Cache-Control', 'private']]],
    ['no-store', [cacheControl('no-store')]],
    ['no-store for the CDN', [['CDN-Cache-Control', 'no-store']]],
    ['varying by anything', [cacheControl('max-age=600'), ['Vary', '*']]],
  ] as const)('%s: the stored answer is dropped', async (_name, headers) => {
    const target = await stored(
      { headers: [cacheControl('max-age=1'), TAG], body: 'one' },
      { status: 304, headers: [TAG, ...headers] },
      { headers: [cacheControl('private')], body: 'other' },
    );
    const asked = await resource.get(target);
    expect([asked.status, asked.body.toString()]).toEqual([200, 'one']);
    for (let i = 0; i < 2; i += 1) {
      const after = await resource.get(target);
      expect([after.body.toString(), isHit(after)]).toEqual(['other', false]);
    }
  });

  it('also where the body lies on disk only', async () => {
    const body = Buffer.alloc(1_500_000, 'x');
    const target = await stored(
      { headers: [cacheControl('max-age=1'), TAG], body },
      { status: 304, headers: [TAG, cacheControl('private')] },
      { headers: [cacheControl('private')], body: 'other' },
    );
    expect((await resource.get(target)).body.toString()).toBe('other');
  });

  it('but not where it was said to one viewer only', async () => {
    const target = await stored(
      { headers: [cacheControl('max-age=1'), TAG], body: 'one' },
      { status: 304, headers: [TAG, cacheControl('max-age=600')] },
    );
    const personal = await resource.get(target, { headers: { Authorization: 'Basic x' } });
    expect(personal.body.toString()).toBe('one');
    // Neither renewed nor dropped by it.
    const next = await resource.get(target);
    expect([next.body.toString(), isHit(next)]).toEqual(['one', false]);
    expect(isHit(await resource.get(target))).toBe(true);
  });
});

describe('a full answer to a validation', () => {
  const window = 'max-age=1, stale-while-revalidate=600, stale-if-error=600';
  it.each<readonly [string, Said]>([
    ['404', { status: 404, body: 'gone' }],
    ['410', { status: 410, body: 'gone' }],
    ['403', { status: 403, body: 'gone' }],
    ['401', { status: 401, body: 'gone' }],
    ['no-store', { headers: [cacheControl('no-store')], body: 'gone' }],
    ['private', { headers: [cacheControl('private')], body: 'gone' }],
    ['a cookie', { headers: [['Set-Cookie', 'a=1']], body: 'gone' }],
    ['no lifetime', { body: 'gone' }],
  ])('%s ends the old one, which never comes back', async (_name, gone) => {
    const target = await stored({ headers: [cacheControl(window)], body: 'page' }, gone, gone, {
      status: 503,
      body: 'bad',
    });
    // While it is asked about it may still be served.
    expect((await resource.get(target)).body.toString()).toBe('page');
    await expect.poll(() => network.origin.count(target)).toBe(2);
    await expect.poll(async () => (await resource.get(target)).body.toString()).not.toBe('page');
    for (let i = 0; i < 3; i += 1) expect((await resource.get(target)).body.toString()).not.toBe('page');
  });

  it('replaces the old one, also under another Vary', async () => {
    const target = await stored(
      { headers: [cacheControl(window)], body: 'old' },
      { headers: [cacheControl('max-age=1'), ['Vary', 'X-Key']], body: 'new' },
      { status: 503, body: 'bad' },
    );
    await resource.get(target);
    await expect.poll(async () => (await resource.get(target)).body.toString()).toBe('new');
    clock.advance(2_000);
    const other = await resource.get(target, { headers: { 'X-Key': 'other' } });
    expect(other.body.toString()).toBe('bad');
  });

  it('of the kind that an origin fails with leaves it in place', async () => {
    const target = await stored(
      { headers: [cacheControl(window)], body: 'page' },
      { status: 503, body: 'bad' },
      { headers: [cacheControl('max-age=600')], body: 'back' },
    );
    expect((await resource.get(target)).body.toString()).toBe('page');
    await expect.poll(() => network.origin.count(target)).toBe(2);
    expect((await resource.get(target)).body.toString()).toBe('page');
    expect(network.origin.count(target)).toBe(2);
    clock.advance(5_000);
    expect((await resource.get(target)).body.toString()).toBe('page');
    await expect.poll(async () => (await resource.get(target)).body.toString()).toBe('back');
  });
});

describe('what must be asked about, when the origin is gone', () => {
  it.each([
    'must-revalidate',
    'proxy-revalidate',
    's-maxage=1',
    'no-cache',
    'must-revalidate, stale-if-error=600',
  ])('%s: 504', async (directive) => {
    const target = await stored(
      { headers: [cacheControl(`max-age=1, ${directive}`), TAG], body: 'one' },
      { reset: true },
    );
    const answer = await resource.get(target);
    expect([answer.status, answer.headers['media-error']]).toEqual([504, 'edge/must-revalidate']);
    expect(answer.body.toString()).not.toBe('one');
  });

  it('502 where nothing was said of that', async () => {
    const target = await stored({ headers: [cacheControl('max-age=1'), TAG], body: 'one' }, { reset: true });
    expect((await resource.get(target)).status).toBe(502);
  });
});

describe('immutable (RFC 8246)', () => {
  it('is answered from the cache for as long as it is fresh, whatever a reload says', async () => {
    script(network.origin, '/immutable', {
      headers: [cacheControl('max-age=600, immutable'), TAG],
      body: 'for ever',
    });
    await resource.get('/immutable');
    const reload = { 'Cache-Control': 'max-age=0', Pragma: 'no-cache' };
    expect(isHit(await resource.get('/immutable', { headers: reload }))).toBe(true);
    const conditional = await resource.get('/immutable', { headers: { ...reload, 'If-None-Match': '"a"' } });
    expect([conditional.status, network.origin.count('/immutable')]).toEqual([304, 1]);
  });
});
