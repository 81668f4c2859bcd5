import { gunzipSync } from 'node:zlib';
import { createHmac, createPrivateKey, sign as signBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { VERBS, grantCookie, grantText, grantedTarget } from '@media-network/rules';
import type { Grant, SignedGrant } from '@media-network/rules';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit, request } from './raw-http.ts';
import type { GetOptions, RawResponse } from './raw-http.ts';
import { script } from './scripted-origin.ts';
import type { Said } from './scripted-origin.ts';
import { requestTls, selfSigned } from './tls.ts';

let network: TestNetwork;
let countries: string;
let tls: Awaited<ReturnType<typeof selfSigned>>;
let nextPath = 0;
beforeAll(async () => {
  tls = await selfSigned();
  countries = join(await mkdtemp(join(tmpdir(), 'media-countries-')), 'own.csv');
  await writeFile(countries, '127.0.0.0,127.255.255.255,DE\n');
  network = await startTestNetwork({
    config: { countries, tlsCert: tls.cert, tlsKey: tls.key, httpsPort: 0 },
  });
});
afterAll(async () => {
  await network.close();
  await rm(dirname(countries), { recursive: true, force: true });
});

interface Site {
  readonly host: string;
  get(target: string, options?: GetOptions): Promise<RawResponse>;
  /** What the origin answers at a path; counted from 1. */
  says(path: string, said: Said | ((count: number, range: string | undefined) => Said)): void;
  /** Requests that the origin saw at a path since `says`. */
  asked(path: string): number;
  /** The last request that it saw there: target and fields. */
  seen(path: string): { readonly target: string; readonly headers: string };
}

/** A resource with these rules, and an origin that is asked for nothing else. */
async function site(...rules: readonly string[]): Promise<Site> {
  const resource: TestResource = await network.addResource({ rules });
  const before = new Map<string, number>();
  return {
    host: resource.host,
    get: (target, options) => resource.get(target, options),
    says(path, said) {
      before.set(path, network.origin.count(path));
      script(network.origin, path, ({ headers }, count) =>
        typeof said === 'function' ? said(count, headers['range']) : said,
      );
    },
    asked: (path) => network.origin.count(path) - (before.get(path) ?? 0),
    seen(path) {
      const last = network.origin.seen.findLast(({ target }) => target.split('?', 1)[0] === path);
      return { target: last?.target ?? '', headers: JSON.stringify(last?.headers ?? {}) };
    },
  };
}

/** New settings in force. */
async function update(
  address: TestResource['address'],
  settings: { readonly rules: readonly string[] },
): Promise<void> {
  const before = [...network.chain.resources().values()].find((view) => view.address === address);
  const version = (before?.settingsVersion ?? 0) + 1;
  const blob = await network.guard.encrypt({ origin: network.origin.url, ...settings }, address, version);
  network.guard.know(address, blob);
  network.chain.setSettings(address, blob);
}

const fresh = (): string => `x${(nextPath += 1)}`;

/** Asks twice: whether the second answer came from the cache. */
async function isKept(at: Site, path: string, options?: GetOptions): Promise<boolean> {
  await at.get(path, options);
  return isHit(await at.get(path, options));
}

const of = (type: string, ...headers: readonly (readonly [string, string])[]): Said => ({
  headers: [['Content-Type', type], ...headers],
  body: 'body',
});

