import { existsSync } from 'node:fs';
import { MediaError } from '@media-network/runtime';
import { chromium } from 'playwright-core';
import type { BrowserServer } from 'playwright-core';

const CHROMIUM = process.env['MEDIA_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** A Chromium of its own, to be connected to and closed. Rejects with `bench/tools-missing` where there is none. */
export async function launchChromium(
  timeoutMs: number,
  flags: readonly string[] = [],
): Promise<BrowserServer> {
  if (!existsSync(CHROMIUM))
    throw new MediaError({
      code: 'bench/tools-missing',
      message:
        'The bench needs Chromium: run "apt-get install chromium" as root, or name it in MEDIA_CHROMIUM.',
      source: 'internal',
    });
  return chromium.launchServer({ executablePath: CHROMIUM, args: [...FLAGS, ...flags], timeout: timeoutMs });
}
