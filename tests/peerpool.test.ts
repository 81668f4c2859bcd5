import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_MS, hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { until } from './harness/processes.ts';

const FLAGS = [
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** What a page says of itself. */
interface Viewing {
  readonly time: number;
  readonly error: string | null;
  readonly fatal: number;
  readonly loaded: Readonly<Record<string, string>>;
  readonly edgeBytes: number;
  readonly peerBytes: number;
  readonly uploadBytes: number;
  readonly cut: number;
  readonly peers: readonly { readonly id: string }[];
  readonly self: string;
}

const LOOK = `(() => {
  const stats = window.sharing?.pools[0]?.stats;
  const video = document.querySelector('video');
  return { time: video.currentTime, error: video.error?.message ?? null, fatal: window.fatal, loaded: window.loaded, ...stats };
})()`;

/** Plays the sample's film with sharing, and writes down what the player was given, in a page that has nothing else. */
const PLAYER = `(() => {
  document.body.innerHTML = '<video id="player" muted playsinline width="320"></video>';
  const player = document.getElementById('player');
  window.loaded = {}; window.fatal = 0;
  window.begin = (waits) => {
    window.sharing = MediaPeerPool.install(Hls);
    // Without a worker the bytes stay here, to be looked at.
    const hls = new Hls({ enableWorker: false, maxBufferLength: 12, maxMaxBufferLength: 12, maxBufferSize: 0, startLevel: 0, autoLevelCapping: 0 });
    hls.on(Hls.Events.FRAG_LOADED, async (_event, { frag, payload }) => {
      if (frag.sn === 'initSegment') return;
      const hash = await crypto.subtle.digest('SHA-256', payload.slice(0));
      window.loaded[new URL(frag.url).pathname] = [...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, '0')).join('');
    });
    hls.on(Hls.Events.ERROR, (_event, data) => { if (data.fatal) window.fatal += 1; });
    // One that is to get something from others loads its first segment, and goes on when it is connected.
    if (waits) hls.once(Hls.Events.FRAG_BUFFERED, () => hls.stopLoad());
    window.goOn = () => { hls.startLoad(); player.play(); };
    hls.loadSource('/hls/master.m3u8');
    hls.attachMedia(player);
    if (!waits) player.play();
  };
})()`;

/** Every piece of a segment that this viewer sends has a bit that is wrong: kind 4 of the wire's version 1. */
const CORRUPTS = `(() => {
  const { send } = RTCDataChannel.prototype;
  window.corrupted = 0;
  RTCDataChannel.prototype.send = function (data) {
    if (data[0] === 0x14) { data = data.slice(); data[data.length - 1] ^= 1; window.corrupted += 1; }
    return send.call(this, data);
  };
})()`;

/** What a viewer does to others, counted in `harms`. Kinds 4 and 5 of the wire's version 1 are pieces and refusals. */
const HARMS = {
  'says what it has and answers nothing': `(() => {
    const { send } = RTCDataChannel.prototype;
    window.harms = 0;
    RTCDataChannel.prototype.send = function (data) {
      if (data[0] === 0x14 || data[0] === 0x15) window.harms += 1;
      else send.call(this, data);
    };
  })()`,
  'sends a piece in ten seconds': `(() => {
    const { send } = RTCDataChannel.prototype;
    window.harms = 0;
    RTCDataChannel.prototype.send = function (data) {
      if (data[0] !== 0x14) return send.call(this, data);
      window.harms += 1;
      setTimeout(() => { if (this.readyState === 'open') send.call(this, data); }, 10_000 * window.harms);
    };
  })()`,
};

const look = (page: Page): Promise<Viewing> => page.evaluate<Viewing>(LOOK);
const begin = (page: Page): Promise<unknown> => page.evaluate('void window.begin(false)');

/** Begins when it is connected with another viewer. */
async function beginBeside(page: Page): Promise<void> {
  await page.evaluate('void window.begin(true)');
  await until('a peer', BROWSER_MS, async () => ((await look(page)).peers?.length === 1 ? true : undefined));
  await page.evaluate('void window.goOn()');
}

const playedTo = (page: Page, seconds: number): Promise<Viewing> =>
  until(`playback past ${seconds} s`, BROWSER_MS, async () => {
    const now = await look(page);
    return now.time > seconds ? now : undefined;
  });

describe.skipIf(!hasBrowser)('viewers in real browsers', () => {
  let network: Devnet;
  let browser: Browser;

  beforeAll(async () => {
    network = await createDevnet({ edges: 1 });
    browser = await launchBrowser(FLAGS);
  });
  afterAll(async () => {
    await browser?.close();
    await network?.close();
  });

  async function viewer(script?: string): Promise<Page> {
    const page = patient(await browser.newPage());
    if (script !== undefined) await page.addInitScript(script);
    // From the edge itself: to a page that came from nowhere browsers open no way to this machine.
    await page.goto(new URL('/style.css', network.url).href, { waitUntil: 'load' });
    for (const path of ['/hls.min.js', '/.well-known/media-network/peerpool.js'])
      await page.addScriptTag({ url: new URL(path, network.url).href });
    await page.evaluate(PLAYER);
    return page;
  }
  /** What the origin has, by target. */
  function wrongBytes({ loaded }: Viewing): string[] {
    return Object.entries(loaded)
      .filter(([target, hash]) => network.origin?.files.get(target)?.sha256 !== hash)
      .map(([target]) => target);
  }

  test('carry the film to each other, every byte right', async () => {
    const first = await viewer();
    await begin(first);
    await playedTo(first, 4);
    const second = await viewer();
    await beginBeside(second);
    const taking = await until('bytes of a peer', BROWSER_MS, async () => {
      const now = await look(second);
      return now.peerBytes > 0 ? now : undefined;
    });
    expect(taking.peers).toHaveLength(1);
    for (const page of [first, second]) {
      const view = await playedTo(page, 10);
      expect(view).toMatchObject({ error: null, fatal: 0, cut: 0 });
      expect(wrongBytes(view)).toEqual([]);
      expect(Object.keys(view.loaded).length).toBeGreaterThan(5);
    }
    // Bytes that one got the other gave.
    expect((await look(first)).uploadBytes).toBeGreaterThanOrEqual(taking.peerBytes);
    await Promise.all([first.close(), second.close()]);
  });

  test('cut who sends wrong bytes with the first of them, and play on', async () => {
    const liar = await viewer(CORRUPTS);
    await begin(liar);
    await playedTo(liar, 3);
    const honest = await viewer();
    await beginBeside(honest);
    await until('the liar to be cut', BROWSER_MS, async () =>
      (await look(honest)).cut > 0 ? true : undefined,
    );
    const view = await playedTo(honest, 8);
    // Nobody else is there to get anything from.
    expect(view).toMatchObject({ error: null, fatal: 0, cut: 1, peerBytes: 0, peers: [] });
    expect(wrongBytes(view)).toEqual([]);
    // The longest segment is six pieces: what was sent is of one, and there was no second.
    expect(await liar.evaluate<number>('window.corrupted')).toBeLessThanOrEqual(6);
    await Promise.all([liar.close(), honest.close()]);
  });

  test.each(Object.entries(HARMS))('play on beside one that %s', async (_what, harms) => {
    const harmful = await viewer(harms);
    await begin(harmful);
    await playedTo(harmful, 3);
    const honest = await viewer();
    await beginBeside(honest);
    await until('it to be asked', BROWSER_MS, async () =>
      (await harmful.evaluate<number>('window.harms')) > 0 ? true : undefined,
    );
    // All that it has comes from the edge: of a segment of a few pieces none arrives in time.
    const view = await playedTo(honest, 8);
    expect(view).toMatchObject({ error: null, fatal: 0, cut: 0, peerBytes: 0 });
    expect(wrongBytes(view)).toEqual([]);
    await Promise.all([harmful.close(), honest.close()]);
  });
});
