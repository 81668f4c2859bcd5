import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { script } from './scripted-origin.ts';

const TAG = '<script src="/.well-known/media-network/peerpool.js" data-auto></script>';
const REST = `<title>A page</title></head><body>${'word '.repeat(400)}</body></html>`;
const PAGE = `<!doctype html><html><head>${REST}`;
const TAGGED = `<!doctype html><html><head>${TAG}${REST}`;
const NAVIGATES = { 'Sec-Fetch-Dest': 'document' };

let network: TestNetwork;
let on: TestResource;
let bySite: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  on = await network.addResource({ rules: ['peerpool on'] });
  bySite = await network.addResource({ rules: ['peerpool script'] });
});
afterAll(() => network.close());

function page(
  path: string,
  more: readonly (readonly [string, string])[] = [],
  body: string | Buffer = PAGE,
): void {
  const fields = [
    ['Cache-Control', 'max-age=600'],
    ['Content-Type', 'text/html; charset=utf-8'],
    ['ETag', '"v1"'],
    ['Last-Modified', 'Fri, 27 Nov 2026 00:00:00 GMT'],
  ] as const;
  script(network.origin, path, { headers: [...fields, ...more], body });
}

it('is in a page that a browser navigates to, from the origin and from the cache', async () => {
  page('/page');
  for (const from of ['miss', 'hit', 'hit']) {
    const { status, body, headers } = await on.get('/page', { headers: NAVIGATES });
    expect([status, body.toString()]).toEqual([200, TAGGED]);
    expect(headers['cache-status']).toContain(from === 'miss' ? 'fwd=miss' : 'hit');
    expect(headers['etag']).toBe('"v1-peerpool"');
    expect(headers['vary']?.toLowerCase()).toContain('sec-fetch-dest');
    for (const name of ['last-modified', 'repr-digest', 'accept-ranges'])
      expect(headers[name]).toBeUndefined();
    const length = headers['content-length'];
    if (length !== undefined) expect(Number(length)).toBe(Buffer.byteLength(TAGGED));
  }
});

it('is in none that anybody else asks for, who gets the bytes of the origin', async () => {
  page('/page');
  for (const asked of [{}, { 'Sec-Fetch-Dest': 'empty' }]) {
    const { body, headers } = await on.get('/page', { headers: asked });
    expect([body.toString(), headers['etag']]).toEqual([PAGE, '"v1"']);
    // Caches on the way must know that there are others.
    expect(headers['vary']?.toLowerCase()).toContain('sec-fetch-dest');
  }
  page('/site');
  const bySites = await bySite.get('/site', { headers: NAVIGATES });
  expect([bySites.body.toString(), bySites.headers['vary'] ?? '']).toEqual([
    PAGE,
    expect.not.stringContaining('Sec'),
  ]);
});

it('answers of a page with the tag that it has not changed, and sends one without it anew', async () => {
  page('/again');
  await on.get('/again', { headers: NAVIGATES });
  const known = await on.get('/again', {
    headers: { ...NAVIGATES, 'If-None-Match': '"v0", W/"v1-peerpool"' },
  });
  expect([known.status, known.body.length, known.headers['etag']]).toEqual([304, 0, '"v1-peerpool"']);
  const old = await on.get('/again', { headers: { ...NAVIGATES, 'If-None-Match': '"v1"' } });
  expect([old.status, old.body.toString()]).toEqual([200, TAGGED]);
  const asks = { 'If-Modified-Since': 'Sat, 28 Nov 2026 00:00:00 GMT', Range: 'bytes=0-9' };
  const dated = await on.get('/again', {
    headers: { ...NAVIGATES, ...asks },
  });
  expect([dated.status, dated.body.toString()]).toEqual([200, TAGGED]);
});

it('is coded with the page for who takes that', async () => {
  page('/coded');
  for (let i = 0; i < 2; i += 1) {
    const { body, headers } = await on.get('/coded', {
      headers: { ...NAVIGATES, 'Accept-Encoding': 'gzip' },
    });
    expect(headers['content-encoding']).toBe('gzip');
    expect(headers['etag']).toBe('W/"v1-peerpool"');
    expect(gunzipSync(body).toString()).toBe(TAGGED);
  }
});

it.each([
  ['coded by its origin', [['Content-Encoding', 'gzip']], gzipSync(PAGE)],
  ['of a policy against it', [['Content-Security-Policy', "script-src 'nonce-a'"]], PAGE],
  ['not to be changed', [['Cache-Control', 'no-transform']], PAGE],
] as const)('stays away from a page that is %s', async (name, more, sent) => {
  const path = `/${encodeURIComponent(name)}`;
  page(path, more, sent);
  for (let i = 0; i < 2; i += 1) {
    const { body, headers } = await on.get(path, { headers: { ...NAVIGATES, 'Accept-Encoding': 'gzip' } });
    const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    expect([plain.toString(), headers['etag']?.replace('W/', '')]).toEqual([PAGE, '"v1"']);
  }
});

it('is in a page that one viewer alone gets, and in none of an error', async () => {
  page('/own', [['Cache-Control', 'private']]);
  const { body } = await on.get('/own', { headers: { ...NAVIGATES, Cookie: 'a=b' } });
  expect(body.toString()).toBe(TAGGED);
  script(network.origin, '/gone', { status: 404, headers: [['Content-Type', 'text/html']], body: PAGE });
  expect((await on.get('/gone', { headers: NAVIGATES })).body.toString()).toBe(PAGE);
});
