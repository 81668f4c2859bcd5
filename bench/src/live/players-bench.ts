import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../machine/chromium.ts';
import { installPackages } from '../machine/npm-packages.ts';
import { comesTo } from './comes-to.ts';
import type { LiveSetting, LiveStage } from './live-bench.ts';
import { sendNumberedPicture } from './numbered-picture.ts';

export interface PlayerRow {
  readonly player: string;
  readonly list: string;
  /** Seconds from asking for the list to the first picture; null where none came. */
  readonly startS: number | null;
  /** Of the stream, in as many seconds as it was watched from then on. */
  readonly playedS: number;
  readonly stalls: number;
  /** In the player's own words. */
  readonly errors: readonly string[];
}

const PACKAGES = ['dashjs@5.2.1', 'shaka-player@5.2.12'];
const SETTING: LiveSetting = { segmentMs: 2_000, partMs: 400, ladder: '240' };
const BITS_PER_SECOND = 1_500_000;
const WAIT_MS = 120_000;

interface Player {
  readonly name: string;
  /** Below the folder of packages. */
  readonly script: string;
  readonly list: string;
  /** Begins to play `source` in the page's `video`, and puts what goes wrong into `errors`. */
  readonly begin: string;
}
const SHAKA = `
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  player.addEventListener('error', ({ detail }) => errors.push('code ' + detail.code));
  player.attach(video).then(() => player.load(source)).catch((error) => errors.push('code ' + error.code));`;
const PLAYERS: readonly Player[] = [
  {
    name: 'dash.js 5.2.1',
    script: 'dashjs/dist/modern/umd/dash.all.min.js',
    list: 'index.mpd',
    begin: `
  const player = dashjs.MediaPlayer().create();
  player.on('error', ({ error }) => errors.push(String(error?.message ?? error)));
  player.initialize(video, source, true);`,
  },
  ...['index.mpd', 'index.m3u8'].map((list) => ({
    name: 'Shaka 5.2.12',
    script: 'shaka-player/dist/shaka-player.compiled.js',
    list,
    begin: SHAKA,
  })),
];

const page = (begin: string, source: string): string => `(() => {
  document.body.innerHTML = '<video muted autoplay playsinline width="640"></video>';
  const video = document.querySelector('video');
  const errors = [];
  const source = ${JSON.stringify(source)};
  window.view = { errors, stalls: 0, begun: false, video };
  video.addEventListener('waiting', () => { if (window.view.begun) window.view.stalls += 1; });
  video.requestVideoFrameCallback(() => { window.view.begun = true; });
  ${begin}
})()`;

/** Whether players that are not ours play what the media server makes, one after the other, through an edge. */
export async function benchPlayers(options: {
  readonly seconds: number;
  readonly start: (setting: LiveSetting) => Promise<LiveStage>;
  readonly say: (line: string) => void;
}): Promise<PlayerRow[]> {
  const { seconds, start, say } = options;
  const dir = await installPackages('players', PACKAGES, say);
  await using stack = new AsyncDisposableStack();
  const stage = await start(SETTING);
  stack.defer(() => stage.close());
  const server = await launchChromium(WAIT_MS);
  stack.defer(() => server.close());
  const browser = await chromium.connect(server.wsEndpoint());
  const picture = sendNumberedPicture(stage.rtmpUrl, {
    keySeconds: SETTING.segmentMs / 1_000,
    bitsPerSecond: BITS_PER_SECOND,
  });
  stack.defer(() => picture.close());
  const rows: PlayerRow[] = [];
  for (const player of PLAYERS) {
    const row = await play(browser, stage.url, join(dir, 'node_modules', player.script), player, seconds);
    say(JSON.stringify(row));
    rows.push(row);
  }
  return rows;
}

interface PlayerView {
  readonly begun: boolean;
  readonly at: number;
  readonly stalls: number;
  readonly errors: readonly string[];
}
const LOOK =
  '(({ begun, video, stalls, errors }) => ({ begun, at: video.currentTime, stalls, errors }))(window.view)';

async function play(
  browser: Browser,
  url: string,
  script: string,
  player: Player,
  seconds: number,
): Promise<PlayerRow> {
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    tab.setDefaultTimeout(WAIT_MS);
    await tab.goto(`${url}/player/page.css`);
    const source = `${url}/live/live/${player.list}`;
    await comesTo(
      tab,
      `fetch(${JSON.stringify(source)}, { cache: 'no-store' }).then(({ ok }) => ok)`,
      WAIT_MS,
    );
    await tab.addScriptTag({ path: script });
    const asked = performance.now();
    await tab.evaluate(page(player.begin, source));
    const begun = await comesTo(tab, 'window.view.begun || window.view.errors.length > 0', WAIT_MS);
    const before = await tab.evaluate<PlayerView>(LOOK);
    const startS = begun && before.begun ? Math.round(performance.now() - asked) / 1_000 : null;
    await tab.waitForTimeout(seconds * 1_000);
    const after = await tab.evaluate<PlayerView>(LOOK);
    return {
      player: player.name,
      list: player.list,
      startS,
      playedS: Math.round((after.at - before.at) * 10) / 10,
      stalls: after.stalls,
      errors: after.errors,
    };
  } finally {
    await context.close();
  }
}
