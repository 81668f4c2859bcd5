import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_MS, hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { until } from './harness/processes.ts';

/** Where pictures of the pages go, to be looked at; nowhere unless asked. */
const SHOTS = process.env['MEDIA_SHOTS'];
const FLAGS = [
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

/** What the page's player does, read inside the page. */
interface Playback {
  readonly time: number;
  /** Into how many pieces what has been loaded falls: one where nothing is missing in between. */
  readonly pieces: number;
  readonly error: string | null;
  readonly height: number;
}

describe.skipIf(!hasBrowser)('the sample site in a real browser', () => {
  let network: Devnet;
  let browser: Browser;

  beforeAll(async () => {
    network = await createDevnet({ periods: 'fast', edges: 1 });
    browser = await launchBrowser(FLAGS);
    if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await network?.close();
  });

  async function open(
    path: string,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; problems: string[] }> {
    const page = patient(await browser.newPage({ viewport: DESKTOP, ...options }));
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(new URL(path, network.url).href, { waitUntil: 'load' });
    return { page, problems };
  }

  test('the stream plays through the edge: past five seconds without a gap', async () => {
    const { page, problems } = await open('/watch.html');
    await page.evaluate(`void document.querySelector('video').play()`);
    // Evaluated as text: the page has the DOM's types, this project has not.
    const look = (): Promise<Playback> =>
      page.evaluate<Playback>(`(() => {
        const video = document.querySelector('video');
        return { time: video.currentTime, pieces: video.buffered.length, error: video.error?.message ?? null, height: video.videoHeight };
      })()`);
    const playback = await until('playback past five seconds', BROWSER_MS, async () => {
      const now = await look();
      return now.time > 5 ? now : undefined;
    });
    expect(playback).toMatchObject({ pieces: 1, error: null });
    expect([180, 360]).toContain(playback.height);
    expect(problems).toEqual([]);
    expect(segmentRequests(network).size).toBeGreaterThan(2);

    // A second viewer plays what the first one has brought into the edge's cache.
    const again = await open('/watch.html');
    await again.page.evaluate(`void document.querySelector('video').play()`);
    await until('playback of the second viewer', BROWSER_MS, async () =>
      (await again.page.evaluate<number>(`document.querySelector('video').currentTime`)) > 2
        ? true
        : undefined,
    );
    expect(again.problems).toEqual([]);
    expect([...segmentRequests(network).values()].every((count) => count === 1)).toBe(true);
    await again.page.close();
    await page.close();
  });

  test('all pictures of the page load', async () => {
    const { page, problems } = await open('/');
    const pictures = await until('the pictures', BROWSER_MS, async () => {
      const found = await page.evaluate<readonly { src: string; width: number; done: boolean }[]>(`(() => {
        const pictures = [...document.images];
        for (const picture of pictures) picture.loading = 'eager';
        return pictures.map((picture) => ({ src: picture.src, width: picture.naturalWidth, done: picture.complete }));
      })()`);
      return found.every((picture) => picture.done) ? found : undefined;
    });
    expect(pictures.length).toBeGreaterThanOrEqual(3);
    for (const picture of pictures) expect(picture.width).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test.each([
    ['phone', PHONE, 'light'],
    ['phone', PHONE, 'dark'],
    ['desktop', DESKTOP, 'light'],
    ['desktop', DESKTOP, 'dark'],
  ] as const)('nothing is cut off or illegible on a %s', async (name, viewport, colorScheme) => {
    for (const path of ['/', '/watch.html']) {
      const { page } = await open(path, { viewport, colorScheme });
      const widths = await page.evaluate<{ page: number; window: number }>(
        `({ page: document.documentElement.scrollWidth, window: innerWidth })`,
      );
      expect(widths.page).toBeLessThanOrEqual(widths.window);
      expect(await page.evaluate<number>(CONTRAST)).toBeGreaterThanOrEqual(4.5);
      if (SHOTS !== undefined) {
        const file = `${path === '/' ? 'index' : 'watch'}-${name}-${colorScheme}.png`;
        await page.evaluate(`for (const picture of document.images) picture.loading = 'eager'`);
        await page.waitForLoadState('networkidle');
        await page.screenshot({ path: join(SHOTS, file), fullPage: true });
      }
      await page.close();
    }
  });

  test('by keyboard alone every link is reached, and shows it', async () => {
    for (const path of ['/', '/watch.html']) {
      const { page } = await open(path);
      const links = await page.evaluate<number>(`document.querySelectorAll('a[href]').length`);
      const seen = new Set<string>();
      for (let step = 0; step < links + 1; step += 1) {
        await page.keyboard.press('Tab');
        const focus = await page.evaluate<{ text: string; tag: string; shown: boolean }>(`(() => {
          const element = document.activeElement;
          const style = getComputedStyle(element);
          const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
          return { text: element.textContent.trim(), tag: element.tagName, shown: outlined || style.boxShadow !== 'none' };
        })()`);
        if (focus.tag !== 'A') continue;
        expect(focus).toMatchObject({ shown: true });
        seen.add(focus.text);
      }
      expect(seen.size).toBe(links);
      if (SHOTS !== undefined) {
        await page.keyboard.press('Shift+Tab');
        await page.screenshot({ path: join(SHOTS, `${path === '/' ? 'index' : 'watch'}-focus.png`) });
      }
      await page.close();
    }
  });
});

/** How often the origin was asked for each segment. */
function segmentRequests(network: Devnet): ReadonlyMap<string, number> {
  return new Map([...(network.origin?.requests ?? [])].filter(([target]) => target.endsWith('.m4s')));
}

/** Lowest contrast of text against the nearest background that is not transparent (WCAG 2.2, 1.4.3). */
const CONTRAST = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const background = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  let least = 21;
  for (const element of document.querySelectorAll('p, h1, a, figcaption, code')) {
    if (element.textContent.trim() === '') continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(background(element))];
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
})()`;
