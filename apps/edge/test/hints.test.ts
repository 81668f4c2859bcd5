import { afterAll, beforeAll, expect, it } from 'vitest';
import { hintedLinks } from '../src/serve/hints.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { script } from './scripted-origin.ts';

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource({ rules: ['hints /page/*'] });
});
afterAll(() => network.close());

const page = (cache: string, link: string) => ({
  headers: [
    ['Content-Type', 'text/html'],
    ['Cache-Control', cache],
    ['Link', link],
  ] as const,
  body: 'page',
});
const CSS = '</a.css>; rel=preload; as=style';
const navigates = (more: Readonly<Record<string, string>> = {}) => ({
  headers: { 'Sec-Fetch-Mode': 'navigate', ...more },
});

it('takes what a browser can begin with, and no more than it can read', () => {
  expect(
    hintedLinks([
      'Link',
      `${CSS}, <https://x.example>; rel="preconnect dns-prefetch"`,
      'link',
      '</n>; rel=next',
    ]),
  ).toEqual([CSS, '<https://x.example>; rel="preconnect dns-prefetch"']);
  expect(
    hintedLinks(['Link', Array.from({ length: 40 }, (_, i) => `</${i}>; rel=preload`).join(', ')]),
  ).toHaveLength(16);
  expect(hintedLinks(['Link', `<${'x'.repeat(3_000)}>; rel=preload`])).toEqual([]);
  expect(hintedLinks(['Link', 'nothing; rel=preload, </a>'])).toEqual([]);
});

it('is sent while the origin is asked, never with what is in the cache', async () => {
  script(network.origin, '/page/kept', page('max-age=600', CSS));
  expect((await resource.get('/page/kept', navigates())).status).toBe(200);
  await expect
    .poll(async () => (await resource.get('/page/kept', navigates())).headers['cache-status'])
    .toMatch(/; hit/);
  expect((await resource.get('/page/kept', navigates())).status).toBe(200);
});

it('follows the last answer, and ends where that says nothing', async () => {
  script(
    network.origin,
    '/page/last',
    page('no-store', CSS),
    page('no-store', '</b.css>; rel=preload'),
    page('no-store', '</n>; rel=next'),
    page('no-store', CSS),
  );
  const seen: unknown[] = [];
  for (let i = 0; i < 4; i += 1) {
    const { status, headers } = await resource.get('/page/last', navigates());
    seen.push(status === 103 ? headers['link'] : status);
  }
  expect(seen).toEqual([200, CSS, '</b.css>; rel=preload', 200]);
});

it('tells nobody what was said in private, or is chosen by a cookie that counts', async () => {
  script(network.origin, '/page/private', page('private', '</alice>; rel=preload'));
  const own = await network.addResource({ rules: ['hints', 'cache-key cookie=session'] });
  script(network.origin, '/page/session', page('no-store', '</alice>; rel=preload'));
  await resource.get('/page/private', navigates());
  expect((await resource.get('/page/private', navigates())).status).toBe(200);
  await own.get('/page/session', navigates({ Cookie: 'session=alice' }));
  expect((await own.get('/page/session', navigates({ Cookie: 'session=bob' }))).status).toBe(200);
});

it('tells nobody what was said to a viewer with a cookie, and counts its bytes', async () => {
  script(network.origin, '/page/own', page('no-store', '</of-one-viewer>; rel=preload'));
  await resource.get('/page/own', navigates({ Cookie: 'id=1' }));
  expect((await resource.get('/page/own', navigates())).status).toBe(200);
  const own = await network.addResource({ rules: ['hints'] });
  script(network.origin, '/counted', page('no-store', CSS));
  let bytes = 0;
  for (let i = 0; i < 2; i += 1) bytes += (await own.get('/counted', navigates())).bytes;
  expect(await network.counter(own.address)).toBe(bytes);
});

it('is not sent where no rule says so', async () => {
  script(network.origin, '/other', page('no-store', CSS));
  for (let i = 0; i < 2; i += 1) expect((await resource.get('/other', navigates())).status).toBe(200);
});