const LATER = Math.floor(Date.now() / 1_000) + 3_600;
/** The keys of the examples: the bytes from 0 to 31, and the first test key of RFC 8032 §7.1. */
const KEYS = [
  'signing-key site hmac=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  'signing-key partner ed25519=11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
];
const PARTNER = createPrivateKey({
  key: Buffer.from(
    '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  ),
  format: 'der',
  type: 'pkcs8',
});

function signed(target: string, over: Partial<Grant> = {}): SignedGrant {
  const grant = { key: 'site', expires: LATER, ...over };
  const secret = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  return {
    ...grant,
    signature: createHmac('sha256', secret).update(grantText(grant, target)).digest('base64url'),
  };
}

/** What each example of each rule does, seen at a real edge. */
const SHOWN: Readonly<Record<string, (at: Site) => Promise<void>>> = {
  async 'cache /assets/* ttl=30d'(at) {
    const path = `/assets/${fresh()}`;
    at.says(path, of('text/css', ['Cache-Control', 'private, no-store']));
    expect(await isKept(at, path)).toBe(true);
    expect((await at.get(path)).headers['cache-status']).toMatch(/ttl=25(?:92000|91\d{3})/);
    // What viewers are told stays the origin's.
    expect((await at.get(path)).headers['cache-control']).toBe('private, no-store');
    at.says('/other', of('text/css', ['Cache-Control', 'no-store']));
    expect(await isKept(at, '/other')).toBe(false);
  },
  async 'cache type=text/html,image/* default=10m swr=1h sie=1d'(at) {
    const [page, said, data] = [`/${fresh()}`, `/${fresh()}`, `/${fresh()}`];
    at.says(page, of('text/html; charset=utf-8'));
    at.says(said, of('image/png', ['Cache-Control', 'no-store']));
    at.says(data, of('application/json'));
    expect(await isKept(at, page)).toBe(true);
    // What the origin gives no lifetime and a cookie was sent for may be one viewer's.
    const account = `/${fresh()}`;
    at.says(account, of('text/html'));
    expect(await isKept(at, account, { headers: { Cookie: 'id=7' } })).toBe(false);
    expect(await isKept(at, said)).toBe(false);
    expect(await isKept(at, data)).toBe(false);
  },
  async 'cache /api/* never'(at) {
    const path = `/api/${fresh()}`;
    at.says(path, of('application/json', ['Cache-Control', 'max-age=600']));
    expect(await isKept(at, path)).toBe(false);
    expect(at.asked(path)).toBe(2);
  },
  async 'cache /shop/* negative=30s'(at) {
    const path = `/shop/${fresh()}`;
    at.says(path, { status: 404, body: 'none' });
    expect(await isKept(at, path)).toBe(true);
    expect((await at.get(path)).status).toBe(404);
  },
  async 'cache /landing/* ttl=5m cookies=drop'(at) {
    const path = `/landing/${fresh()}`;
    at.says(path, of('text/html', ['Set-Cookie', 'visit=1'], ['Cache-Control', 'no-cache']));
    expect(await isKept(at, path)).toBe(true);
    expect((await at.get(path)).headers['set-cookie']).toBeUndefined();
  },
  async 'cache-key query=not:utm_*,fbclid,gclid sort'(at) {
    const path = `/${fresh()}`;
    at.says(path, of('text/html', ['Cache-Control', 'max-age=600']));
    await at.get(`${path}?b=2&utm_source=x&a=1`);
    expect(at.seen(path).target).toBe(`${path}?a=1&b=2`);
    expect(isHit(await at.get(`${path}?fbclid=y&a=1&b=2`))).toBe(true);
    expect(isHit(await at.get(`${path}?a=1&b=3`))).toBe(false);
  },
  async 'cache-key /static/* query=none cookie=none'(at) {
    const path = `/static/${fresh()}`;
    at.says(path, of('text/css', ['Last-Modified', 'Mon, 02 Jan 2006 15:04:05 GMT']));
    await at.get(`${path}?v=1`, { headers: { Cookie: 'id=7' } });
    expect(at.seen(path).headers).not.toMatch(/cookie/i);
    expect(isHit(await at.get(`${path}?v=2`, { headers: { Cookie: 'id=8' } }))).toBe(true);
    expect(at.asked(path)).toBe(1);
  },
  async 'cache-key /shop/* cookie=currency,lang'(at) {
    const path = `/shop/${fresh()}`;
    at.says(path, of('text/html', ['Cache-Control', 'max-age=600']));
    const by = (cookie: string): Promise<RawResponse> => at.get(path, { headers: { Cookie: cookie } });
    await by('id=1; lang=de; currency=EUR');
    expect(at.seen(path).headers).toContain('currency=EUR; lang=de');
    expect(at.seen(path).headers).not.toContain('id=1');
    expect(isHit(await by('currency=EUR; id=2; lang=de'))).toBe(true);
    // Cookies that count make nobody's answer personal.
    const unsaid = `/shop/${fresh()}`;
    at.says(unsaid, of('text/html', ['Last-Modified', 'Mon, 02 Jan 2006 15:04:05 GMT']));
    expect(await isKept(at, unsaid, { headers: { Cookie: 'lang=de' } })).toBe(true);
    const other = await by('currency=USD; id=2; lang=de');
    expect(isHit(other)).toBe(false);
    expect(other.headers['vary']).toBe('Cookie');
  },
  async 'cache-key /page/* device'(at) {
    const path = `/page/${fresh()}`;
    at.says(path, (count) => of(`text/x-${count}`, ['Cache-Control', 'max-age=600']));
    const by = (agent: string): Promise<RawResponse> => at.get(path, { headers: { 'User-Agent': agent } });
    await by('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148');
    expect(at.seen(path).headers).toContain('mobile');
    expect((await by('Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile Safari')).headers['content-type']).toBe(
      'text/x-1',
    );
    expect((await by('Mozilla/5.0 (X11; Linux x86_64) Firefox')).headers['content-type']).toBe('text/x-2');
    expect((await by('Mozilla/5.0 (Linux; Android 14; SM-X710) Safari')).headers['content-type']).toBe(
      'text/x-3',
    );
    expect(isHit(await by('curl/8'))).toBe(true);
  },
  async https(at) {
    const target = `/${fresh()}?q=1`;
    at.says(target.split('?', 1)[0] ?? '', of('text/html', ['Cache-Control', 'max-age=600']));
    for (const port of [undefined, network.edge.port]) {
      const host = port === undefined ? at.host : `${at.host}:${port}`;
      const answer = await request(network.edge.port, host, target);
      const there = port === undefined ? at.host : `${at.host}:${network.edge.httpsPort}`;
      expect([answer.status, answer.headers['location']]).toEqual([308, `https://${there}${target}`]);
    }
    const secure = await requestTls(network.edge.httpsPort ?? 0, at.host, target);
    expect([secure.status, secure.headers['strict-transport-security']]).toEqual([200, undefined]);
    // What was kept by https is not given by http.
    expect((await at.get(target)).status).toBe(308);
  },
  async 'https hsts=1y'(at) {
    const path = `/${fresh()}`;
    at.says(path, of('text/html', ['Cache-Control', 'max-age=600']));
    for (const _ of [1, 2, 3]) {
      const { headers } = await requestTls(network.edge.httpsPort ?? 0, at.host, path);
      expect(headers['strict-transport-security']).toBe('max-age=31536000');
    }
    expect((await at.get(path)).headers['strict-transport-security']).toBeUndefined();
  },
  async 'redirect /old/* /new/$1 status=301'(at) {
    const answer = await at.get('/old/a/b%20c?q=1');
    expect([answer.status, answer.headers['location']]).toEqual([301, '/new/a/b%20c?q=1']);
    expect(answer.headers['cache-status']).toBe('medianet; fwd=bypass; detail=rule');
    expect(network.origin.count('/old/a/b%20c')).toBe(0);
  },
  async 'redirect /blog https://blog.example/ status=302'(at) {
    const answer = await at.get('/blog');
    expect([answer.status, answer.headers['location']]).toEqual([302, 'https://blog.example/']);
  },
  async 'header always set="X-Content-Type-Options: nosniff" remove=X-Powered-By'(at) {
    const path = `/${fresh()}`;
    at.says(path, of('text/html', ['X-Powered-By', 'PHP'], ['Cache-Control', 'max-age=600']));
    for (const kind of ['miss', 'hit', 'fast']) {
      const { headers } = await at.get(path);
      expect([kind, headers['x-powered-by'], headers['x-content-type-options']]).toEqual([
        kind,
        undefined,
        'nosniff',
      ]);
    }
    at.says('/broken', { status: 500, body: 'x' });
    expect((await at.get('/broken')).headers['x-content-type-options']).toBe('nosniff');
  },
  async 'header /assets/* set="Cache-Control: public, max-age=31536000, immutable"'(at) {
    const path = `/assets/${fresh()}`;
    at.says(path, (count) => of('text/css', ['Cache-Control', 'max-age=600'], ['ETag', `"${count}"`]));
    expect(await isKept(at, path)).toBe(true);
    const { headers } = await at.get(path);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    // How long edges keep it is what the origin said.
    expect(headers['cache-status']).toMatch(/ttl=(?:600|5\d\d)/);
    const unchanged = await at.get(path, { headers: { 'If-None-Match': '"1"' } });
    expect([unchanged.status, unchanged.headers['cache-control']]).toEqual([
      304,
      'public, max-age=31536000, immutable',
    ]);
    at.says('/assets/gone', { status: 404, body: 'none' });
    expect((await at.get('/assets/gone')).headers['cache-control']).toBeUndefined();
  },
  async 'origin-header /api/* set="X-Api-Key: 8d1f"'(at) {
    const path = `/api/${fresh()}`;
    at.says(path, of('text/plain', ['Cache-Control', 'max-age=600']));
    await at.get(path, { headers: { 'X-Api-Key': 'theirs' } });
    expect(isHit(await at.get(path, { headers: { 'X-Api-Key': 'others' } }))).toBe(true);
    expect(at.seen(path).headers).toContain('8d1f');
    expect(at.seen(path).headers).not.toContain('theirs');
    await at.get(path, { method: 'POST', body: 'x', headers: { 'X-Api-Key': 'theirs' } });
    expect(at.seen(path).headers).not.toContain('theirs');
  },
  async 'origin-header remove=Cookie'(at) {
    const path = `/${fresh()}`;
    at.says(path, of('text/plain', ['Last-Modified', 'Mon, 02 Jan 2006 15:04:05 GMT']));
    await at.get(path, { headers: { Cookie: 'id=1' } });
    expect(at.seen(path).headers).not.toContain('id=1');
    expect(isHit(await at.get(path, { headers: { Cookie: 'id=2' } }))).toBe(true);
  },
  async 'cors /fonts/* origins=*'(at) {
    const path = `/fonts/${fresh()}`;
    at.says(path, of('font/woff2', ['Cache-Control', 'max-age=600']));
    for (const _ of [1, 2, 3]) expect((await at.get(path)).headers['access-control-allow-origin']).toBe('*');
  },
  async 'cors /api/* origins=https://shop.example,https://admin.shop.example methods=GET,POST headers=Content-Type credentials'(
    at,
  ) {
    const path = `/api/${fresh()}`;
    at.says(path, of('text/plain', ['Cache-Control', 'max-age=600']));
    const from = async (origin: string, options: GetOptions = {}): Promise<RawResponse> =>
      at.get(path, { ...options, headers: { ...options.headers, Origin: origin } });
    for (const kind of ['miss', 'hit', 'hit']) {
      const ours = await from('https://admin.shop.example');
      expect([kind, ours.headers['access-control-allow-origin']]).toEqual([
        kind,
        'https://admin.shop.example',
      ]);
      expect(ours.headers['vary']).toBe('Origin');
      const theirs = await from('https://evil.example');
      expect([kind, theirs.headers['access-control-allow-origin']]).toEqual([kind, undefined]);
    }
    const asked = at.asked(path);
    const preflight = await from('https://shop.example', {
      method: 'OPTIONS',
      headers: { 'Access-Control-Request-Method': 'POST' },
    });
    expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([204, 'GET, POST']);
    expect(preflight.headers['access-control-allow-credentials']).toBe('true');
    expect(at.asked(path)).toBe(asked);
  },
  async 'error 404 /404.html'(at) {
    at.says('/404.html', of('text/html', ['Cache-Control', 'max-age=31536000'], ['ETag', '"page"']));
    const path = `/${fresh()}`;
    at.says(path, { status: 404, headers: [['Cache-Control', 'no-store']], body: 'nothing' });
    for (const options of [{}, { headers: { Range: 'bytes=0-0', 'If-None-Match': '"page"' } }]) {
      const answer = await at.get(path, options);
      expect([answer.status, answer.body.toString(), answer.headers['content-type']]).toEqual([
        404,
        'body',
        'text/html',
      ]);
      expect([answer.headers['cache-control'], answer.headers['etag'], answer.complete]).toEqual([
        'no-store',
        undefined,
        true,
      ]);
    }
    expect(at.asked('/404.html')).toBe(1);
    expect((await at.get(path, { method: 'HEAD' })).status).toBe(404);
    // Also where the error is kept, from the fast lane.
    const kept = `/${fresh()}`;
    at.says(kept, { status: 404, headers: [['Cache-Control', 'max-age=600']], body: 'nothing' });
    for (const _ of [1, 2, 3]) expect((await at.get(kept)).body.toString()).toBe('body');
    expect(at.asked(kept)).toBe(1);
  },
  async 'error 500,502,503,504 /sorry.html'(at) {
    at.says('/sorry.html', of('text/html', ['Cache-Control', 'max-age=600']));
    await at.get('/sorry.html');
    const path = `/${fresh()}`;
    at.says(path, { reset: true });
    const answer = await at.get(path);
    expect([answer.status, answer.body.toString()]).toEqual([502, 'body']);
    expect(answer.headers['media-error']).toBe('edge/origin-reset');
    expect(answer.headers['cache-control']).toBe('no-store');
  },
  async 'error 5xx /sorry.html'(at) {
    at.says('/sorry.html', { status: 500, body: 'worse' });
    const path = `/${fresh()}`;
    at.says(path, { status: 503, headers: [['Retry-After', '9']], body: 'bad' });
    const answer = await at.get(path);
    // There is no such page: the error stays what it is.
    expect([answer.status, answer.body.toString(), answer.headers['retry-after']]).toEqual([503, 'bad', '9']);
  },
  async 'allow /downloads/* country=DE,AT,CH'(at) {
    at.says('/downloads/x', of('text/plain'));
    expect((await at.get('/downloads/x')).status).toBe(200);
    const elsewhere = await site('allow /downloads/* country=FR');
    const answer = await elsewhere.get('/downloads/x');
    expect([answer.status, answer.headers['media-error']]).toEqual([403, 'edge/country-refused']);
  },
  async 'allow /img/* referer=shop.example,*.shop.example,none'(at) {
    const path = `/img/${fresh()}`;
    at.says(path, of('image/png', ['Cache-Control', 'max-age=600']));
    const from = async (referer: string): Promise<number> =>
      (await at.get(path, { headers: { Referer: referer } })).status;
    expect((await at.get(path)).status).toBe(200);
    expect(await from('https://www.shop.example/x')).toBe(200);
    expect(await from('https://thief.example/')).toBe(403);
    expect(await from('https://thief.example/')).toBe(403);
    expect(at.asked(path)).toBe(1);
  },
  async 'allow method=GET,HEAD'(at) {
    const answer = await at.get('/x', { method: 'POST', body: 'x' });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
    at.says('/y', of('text/plain'));
    expect((await at.get('/y', { method: 'HEAD' })).status).toBe(200);
    const headers = { 'X-HTTP-Method-Override': 'DELETE' };
    expect((await at.get('/y', { headers })).status).toBe(405);
  },
  async 'deny /admin/* address=0.0.0.0/0,::/0'(at) {
    for (const target of ['/admin/x', '/%61dmin/x', '/a/..%2fadmin/x', '/x//admin/y'.replace('/x/', '')])
      expect([target, (await at.get(target)).status]).toEqual([target, target.includes('..') ? 400 : 403]);
  },
  async 'deny country=KP'(at) {
    const path = `/${fresh()}`;
    at.says(path, of('text/plain'));
    expect((await at.get(path)).status).toBe(200);
    expect((await (await site('deny country=KP,DE')).get(path)).status).toBe(403);
  },
  async 'limit /login rate=5/m burst=5'(at) {
    at.says('/login', of('text/html'));
    const statuses: number[] = [];
    for (let i = 0; i < 7; i += 1) statuses.push((await at.get('/login')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const refused = await at.get('/login');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    at.says('/free', of('text/html'));
    expect((await at.get('/free')).status).toBe(200);
  },
  async 'limit /api/* rate=20/s burst=50'(at) {
    const path = `/api/${fresh()}`;
    at.says(path, of('text/html', ['Cache-Control', 'max-age=600']));
    // Hits count, too.
    const answers = await Promise.all(Array.from({ length: 60 }, () => at.get(path)));
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(50);
  },
  async 'limit rate=2000/s per=resource'(at) {
    const path = `/${fresh()}`;
    at.says(path, of('text/html'));
    expect((await at.get(path)).status).toBe(200);
  },
  async 'regions eu-west,us-east'(at) {
    const path = `/${fresh()}`;
    at.says(path, of('text/css', ['Cache-Control', 'max-age=600']));
    expect(await isKept(at, path)).toBe(true);
  },
  async 'regions ap-south'(at) {
    at.says('/', of('text/html'));
    const { status, headers } = await at.get('/');
    expect([status, headers['media-error'], at.asked('/')]).toEqual([421, 'edge/not-picked', 0]);
    const ready = await at.get('/.well-known/media-network/ready');
    expect([ready.status, ready.headers['media-error']]).toEqual([421, 'edge/not-picked']);
  },
  async 'edges 8Ucr2RfdiAK8obU3fMZN3eZo1RyPSGZBVydmR7vSEspQ'(at) {
    expect((await at.get('/')).headers['media-error']).toBe('edge/not-picked');
    const here = await site(
      'edges 8Ucr2RfdiAK8obU3fMZN3eZo1RyPSGZBVydmR7vSEspQ',
      `edges ${network.chain.edge}`,
    );
    here.says('/', of('text/html'));
    expect((await here.get('/')).status).toBe(200);
  },
  async 'sign /members/* key=site'(at) {
    const path = `/members/${fresh()}`;
    at.says(path, of('video/mp4', ['Last-Modified', 'Mon, 02 Jan 2006 15:04:05 GMT']));
    const code = async (target: string, cookie?: string): Promise<string | number> => {
      const { status, headers } = await at.get(
        target,
        cookie === undefined ? {} : { headers: { Cookie: cookie } },
      );
      return headers['media-error'] ?? status;
    };
    expect(await code(path)).toBe('edge/grant-missing');
    expect(await code(path.replace('/members', '/%6Dembers'))).toBe('edge/grant-missing');
    const good = signed(`${path}?v=1`);
    expect(await code(grantedTarget(`${path}?v=1`, good))).toBe(200);
    // Neither origin nor cache sees what let the viewer in.
    expect(at.seen(path).target).toBe(`${path}?v=1`);
    expect(
      isHit(await at.get(grantedTarget(`${path}?v=1`, signed(`${path}?v=1`, { expires: LATER + 1 })))),
    ).toBe(true);
    expect(await code(grantedTarget(`${path}?v=2`, good))).toBe('edge/grant-bad');
    expect(await code(grantedTarget(`${path}?v=1`, { ...good, expires: good.expires + 1 }))).toBe(
      'edge/grant-bad',
    );
    expect(await code(grantedTarget(`${path}?v=1`, signed(`${path}?v=1`, { expires: 1_000 })))).toBe(
      'edge/grant-expired',
    );
    expect(await code(grantedTarget(`${path}?v=1`, signed(`${path}?v=1`, { key: 'partner' })))).toBe(
      'edge/grant-bad',
    );
    expect(await code(grantedTarget(path, signed('', { path: '/members/*' })))).toBe(200);
    expect(await code(path, grantCookie(signed('', { path: '/members/*', address: '127.0.0.1' })))).toBe(200);
    expect(at.seen(path).headers).not.toMatch(/grant/i);
    expect(await code(path, grantCookie(signed('', { path: '/members/*', address: '192.0.2.1' })))).toBe(
      'edge/grant-bad',
    );
    expect(await code(path, grantCookie(signed('', { path: '/other/*' })))).toBe('edge/grant-bad');
  },
  async 'sign *.m3u8 key=site,partner'(at) {
    const path = `/${fresh()}.m3u8`;
    at.says(path, of('application/vnd.apple.mpegurl'));
    expect((await at.get(path)).status).toBe(403);
    const text = grantText({ key: 'partner', expires: LATER }, path);
    const signature = signBytes(undefined, Buffer.from(text), PARTNER).toString('base64url');
    const grant = { key: 'partner', expires: LATER, signature };
    expect((await at.get(grantedTarget(path, grant))).status).toBe(200);
    expect((await at.get(grantedTarget(`${path}?x`, grant))).status).toBe(403);
  },
  async 'hints /shop/*'(at) {
    const path = `/shop/${fresh()}`;
    at.says(path, {
      headers: [
        ['Content-Type', 'text/html'],
        ['Cache-Control', 'no-cache'],
        ['ETag', '"1"'],
        ['Link', '</a.css>; rel=preload; as=style, </next>; rel=next'],
      ],
      body: 'page',
    });
    const navigates = { headers: { 'Sec-Fetch-Mode': 'navigate' } };
    expect((await at.get(path, navigates)).status).toBe(200);
    const hinted = await at.get(path, navigates);
    expect([hinted.status, hinted.headers['link']]).toEqual([103, '</a.css>; rel=preload; as=style']);
    expect(hinted.body.toString()).toMatch(/^HTTP\/1\.1 200 /);
    // Who does not say that it takes them gets none.
    expect((await at.get(path)).status).toBe(200);
  },
  async 'live /channels/*'(at) {
    const path = `/channels/${fresh()}.m3u8`;
    at.says(path, of('application/vnd.apple.mpegurl', ['Cache-Control', 'no-store']));
    expect(await isKept(at, path)).toBe(false);
    const going = `/channels/${fresh()}.m3u8`;
    at.says(going, {
      headers: [
        ['Content-Type', 'application/vnd.apple.mpegurl'],
        ['Cache-Control', 'no-store'],
      ],
      body: '#EXTM3U\n#EXT-X-TARGETDURATION:600\n#EXTINF:600,\n1.ts\n',
    });
    expect(await isKept(at, going)).toBe(true);
    expect((await at.get(going)).headers['cache-status']).toMatch(/ttl=29\d$|ttl=300$/);
  },
  async 'prefetch /channels/*'(at) {
    const name = fresh();
    const segment = { headers: [['Cache-Control', 'max-age=600'] as const], body: 'segment' };
    for (const no of [1, 2, 3]) at.says(`/channels/${name}-${no}.ts`, segment);
    at.says(`/channels/${name}.m3u8`, {
      headers: [
        ['Content-Type', 'application/vnd.apple.mpegurl'],
        ['Cache-Control', 'max-age=600'],
      ],
      body: `#EXTM3U\n#EXT-X-TARGETDURATION:6\n${[1, 2, 3].map((no) => `#EXTINF:6,\n${name}-${no}.ts\n`).join('')}`,
    });
    await at.get(`/channels/${name}.m3u8`);
    await expect.poll(() => at.asked(`/channels/${name}-3.ts`) + at.asked(`/channels/${name}-2.ts`)).toBe(2);
    expect(at.asked(`/channels/${name}-1.ts`)).toBe(0);
    await expect.poll(async () => isHit(await at.get(`/channels/${name}-3.ts`))).toBe(true);
    expect(at.asked(`/channels/${name}-3.ts`)).toBe(1);
    at.says(`/channels/${name}-9.m4s`, segment);
    at.says(`/channels/${name}.mpd`, {
      headers: [
        ['Content-Type', 'application/dash+xml'],
        ['Cache-Control', 'max-age=600'],
      ],
      body: `<MPD type="dynamic"><Period><AdaptationSet><SegmentTemplate media="${name}-$Number$.m4s"><SegmentTimeline><S t="0" d="6" r="8"/></SegmentTimeline></SegmentTemplate><Representation id="a" bandwidth="1"/></AdaptationSet></Period></MPD>`,
    });
    await at.get(`/channels/${name}.mpd`);
    await expect.poll(async () => isHit(await at.get(`/channels/${name}-9.m4s`))).toBe(true);
    expect(at.asked(`/channels/${name}-9.m4s`)).toBe(1);
  },
  async 'compress /api/*'(at) {
    const path = `/api/${fresh()}`;
    const own: Said = {
      headers: [
        ['Content-Type', 'application/json'],
        ['Cache-Control', 'private'],
      ],
      body: JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, name: 'a name' }))),
    };
    at.says(path, own);
    const coded = await at.get(path, { headers: { 'Accept-Encoding': 'gzip' } });
    expect([coded.headers['content-encoding'], gunzipSync(coded.body).toString()]).toEqual([
      'gzip',
      own.body,
    ]);
    at.says('/other', own);
    const plain = await at.get('/other', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
  },
  async 'compress /data/* types=text/csv,application/geo+json min=4kb'(at) {
    const coding = async (path: string): Promise<string | undefined> =>
      (await at.get(path, { headers: { 'Accept-Encoding': 'gzip' } })).headers['content-encoding'];
    const kept = ['Cache-Control', 'max-age=600'] as const;
    at.says('/data/a.csv', { headers: [['Content-Type', 'text/csv'], kept], body: '1,2\n'.repeat(2_000) });
    at.says('/data/b.csv', { headers: [['Content-Type', 'text/csv'], kept], body: '1,2\n'.repeat(500) });
    at.says('/data/c.html', { headers: [['Content-Type', 'text/html'], kept], body: '1,2\n'.repeat(2_000) });
    expect([await coding('/data/a.csv'), await coding('/data/b.csv'), await coding('/data/c.html')]).toEqual([
      'gzip',
      undefined,
      undefined,
    ]);
  },
  async 'compress /raw/* off'(at) {
    const path = `/raw/${fresh()}`;
    const headers = [
      ['Content-Type', 'text/html'],
      ['Cache-Control', 'max-age=600'],
    ] as const;
    at.says(path, { headers, body: '<p></p>'.repeat(1_000) });
    for (let i = 0; i < 2; i += 1) {
      const answer = await at.get(path, { headers: { 'Accept-Encoding': 'gzip' } });
      expect([answer.headers['content-encoding'], answer.headers['vary']]).toEqual([undefined, undefined]);
    }
  },
  async 'slice /films/* above=64mb size=4mb'(at) {
    const path = `/films/${fresh()}`;
    const asked = film(at, path, 65 * 2 ** 20);
    const part = await at.get(path, { headers: { Range: 'bytes=5000000-5000009' } });
    expect([part.status, part.body.length]).toEqual([206, 10]);
    expect(asked).toEqual(['all', `bytes=${4 * 2 ** 20}-${8 * 2 ** 20 - 1}`]);
    await expect
      .poll(async () => isHit(await at.get(path, { headers: { Range: 'bytes=6000000-6000009' } })))
      .toBe(true);
  },
  async 'slice /live/* off'(at) {
    const path = `/live/${fresh()}`;
    const asked = film(at, path, 65 * 2 ** 20);
    await at.get(path, { headers: { Range: 'bytes=5000000-5000009' } });
    expect(asked).toEqual(['all', 'bytes=5000000-5000009']);
  },
};

