import { createServer, get } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDevnet, createSampleOrigin } from '@media-network/devnet';
import type { Devnet, SampleOrigin } from '@media-network/devnet';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_MS, hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { scratch, until } from './harness/processes.ts';

const FLAGS = [
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** A site as it was before anybody had heard of PeerPool. */
const SITE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A channel</title><script src="/hls.min.js"></script></head>
<body><video id="player" muted playsinline controls width="320"></video><script>
const player = document.getElementById('player');
// Whoever plays another rendition shares nothing.
const hls = new Hls({ startLevel: 0, autoLevelCapping: 0 });
hls.loadSource('/live/master.m3u8');
hls.attachMedia(player);
player.play();
</script></body></html>`;

/** Counts what comes from other viewers: pieces are kind 4 of the wire's version 1. */
const COUNTS = `(() => {
  window.piecesBytes = 0;
  const listen = (channel) => channel.addEventListener('message', ({ data }) => {
    if (new Uint8Array(data)[0] === 0x14) window.piecesBytes += data.byteLength;
  });
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (...given) {
    const channel = createDataChannel.apply(this, given);
    listen(channel);
    return channel;
  };
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener('datachannel', ({ channel }) => listen(channel));
    }
  };
})()`;

interface Watching {
  readonly time: number;
  readonly error: string | null;
  readonly piecesBytes: number;
}
const WATCHING = `(() => {
  const video = document.querySelector('video');
  return { time: video.currentTime, error: video.error?.message ?? null, piecesBytes: window.piecesBytes };
})()`;

describe.skipIf(!hasBrowser)('a page that knows nothing of sharing, with "peerpool on"', () => {
  let sample: SampleOrigin;
  let files: Awaited<ReturnType<typeof scratch>>;
  let site: Server;
  let network: Devnet;
  let browser: Browser;

  beforeAll(async () => {
    files = await scratch();
    sample = await createSampleOrigin({ dir: files.dir });
    site = createServer((request, response) => {
      const { url = '/', headers } = request;
      if (url === '/channel.html') {
        response.writeHead(200, { 'Content-Type': 'text/html', 'Cache-Control': 'public, max-age=60' });
        response.end(SITE);
        return;
      }
      const passed = get(new URL(url, sample.url), { headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      passed.once('error', () => response.destroy());
    });
    await new Promise<void>((resolve) => {
      site.listen(0, '127.0.0.1', () => resolve());
    });
    const { port } = site.address() as AddressInfo;
    const originRules = ['live /live/*', 'peerpool on'];
    network = await createDevnet({ origin: `http://127.0.0.1:${port}`, originRules, edges: 1 });
    browser = await launchBrowser(FLAGS);
  });
  afterAll(async () => {
    await browser?.close();
    await network?.close();
    site?.closeAllConnections();
    site?.close();
    await sample?.close();
    await files?.remove();
  });

  async function viewer(): Promise<Page> {
    const page = patient(await (await browser.newContext()).newPage());
    await page.addInitScript(COUNTS);
    await page.goto(new URL('/channel.html', network.url).href, { waitUntil: 'load' });
    return page;
  }

  test('is shared by its viewers', async () => {
    const pages = [await viewer(), await viewer()];
    // The edge's script comes before the page's own.
    const [first] = pages;
    const tag = await first?.locator('script').first().getAttribute('src');
    expect(tag).toBe('/.well-known/media-network/peerpool.js');
    await until('bytes from one to the other', BROWSER_MS, async () => {
      const views = await Promise.all(pages.map((page) => page.evaluate<Watching>(WATCHING)));
      for (const { error } of views) expect(error).toBeNull();
      return views.every(({ time }) => time > 0) && views.some(({ piecesBytes }) => piecesBytes > 0)
        ? true
        : undefined;
    });
  });
});
