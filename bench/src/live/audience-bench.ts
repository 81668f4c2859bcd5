import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../machine/chromium.ts';
import { comesTo } from './comes-to.ts';
import type { LiveSetting, LiveStage } from './live-bench.ts';
import { LIVE_SCRIPT } from './live-page.ts';
import type { LiveView } from './live-page.ts';
import { sendNumberedPicture } from './numbered-picture.ts';

/** A server behind edges that all have its name; `url` has the port of the first. */
export interface AudienceStage extends LiveStage {
  readonly edgePorts: readonly number[];
}

export interface AudienceRow {
  readonly viewers: number;
  readonly edges: number;
  /** Of pictures, that came to be while all watched. */
  readonly segments: number;
  /** How often edges wrote a segment, all together: the mean, and the most. */
  readonly meanWrites: number;
  readonly mostWrites: number;
  /** Segments by how often they were written: `{"1": 9, "2": 3}`. */
  readonly writes: Readonly<Record<string, number>>;
  readonly stalls: number;
  /** Viewers that played on to the end. */
  readonly playing: number;
}

const SETTING: LiveSetting = { segmentMs: 2_000, partMs: 400, ladder: 'off' };
const BITS_PER_SECOND = 400_000;
const WAIT_MS = 300_000;
/** What a player does to begin is not what it does on air. */
const SETTLE_MS = 20_000;
const PICTURES = /\/video-(\d+)\.m4s$/;

/**
 * Viewers in Chromium of one channel, by turns at one edge and the next, who share: how often edges write each segment. Each edge
 * has a browser of its own, in which the channel's name leads there.
 */
export async function benchAudience(options: {
  readonly viewers: number;
  readonly seconds: number;
  readonly start: (setting: LiveSetting) => Promise<AudienceStage>;
  readonly say: (line: string) => void;
}): Promise<AudienceRow> {
  const { viewers, seconds, start, say } = options;
  await using stack = new AsyncDisposableStack();
  const stage = await start(SETTING);
  stack.defer(() => stage.close());
  const host = new URL(stage.url).hostname;
  const browsers: Browser[] = [];
  for (const port of stage.edgePorts) {
    const server = await launchChromium(WAIT_MS, [`--host-resolver-rules=MAP ${host} 127.0.0.1:${port}`]);
    stack.defer(() => server.close());
    browsers.push(await chromium.connect(server.wsEndpoint()));
  }
  const picture = sendNumberedPicture(stage.rtmpUrl, {
    keySeconds: SETTING.segmentMs / 1_000,
    bitsPerSecond: BITS_PER_SECOND,
  });
  stack.defer(() => picture.close());
  const writes = new Map<number, number>();
  const pages: Page[] = [];
  for (let i = 0; i < viewers; i += 1) {
    const browser = browsers[i % browsers.length];
    if (browser === undefined) throw new Error('no edge was started');
    const page = await (await browser.newContext({ viewport: { width: 320, height: 180 } })).newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('response', (response) => {
      const number = PICTURES.exec(new URL(response.url()).pathname)?.[1];
      if (number !== undefined && response.status() === 200)
        writes.set(Number(number), (writes.get(Number(number)) ?? 0) + 1);
    });
    await page.goto(`${stage.url}/player/page.css`);
    for (const path of ['/player/hls.js', '/.well-known/media-network/peerpool.js'])
      await page.addScriptTag({ url: `${stage.url}${path}` });
    await page.evaluate(LIVE_SCRIPT);
    const source = JSON.stringify(`${stage.url}/live/live/index.m3u8`);
    await until(page, `fetch(${source}, { cache: 'no-store' }).then(({ ok }) => ok)`);
    await page.evaluate(`window.watch(${source}, false)`);
    await until(page, 'window.view.begun');
    pages.push(page);
    say(`viewer ${i + 1} of ${viewers} plays`);
  }
  const [first] = pages;
  if (first === undefined) throw new Error('no viewer was started');
  await first.waitForTimeout(SETTLE_MS);
  for (const page of pages) await page.evaluate('void (window.view.stalls = 0)');
  const from = Math.max(...writes.keys());
  const before = await timesOf(pages);
  await first.waitForTimeout(seconds * 1_000);
  const after = await timesOf(pages);
  const views = await Promise.all(pages.map((page) => page.evaluate<LiveView>('window.read()')));
  // The newest may still be asked for.
  const to = Math.max(...writes.keys()) - 2;
  const counted = [...writes].filter(([number]) => number > from && number <= to).map(([, count]) => count);
  return {
    viewers,
    edges: stage.edgePorts.length,
    segments: counted.length,
    meanWrites: Math.round((100 * counted.reduce((sum, count) => sum + count, 0)) / counted.length) / 100,
    mostWrites: Math.max(0, ...counted),
    writes: Object.fromEntries(
      [...new Set(counted)]
        .toSorted((a, b) => a - b)
        .map((count) => [count, counted.filter((each) => each === count).length]),
    ),
    stalls: views.reduce((sum, { stalls }) => sum + stalls, 0),
    playing: after.filter((time, i) => time > (before[i] ?? time) + seconds / 2).length,
  };
}

const timesOf = (pages: readonly Page[]): Promise<number[]> =>
  Promise.all(pages.map((page) => page.evaluate<number>("document.querySelector('video').currentTime")));

async function until(page: Page, what: string): Promise<void> {
  if (!(await comesTo(page, what, WAIT_MS))) throw new Error(`the page did not come to: ${what}`);
}