/** A large object that is never sent whole; says what was asked for. */
function film(at: Site, path: string, length: number): string[] {
  const asked: string[] = [];
  at.says(path, (_count, range) => {
    asked.push(range ?? 'all');
    const tag = ['ETag', '"1"'] as const;
    const kept = ['Cache-Control', 'max-age=600'] as const;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    if (first === undefined)
      return {
        raw: `HTTP/1.1 200 OK\r\nETag: "1"\r\nCache-Control: max-age=600\r\nContent-Length: ${length}\r\n\r\n`,
      };
    return {
      status: 206,
      headers: [tag, kept, ['Content-Range', `bytes ${first}-${last}/${length}`]],
      body: Buffer.alloc(Number(last) - Number(first) + 1),
    };
  });
  return asked;
}

describe('every example does what it says', () => {
  const examples = VERBS.flatMap(({ examples: lines }) => lines).filter((line) => line in SHOWN);
  test.each(examples)('%s', async (line) => {
    const keys = line.startsWith('sign ') ? KEYS : [];
    await SHOWN[line]?.(await site(line, ...keys));
  });
});

it('costs nobody anything to be told no, and a page of the publisher’s own what it costs', async () => {
  const resource = await network.addResource({
    rules: ['deny /page address=0.0.0.0/0', 'error 403 /403.html'],
  });
  network.origin.on('/403.html', (socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nCache-Control: max-age=60\r\n\r\n' + 'x'.repeat(5_000),
    ),
  );
  expect(await network.counter(resource.address)).toBe(0);
  const answer = await resource.get('/page');
  expect([answer.status, answer.body.length]).toEqual([403, 5_000]);
  expect(await network.counter(resource.address)).toBe(answer.bytes);
  const other = await network.addResource({ rules: ['deny /page address=0.0.0.0/0'] });
  expect((await other.get('/page')).status).toBe(403);
  expect(await network.counter(other.address)).toBe(0);
});

