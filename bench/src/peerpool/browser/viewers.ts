import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { launchChromium } from '../../machine/chromium.ts';
import { cpuSeconds, processTree } from '../../machine/process-tree.ts';
import { READ_VIEW } from './page.ts';
import type { View } from './page.ts';

/** Only what hangs takes longer. */
const WAIT_MS = 120_000;

/** One viewer: a page in a context of its own, with an empty cache. */
export interface Viewer {
  begin(what: object): Promise<void>;
  read(): Promise<View>;
}

/** A browser of its own for one run. */
export interface Viewers {
  /** Processor time that the browser has used, in seconds. */
  cpu(): number;
  open(url: string, script?: string): Promise<Viewer>;
  close(): Promise<void>;
}

/** Rejects with `bench/tools-missing` where there is no Chromium. */
export async function openViewers(): Promise<Viewers> {
  const server = await launchChromium(WAIT_MS);
  const browser = await chromium.connect(server.wsEndpoint());
  const pid = server.process().pid ?? 0;
  return {
    cpu: () => cpuSeconds(processTree(pid)),
    async open(url, script) {
      const context = await browser.newContext();
      context.setDefaultTimeout(WAIT_MS);
      const page: Page = await context.newPage();
      if (script !== undefined) await page.addInitScript(script);
      await page.goto(url, { waitUntil: 'load' });
      return {
        begin: (what) => page.evaluate(`void window.begin(${JSON.stringify(what)})`),
        read: () => page.evaluate<View>(READ_VIEW),
      };
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
