import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

const CHROMIUM = process.env['MEDIA_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
];

/** Only what hangs takes longer: on a busy machine a browser takes its time to start, to load a page and to play. */
export const BROWSER_MS = 300_000;

export const hasBrowser: boolean = existsSync(CHROMIUM);

export function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags], timeout: BROWSER_MS });
}

/** A page, or all of a context's, that waits for what it is told to load as long as that takes. */
export function patient<T extends Page | BrowserContext>(pages: T): T {
  pages.setDefaultTimeout(BROWSER_MS);
  return pages;
}
