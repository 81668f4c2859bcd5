import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExpress } from '@media-network/express';
import type { Express } from '@media-network/express';
import { parseExpressConfig } from '@media-network/express/config';
import { silentLog } from '@media-network/runtime';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from './harness/axe.ts';
import { BROWSER_MS, hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { PAGE_WALLET } from './harness/wallet.ts';

/** Where pictures of the pages go, to be looked at; nowhere unless asked. */
const SHOTS = process.env['MEDIA_SHOTS'];
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
/** All that a page loads before it plays, gzipped. */
const MOST_FIRST_BYTES = 130_000;

/** By keys alone: tabs to what has that name, and presses it. */
async function press(
  page: Page,
  role: 'button' | 'link' | 'textbox' | 'searchbox',
  name: string | RegExp,
): Promise<void> {
  const wanted = page.getByRole(role, { name });
  await wanted.first().waitFor({ timeout: BROWSER_MS });
  for (let i = 0; i < 80; i += 1) {
    if ((await wanted.and(page.locator(':focus')).count()) > 0) {
      if (role === 'button' || role === 'link') await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`${String(name)} cannot be reached by keys`);
}

async function signIn(page: Page): Promise<void> {
  await press(page, 'button', /^Sign in$/);
  const loaded = page.waitForEvent('load');
  await press(page, 'button', 'Test Wallet');
  await loaded;
  await page.getByRole('button', { name: 'Sign out' }).waitFor({ timeout: BROWSER_MS });
}

describe.skipIf(!hasBrowser)('a platform in a real browser', () => {
  let dir: string;
  let express: Express;
  let browser: Browser;
  const problems: string[] = [];
  const ending: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'media-express-'));
    const flags = { dir, port: '0', rtmpPort: '0', segmentMs: '1000', previewSeconds: '1', ladder: 'off' };
    express = await createExpress(parseExpressConfig({ env: {}, flags }), { log: silentLog });
    browser = await launchBrowser(['--autoplay-policy=no-user-gesture-required']);
    if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true });
  });
  afterAll(async () => {
    for (const end of ending) await end();
    await browser?.close();
    await express?.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** A browser profile of somebody with a wallet. */
  async function profile(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
    const context = patient(await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', ...options }));
    await context.addInitScript(PAGE_WALLET);
    return context;
  }

  async function open(context: BrowserContext, path: string): Promise<Page> {
    const page = patient(await context.newPage());
    page.on('pageerror', (error) => problems.push(`${path}: ${error.message}`));
    page.on('console', (message) => {
      // A stream that is not there yet is asked for again, and browsers say so of each time.
      if (message.type() === 'error' && !/\/live\//.test(message.location().url))
        problems.push(`${path}: ${message.text()} ${message.location().url}`);
    });
    await page.goto(`${express.url}${path}`, { waitUntil: 'load' });
    return page;
  }

  /** From an empty profile to a key, by keys alone. Returns where to send to. */
  async function goLive(page: Page, name: string): Promise<string> {
    await signIn(page);
    await press(page, 'textbox', 'Name in addresses');
    await page.keyboard.type(name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(`The ${name} of things`);
    const loaded = page.waitForEvent('load');
    await press(page, 'button', 'Create channel');
    await loaded;
    await press(page, 'button', 'Get a stream key');
    const key = await page.getByRole('textbox', { name: 'Stream key' }).inputValue({ timeout: BROWSER_MS });
    const child = spawn(
      'ffmpeg',
      `-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=640x360:rate=15 -re -f lavfi -i sine=frequency=330:sample_rate=44100 -c:a aac -c:v libx264 -preset ultrafast -tune zerolatency -g 15 -pix_fmt yuv420p -f flv ${express.rtmpUrl}/${key}`.split(
        ' ',
      ),
      { stdio: 'ignore' },
    );
    const closed = once(child, 'close');
    ending.push(async () => {
      child.kill('SIGKILL');
      await closed;
    });
    return key;
  }

  test('two people go live, a viewer watches, chats and is timed out, by keys alone', async () => {
    const [first, second, third] = [await profile(), await profile(), await profile()];
    const studio = await open(first, '/studio');
    await goLive(studio, 'garden');
    await goLive(await open(second, '/studio'), 'workshop');

    const directory = await open(third, '/');
    await directory.getByRole('heading', { name: 'Live now' }).waitFor();
    // Pictures come by themselves, on a page that is left open.
    for (const name of ['garden', 'workshop'])
      await expect
        .poll(
          () =>
            directory.evaluate(`document.querySelector('a[href="/watch/${name}"] img')?.naturalWidth ?? 0`),
          { timeout: BROWSER_MS },
        )
        .toBe(480);
    await signIn(directory);
    await press(directory, 'link', /The garden of things/);
    const watch = directory;
    await expect
      .poll(() => watch.evaluate('document.querySelector("video")?.currentTime ?? 0'), {
        timeout: BROWSER_MS,
      })
      .toBeGreaterThan(1);
    await press(watch, 'textbox', 'Message');
    await watch.keyboard.type('Hello <b>garden</b> :heart:');
    await watch.keyboard.press('Enter');
    await watch.getByText('Hello <b>garden</b> ❤️').waitFor();

    const owner = await open(first, '/watch/garden');
    await owner.getByText('Hello <b>garden</b> ❤️').waitFor();
    await press(owner, 'button', /^Time .* out for ten minutes$/);
    await watch.getByText('may not write for a while').waitFor();
    await press(watch, 'textbox', 'Message');
    await watch.keyboard.type('Still here');
    await watch.keyboard.press('Enter');
    await watch.getByText('You may not write in this chat for a while').waitFor();
    await press(owner, 'button', /^Delete the message of/);
    await watch.getByText('This message was deleted.').waitFor();

    // Typed, and found.
    const finding = await open(third, '/');
    await press(finding, 'searchbox', 'Search channels');
    await finding.keyboard.type('works');
    await finding.getByText('1 channels found').waitFor();
    expect(await finding.getByRole('link', { name: /workshop/ }).count()).toBe(1);
    expect(problems).toEqual([]);
    await Promise.all([first, second, third].map((each) => each.close()));
  });

  test('pages are right for everybody: phone and desktop, light and dark', async () => {
    const context = await profile();
    const studio = await open(context, '/studio');
    await signIn(studio);
    await studio.getByLabel('Name in addresses').fill('attic');
    await studio.getByLabel('Title').first().fill('A room');
    const loaded = studio.waitForEvent('load');
    await studio.getByRole('button', { name: 'Create channel' }).click();
    await loaded;
    for (const [path, ready] of [
      ['/', 'Live now'],
      ['/watch/garden', 'Chat'],
      ['/audience/garden', 'Audience of garden'],
      ['/studio', 'New channel'],
      ['/components', 'Figures and tables'],
    ] as const) {
      const page = await open(context, path);
      await page.getByRole('heading', { name: ready }).waitFor();
      if (path === '/studio') {
        await page.getByText('Moderation').click();
        await page.getByText('Everybody may write.').waitFor();
      }
      if (path === '/watch/garden')
        await page.locator('.over').waitFor({ state: 'hidden', timeout: BROWSER_MS });
      for (const [size, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const seen = `${path} ${size} ${colorScheme}`;
          expect([seen, await axeViolations(page)]).toEqual([seen, []]);
          const overflow = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          expect([seen, overflow]).toEqual([seen, 0]);
          if (SHOTS !== undefined)
            await page.screenshot({
              path: join(SHOTS, `express${path.replaceAll('/', '-')}-${size}-${colorScheme}.png`),
              fullPage: true,
            });
        }
      }
      await page.close();
    }
    expect(problems).toEqual([]);
    await context.close();
  });

  test('axe finds what is wrong with a page that was broken on purpose', async () => {
    const context = await profile();
    const page = await open(context, '/');
    await page.getByRole('heading', { name: 'Channels', exact: true }).waitFor();
    await page.evaluate(
      "document.querySelector('#search').removeAttribute('aria-label'); document.querySelector('#search').removeAttribute('placeholder')",
    );
    expect((await axeViolations(page)).join()).toContain('label');
    await context.close();
  });

  test('speaks another language, whole, and loads little', async () => {
    const context = await profile({ locale: 'es-MX' });
    let bytes = 0;
    const page = patient(await context.newPage());
    page.on('response', (response) => {
      // Of the site itself; pictures of what is on air are as many as there are.
      if (!response.url().includes('/live/')) bytes += Number(response.headers()['content-length'] ?? 0);
    });
    await page.goto(express.url, { waitUntil: 'load' });
    await page.getByRole('heading', { name: 'Canales', exact: true }).waitFor();
    expect(bytes).toBeLessThan(MOST_FIRST_BYTES);
    expect(await page.evaluate('document.documentElement.lang')).toBe('es');
    await page.getByRole('combobox', { name: 'Idioma' }).selectOption('en');
    await page.getByRole('heading', { name: 'Channels', exact: true }).waitFor();
    await context.close();
  });
});