it('settings with a rule that this edge does not know are not followed in part', async () => {
  const resource = await network.addResource({ rules: ['cache ttl=1h', 'teleport /x'] });
  const answer = await resource.get('/x');
  expect([answer.status, answer.headers['media-error']]).toEqual([503, 'edge/no-settings']);
});

it('another rule for viewers holds at once, for what is kept, too, and empties no cache; another rule of keeping does', async () => {
  const resource = await network.addResource({ rules: ['header set="X-A: 1"', 'cache ttl=1h'] });
  script(network.origin, '/kept-on', (_seen, count) => ({ body: String(count) }));
  await resource.get('/kept-on');
  const told = async (): Promise<string> => {
    const { headers, body } = await resource.get('/kept-on');
    return `${body.toString()} ${headers['x-a'] ?? '-'}`;
  };
  for (const _ of [1, 2]) expect(await told()).toBe('1 1');
  await update(resource.address, { rules: ['header set="X-A: 2"', 'cache ttl=1h'] });
  await expect.poll(told).toBe('1 2');
  await update(resource.address, { rules: ['cors origins=https://a.example', 'cache ttl=1h'] });
  await expect.poll(told).toBe('1 -');
  await update(resource.address, { rules: ['cache ttl=2h'] });
  await expect.poll(told).toBe('2 -');
});

