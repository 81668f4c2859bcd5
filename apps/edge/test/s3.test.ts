import { VERBS } from '@media-network/rules';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OriginSettings } from '../src/origin/origin-settings.ts';
import { startBucket } from './bucket.ts';
import type { Bucket } from './bucket.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit, startRawOrigin } from './raw-http.ts';
import { script } from './scripted-origin.ts';

const KEY = { keyId: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const RULE =
  'origin https://bucket.s3.eu-central-1.amazonaws.com s3=eu-central-1 key=AKIAIOSFODNN7EXAMPLE secret=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const HOST = 'bucket.s3.eu-central-1.amazonaws.com';

/** The bucket listens here, under the name and scheme that it has in the rule. */
let port = 0;
const local = (settings: OriginSettings): OriginSettings => ({
  ...settings,
  places: settings.places.map((place) =>
    place.hostname === HOST ? { ...place, origin: `http://127.0.0.1:${port}`, hostname: '127.0.0.1' } : place,
  ),
});

let network: TestNetwork;
let hosted: Bucket;
let inPath: Bucket;
beforeAll(async () => {
  network = await startTestNetwork({ overrides: { settings: local } });
  const region = 'eu-central-1';
  [hosted, inPath] = await Promise.all([
    startBucket({ name: 'bucket', inPath: false, region, ...KEY }),
    startBucket({ name: 'media', inPath: true, region, ...KEY }),
  ]);
  port = hosted.port;
  for (const { objects } of [hosted, inPath]) {
    objects.set('index.html', { body: Buffer.from('<h1>home</h1>'), type: 'text/html' });
    objects.set('docs/index.html', { body: Buffer.from('<h1>docs</h1>'), type: 'text/html' });
    objects.set('a b+c(1)é.txt', { body: Buffer.from('odd name'), type: 'text/plain' });
    objects.set('film.mp4', { body: Buffer.alloc(100_000, 'film '), type: 'video/mp4' });
  }
});
afterAll(async () => {
  await network.close();
  await Promise.all([hosted.close(), inPath.close()]);
});
beforeEach(() => {
  for (const bucket of [hosted, inPath]) {
    bucket.seen.length = 0;
    bucket.refused.length = 0;
  }
});

const own = (...rules: readonly string[]): Promise<TestResource> =>
  network.addResource({ origin: `https://${HOST}`, rules: [RULE, ...rules] });
const minio = (...rules: readonly string[]): Promise<TestResource> => {
  const origin = `${inPath.url}/media`;
  return network.addResource({
    origin,
    rules: [`origin ${origin} s3=eu-central-1 key=${KEY.keyId} secret=${KEY.secret}`, ...rules],
  });
};

it('the rule is the one that the docs show', () => {
  expect(VERBS.flatMap(({ examples }) => examples)).toContain(
    'origin https://bucket.s3.eu-central-1.amazonaws.com s3=eu-central-1 key=AKIAIOSFODNN7EXAMPLE secret=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  );
});

describe.each([
  ['named by its host', own],
  ['named by a path', minio],
])('a bucket %s', (_name, published) => {
  it('is read with signed requests: objects, parts of them, and whether they have changed', async () => {
    const resource = await published('cache /film.mp4 ttl=1h');
    expect(String((await resource.get('/')).body)).toBe('<h1>home</h1>');
    expect(String((await resource.get('/docs/')).body)).toBe('<h1>docs</h1>');
    expect(String((await resource.get('/a%20b+c(1)%C3%A9.txt')).body)).toBe('odd name');
    const part = await resource.get('/film.mp4', { headers: { Range: 'bytes=50000-50004' } });
    expect([part.status, String(part.body), part.headers['content-range']]).toEqual([
      206,
      'film ',
      'bytes 50000-50004/100000',
    ]);
    expect((await resource.get('/film.mp4')).body.length).toBe(100_000);
    expect(isHit(await resource.get('/film.mp4'))).toBe(true);
    const head = await resource.get('/docs/index.html', { method: 'HEAD' });
    expect([head.status, head.headers['content-length']]).toEqual([200, '13']);
    const etag = head.headers['etag'] ?? '';
    const same = await resource.get('/docs/index.html', { headers: { 'If-None-Match': etag } });
    expect(same.status).toBe(304);
    expect([...hosted.refused, ...inPath.refused]).toEqual([]);
  });

  it('is asked for nothing but objects, whatever a viewer says', async () => {
    const resource = await published();
    for (const target of ['/?list-type=2', '/?acl', '/docs/?uploads', '/index.html?versionId=1&policy'])
      expect((await resource.get(target)).status).toBe(200);
    const orders = {
      'X-Amz-Acl': 'public-read',
      'x-amz-security-token': 't',
      'X-Amz-Date': '20200101T000000Z',
      Cookie: 'a=1',
      Authorization: 'AWS4-HMAC-SHA256 x',
    };
    expect(String((await resource.get('/index.html?1', { headers: orders })).body)).toBe('<h1>home</h1>');
    expect([...hosted.refused, ...inPath.refused]).toEqual([]);
    for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH']) {
      const before = hosted.seen.length + inPath.seen.length;
      const { status, headers } = await resource.get('/index.html', { method });
      expect([method, status, headers['allow']]).toEqual([method, 405, 'GET, HEAD']);
      expect(hosted.seen.length + inPath.seen.length).toBe(before);
    }
    for (const target of ['/..%2f..%2fother/x', '/%2e%2e/other/x', '/a/..%2f../x'])
      expect([target, (await resource.get(target)).status]).toEqual([target, 400]);
  });

  it('says no more in its errors than that they are', async () => {
    const resource = await published();
    const { status, body, headers } = await resource.get('/none');
    expect([status, body.length]).toEqual([404, 0]);
    expect(JSON.stringify(headers)).not.toMatch(/bucket|media\/|AKIA|amz|AmazonS3|127\.0\.0\.1|xml/i);
    const { headers: good } = await resource.get('/');
    expect(JSON.stringify(good)).not.toMatch(/bucket|AKIA|amz|AmazonS3|host-of-s3/i);
  });
});

it('a key that is not the bucket’s gets nothing', async () => {
  const origin = `${inPath.url}/media`;
  const resource = await network.addResource({
    origin,
    rules: [`origin ${origin} s3=eu-central-1 key=${KEY.keyId} secret=wrong`],
  });
  expect((await resource.get('/')).status).toBe(403);
  expect(inPath.refused).toEqual(['the signature does not match']);
});

it('a bucket stands in for a site that is down, for what can be asked of it', async () => {
  const site = await startRawOrigin();
  script(site, '/', { body: 'live', headers: [['Cache-Control', 'no-store']] });
  const resource = await network.addResource({ origin: site.url, rules: [`${RULE} backup`] });
  expect(String((await resource.get('/')).body)).toBe('live');
  await site.close();
  expect(String((await resource.get('/')).body)).toBe('<h1>home</h1>');
  expect((await resource.get('/', { method: 'DELETE' })).status).toBe(502);
  expect(hosted.seen).toEqual(['GET /index.html']);
});
