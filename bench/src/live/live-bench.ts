import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { launchChromium } from '../machine/chromium.ts';
import { comesTo } from './comes-to.ts';
import { LIVE_SCRIPT, delaysOf } from './live-page.ts';
import type { LiveView } from './live-page.ts';
import { sendNumberedPicture } from './numbered-picture.ts';
import type { NumberedPicture } from './numbered-picture.ts';

export const LIVE_MODES = ['2s', '1s', 'll', 'abr'] as const;
export type LiveMode = (typeof LIVE_MODES)[number];

/** A server behind an edge. */
export interface LiveStage {
  /** Where encoders send to, with the key. */
  readonly rtmpUrl: string;
  /** Of the edge; the channel's playlist is `/live/live/index.m3u8`. */
  readonly url: string;
  close(): Promise<void>;
}

export interface LiveSetting {
  readonly segmentMs: number;
  readonly partMs: number;
  /** As `--ladder`. */
  readonly ladder: string;
}

export interface LiveRow {
  readonly mode: LiveMode;
  /** Seconds from the first picture to a playlist at the edge. */
  readonly liveAfterS: number;
  /** Seconds from a picture's making to the screen: the median, and what 95 of 100 do not exceed. */
  readonly captureToScreenS: number | null;
  readonly p95S: number | null;
  readonly stalls: number;
  /** Lines of the best quality that was played, and of the last one on a narrow line. */
  readonly topRung: number | null;
  readonly narrowRung: number | null;
  /** Bytes that came from the other viewer. */
  readonly peerBytes: number;
  readonly frames: number;
}

const SETTINGS: Readonly<Record<LiveMode, LiveSetting>> = {
  '2s': { segmentMs: 2_000, partMs: 400, ladder: 'off' },
  '1s': { segmentMs: 1_000, partMs: 400, ladder: 'off' },
  ll: { segmentMs: 2_000, partMs: 200, ladder: 'off' },
  abr: { segmentMs: 2_000, partMs: 400, ladder: '240,144' },
};
const BITS_PER_SECOND = 1_500_000;
/** Between what the smallest quality takes and what the next one does. */
const NARROW_BITS_PER_SECOND = 400_000;
const WAIT_MS = 180_000;

/** Each mode with two viewers that share, in Chromium, through an edge: what the first of them sees is what counts. */
export async function benchLive(options: {
  readonly modes: readonly LiveMode[];
  readonly seconds: number;
  readonly start: (setting: LiveSetting) => Promise<LiveStage>;
  readonly say: (line: string) => void;
}): Promise<LiveRow[]> {
  const rows: LiveRow[] = [];
  for (const mode of options.modes) {
    options.say(`${mode} ...`);
    const row = await run(mode, options);
    options.say(JSON.stringify(row));
    rows.push(row);
  }
  return rows;
}

async function run(
  mode: LiveMode,
  { seconds, start }: Pick<Parameters<typeof benchLive>[0], 'seconds' | 'start'>,
): Promise<LiveRow> {
  await using stack = new AsyncDisposableStack();
  const setting = SETTINGS[mode];
  const stage = await start(setting);
  stack.defer(() => stage.close());
  const server = await launchChromium(WAIT_MS);
  stack.defer(() => server.close());
  const browser = await chromium.connect(server.wsEndpoint());
  const pages: Page[] = [];
  for (let i = 0; i < (mode === 'abr' ? 1 : 2); i += 1) {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(`${stage.url}/player/page.css`);
    for (const path of ['/player/hls.js', '/.well-known/media-network/peerpool.js'])
      await page.addScriptTag({ url: `${stage.url}${path}` });
    await page.evaluate(LIVE_SCRIPT);
    pages.push(page);
  }
  const [page] = pages;
  if (page === undefined) throw new Error('no page was opened');
  const picture = sendNumberedPicture(stage.rtmpUrl, {
    keySeconds: setting.segmentMs / 1_000,
    bitsPerSecond: BITS_PER_SECOND,
  });
  stack.defer(() => picture.close());
  const source = `${stage.url}/live/live/index.m3u8`;
  await until(page, `fetch(${JSON.stringify(source)}, { cache: 'no-store' }).then(({ ok }) => ok)`);
  const liveAfterS = (Date.now() - (picture.madeMs[0] ?? Date.now())) / 1_000;
  for (const each of pages) await each.evaluate(`window.watch(${JSON.stringify(source)}, ${mode === 'll'})`);
  await until(page, 'window.view.begun');
  // What a player does to begin is not what it does on air.
  await page.evaluate('void (window.view.sightings.length = 0, window.view.stalls = 0)');
  await page.waitForTimeout(seconds * 1_000);
  const seen = await page.evaluate<LiveView>('window.read()');
  const narrowRung = mode === 'abr' ? await narrow(page) : null;
  const { stalls } = await page.evaluate<LiveView>('window.read()');
  return { ...rowOf(mode, seen, picture), liveAfterS: round(liveAfterS), stalls, narrowRung };
}

function rowOf(
  mode: LiveMode,
  seen: LiveView,
  { madeMs }: NumberedPicture,
): Omit<LiveRow, 'liveAfterS' | 'narrowRung'> {
  const delays = delaysOf(seen.sightings, madeMs);
  return {
    mode,
    captureToScreenS: delays === undefined ? null : round(delays.median),
    p95S: delays === undefined ? null : round(delays.p95),
    stalls: seen.stalls,
    topRung: seen.lines.length === 0 ? null : Math.max(...seen.lines),
    peerBytes: seen.peerBytes,
    frames: seen.sightings.length,
  };
}

/** The line becomes narrow: the quality that is played when the player has come down, or none when it does not. */
async function narrow(page: Page): Promise<number | null> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 20,
    downloadThroughput: NARROW_BITS_PER_SECOND / 8,
    uploadThroughput: -1,
  });
  const before = Math.max(...(await page.evaluate<LiveView>('window.read()')).lines);
  await until(page, `document.querySelector('video').videoHeight < ${before}`, 60_000).catch(() => undefined);
  const { lines } = await page.evaluate<LiveView>('window.read()');
  const last = lines.at(-1) ?? before;
  return last < before ? last : null;
}

async function until(page: Page, what: string, ms = WAIT_MS): Promise<void> {
  if (!(await comesTo(page, what, ms))) throw new Error(`the page did not come to: ${what}`);
}

const round = (value: number): number => Math.round(value * 100) / 100;