it('credentials that a rule sets are the publisher’s, and make nobody’s answer personal', async () => {
  const at = await site('origin-header set="Authorization: Bearer x" set="Cookie: backend=1"');
  const path = `/${fresh()}`;
  at.says(path, of('text/plain', ['Cache-Control', 'max-age=600']));
  expect(await isKept(at, path)).toBe(true);
  expect(at.seen(path).headers).toContain('Bearer x');
  const theirs = `/${fresh()}`;
  at.says(theirs, of('text/plain', ['Cache-Control', 'max-age=600']));
  // What the viewer says under that name reaches nobody.
  expect(await isKept(at, theirs, { headers: { Authorization: 'Basic eA==' } })).toBe(true);
  expect(at.seen(theirs).headers).toContain('Bearer x');
});

it('no viewer takes from the origin what the publisher’s rules say, and what lets a viewer in ends at the edge', async () => {
  const at = await site(
    'origin-header set="X-Gate: ours"',
    'sign /members/* key=site',
    'redirect /members/old/* /new/$1',
    ...KEYS,
  );
  const path = `/${fresh()}`;
  at.says(path, of('text/plain', ['Cache-Control', 'max-age=600']));
  await at.get(path, { headers: { 'X-Hop': '1', X_Gate: 'evil' } });
  expect(at.seen(path).headers).not.toContain('evil');
  expect(at.seen(path).headers).toContain('ours');
  const grant = signed('', { path: '/members/*' });
  const posted = `/members/${fresh()}`;
  at.says(posted, of('text/plain'));
  await at.get(grantedTarget(`${posted}?a=1`, grant), { method: 'POST', body: 'x' });
  expect(at.seen(posted).target).toBe(`${posted}?a=1`);
  expect((await at.get(grantedTarget('/members/old/x', grant))).headers['location']).toBe('/new/x');
});
