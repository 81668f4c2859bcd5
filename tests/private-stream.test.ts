import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import { silentLog, systemClock } from '@media-network/runtime';
import { createMediaServer, sendTestPicture } from '@media-network/server';
import type { MediaServer, Supervised } from '@media-network/server';
import { parseServerConfig } from '@media-network/server/config';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_MS, hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { until } from './harness/processes.ts';

describe.skipIf(!hasBrowser)('a private channel through an edge', () => {
  let dir = '';
  let server: MediaServer;
  let picture: Supervised;
  let network: Devnet;
  let browser: Browser;
  /** The same file for the browser, and for what resolves no name below localhost. */
  const named = (path: string): string => new URL(path, network.url).href;
  const at = (path: string): string => {
    const url = new URL(path, network.url);
    url.hostname = '127.0.0.1';
    return url.href;
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'media-private-'));
    const flags = {
      dir,
      port: '0',
      rtmpPort: '0',
      channels: 'live,other',
      private: 'live,other',
      segmentMs: '1000',
      ladder: 'off',
      keySegments: '3',
    };
    server = await createMediaServer(parseServerConfig({ env: {}, flags }), { log: silentLog });
    const deps = { clock: systemClock, log: silentLog, name: 'test picture' };
    picture = await sendTestPicture(`${server.rtmpUrl}/${server.channels[0]?.key}`, deps);
    network = await createDevnet({
      origin: server.url,
      originRules: ['live /live/*', 'peerpool script'],
      edges: 1,
    });
    browser = await launchBrowser(['--autoplay-policy=no-user-gesture-required']);
  });
  afterAll(async () => {
    await browser?.close();
    await network?.close();
    await picture?.close();
    await server?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const linkTo = (channel: string, seconds: number): string =>
    `?link=${server.link(channel, Math.floor(Date.now() / 1_000) + seconds)}`;

  test('plays for whoever has its link, and says why not to others', async () => {
    const link = linkTo('live', 3_600);
    await until('the stream', BROWSER_MS, async () =>
      (await fetch(at(`/live/live/index.m3u8${link}`))).ok ? true : undefined,
    );
    const page = await patient(await browser.newContext()).newPage();
    await page.goto(named(`/watch/live${link}`));
    // Some keys of it, each asked for with the link.
    const keys = new Set<string>();
    page.on('request', (request) => {
      if (request.url().includes('.key')) keys.add(request.url());
    });
    await until('pictures', BROWSER_MS, async () =>
      (await page.evaluate<number>("document.querySelector('video').currentTime")) > 5 ? true : undefined,
    );
    expect(keys.size).toBeGreaterThanOrEqual(2);
    for (const key of keys) expect(key).toContain(link);
    expect(await page.evaluate("document.querySelector('#shares').hidden")).toBe(true);
    await page.close();

    const said = async (query: string, sentence: string): Promise<void> => {
      const other = await patient(await browser.newContext()).newPage();
      await other.goto(named(`/watch/live${query}`));
      await until(sentence, BROWSER_MS, async () =>
        (await other.evaluate<string>("document.querySelector('#note').textContent")) === sentence
          ? true
          : undefined,
      );
      await other.close();
    };
    await said('', 'Only those who have a link may watch this.');
    await said(linkTo('live', -1), 'That link has expired.');
    await said(linkTo('other', 3_600), 'That link opens nothing here.');
  });

  test('is kept by edges where it is of no use without a key, and nowhere else', async () => {
    const link = linkTo('live', 3_600);
    const list = `/live/live/video.m3u8`;
    const found = await (await fetch(at(list + link))).text();
    const key = /URI="(video-\d+\.key)\?/.exec(found)?.[1] ?? '';
    // Somebody who may has just been given them.
    for (const path of [list, `/live/live/${key}`]) {
      for (let i = 0; i < 2; i += 1) expect((await fetch(at(path + link))).status).toBe(200);
      expect((await fetch(at(path))).status).toBe(403);
      expect((await fetch(at(`${path}?link=`))).status).toBe(403);
      expect((await fetch(at(path + linkTo('other', 60)))).status).toBe(403);
      expect((await fetch(at(path + link))).headers.get('cache-control')).toBe('private, no-store');
    }
    // A link that is good asked first and one that is not at the same time: each gets its own.
    const both = await Promise.all([fetch(at(list + link)), fetch(at(list)), fetch(at(list + link))]);
    expect(both.map(({ status }) => status)).toEqual([200, 403, 200]);
    const segment = `/live/live/${/^video-\d+\.m4s$/m.exec(found)?.[0]}`;
    await (await fetch(at(segment))).arrayBuffer();
    expect((await fetch(at(segment))).headers.get('cache-status')).toContain('hit');
  });
});
