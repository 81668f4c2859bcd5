import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startContentNginx } from './content-nginx.ts';
import { startContentOrigin } from './content-origin.ts';
import { startCounter } from './counter.ts';
import type { Counter } from './counter.ts';
import { makeFilm } from './film.ts';
import { PAGE, VIEW_SCRIPT, hostileScript } from './page.ts';
import type { View } from './page.ts';
import { installRival } from './rival.ts';
import type { Rival } from './rival.ts';
import { medianRow, rowOf } from './rows.ts';
import type { BrowserRow, RunFacts } from './rows.ts';
import { plansOf } from './scenarios.ts';
import type { Plan, ScenarioName } from './scenarios.ts';
import { openViewers } from './viewers.ts';

/** A CDN in front of the content: where players point at, and which `Host` it wants. */
export interface ContentServer {
  readonly url: string;
  readonly host: string;
  /** Trackers of pages beside it; without, it gives passes itself. */
  readonly trackers?: readonly string[];
  close(): Promise<void>;
}

export interface BrowserBenchOptions {
  readonly scenarios: readonly ScenarioName[];
  /** Audiences of the live scenario. */
  readonly viewers: readonly number[];
  /** Length of a run. */
  readonly seconds: number;
  /** Of each row, of which the median counts. */
  readonly runs: number;
  /** Starts an edge in front of an origin. */
  readonly startEdge: (origin: string) => Promise<ContentServer>;
  /** Starts a tracker for pages of a host, which are beside a CDN that knows nothing of PeerPool. */
  readonly startTracker: (host: string) => Promise<{ readonly url: string; close(): Promise<void> }>;
  /** PeerPool's script, as pages get it. */
  readonly script: Uint8Array;
  readonly say: (line: string) => void;
}

/** Plays each scenario in Chromium with each library, one run after the other, and counts what the server sent. */
export async function benchBrowsers(options: BrowserBenchOptions): Promise<BrowserRow[]> {
  const plans = plansOf(options.scenarios, options.viewers);
  const { say } = options;
  const film = await makeFilm(Math.ceil(options.seconds / 2) + 30);
  const rival = plans.some(({ side }) => side.library === 'rival') ? await installRival(say) : undefined;
  const assets = await assetsOf(rival, options.script);
  await using stack = new AsyncDisposableStack();
  const origin = await startContentOrigin(film, () => performance.now());
  stack.defer(() => origin.close());
  const counter = await startCounter((path) => assets.get(path));
  stack.defer(() => counter.close());
  const servers = new Map<Plan['server'], ContentServer>();
  for (const name of new Set(plans.map(({ server }) => server))) {
    const server = name === 'edge' ? await options.startEdge(origin.url) : await beside(origin.url, options);
    stack.defer(() => server.close());
    servers.set(name, server);
  }
  const tracker = await rival?.startTracker();
  if (tracker !== undefined) stack.defer(() => tracker.close());
  const stage: Stage = { counter, servers, rivalTracker: tracker?.url, seconds: options.seconds };
  const rows: BrowserRow[] = [];
  for (const plan of plans) {
    const { scenario, viewers, side } = plan;
    const facts: RunFacts[] = [];
    for (let i = 0; i < options.runs; i += 1) {
      say(`${scenario}, ${side.name}, ${viewers} viewers ...`);
      facts.push(await run(plan, stage));
    }
    const row = medianRow(facts.map((each) => rowOf(plan, each)));
    say(JSON.stringify(row));
    rows.push(row);
  }
  return rows;
}

/** nginx, and a tracker of the publisher's own beside it. */
async function beside(
  origin: string,
  { startTracker, say }: Pick<BrowserBenchOptions, 'startTracker' | 'say'>,
): Promise<ContentServer> {
  const nginx = await startContentNginx(origin, say);
  try {
    // The host of the pages: what counts stands before nginx.
    const tracker = await startTracker('127.0.0.1');
    const close = async (): Promise<void> => void (await Promise.all([tracker.close(), nginx.close()]));
    return { ...nginx, trackers: [tracker.url], close };
  } catch (error) {
    await nginx.close();
    throw error;
  }
}

interface Stage {
  readonly counter: Counter;
  readonly servers: ReadonlyMap<Plan['server'], ContentServer>;
  readonly rivalTracker: string | undefined;
  readonly seconds: number;
}

let runs = 0;

async function run(plan: Plan, stage: Stage): Promise<RunFacts> {
  const { counter } = stage;
  const server = stage.servers.get(plan.server);
  if (server === undefined) throw new Error(`there is no ${plan.server}`);
  const { library, setup } = plan.side;
  // Of its own, so that nothing of it is in a cache, and nobody of another run in its swarm.
  runs += 1;
  const content = new URL(`/${plan.kind}/${runs}/master.m3u8`, counter.url).href;
  counter.pointTo(server);
  const browser = await openViewers();
  try {
    const opened = [];
    for (let i = 0; i < plan.viewers; i += 1) {
      const script = i === 0 && plan.hostile !== undefined ? hostileScript(plan.hostile) : undefined;
      opened.push(await browser.open(new URL('/bench/viewer', counter.url).href, script));
    }
    counter.begin();
    const cpuBefore = browser.cpu();
    const begunMs = performance.now();
    const passedMs = (): number => performance.now() - begunMs;
    for (const [i, viewer] of opened.entries()) {
      await sleep(i * plan.joinEveryMs - passedMs());
      const player = { ...plan.player?.(i), ...setup.player };
      const own = { ...setup, player, tracker: stage.rivalTracker, trackers: server.trackers };
      await viewer.begin({ side: library, content, setup: own });
    }
    await sleep(stage.seconds * 1_000 - passedMs());
    const counted = counter.read();
    const views: View[] = await Promise.all(opened.map((viewer) => viewer.read()));
    return { counted, views, cpuSeconds: browser.cpu() - cpuBefore, seconds: passedMs() / 1_000 };
  } finally {
    await browser.close();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

async function assetsOf(
  rival: Rival | undefined,
  script: Uint8Array,
): Promise<ReadonlyMap<string, { readonly type: string; readonly body: Uint8Array | string }>> {
  const type = 'text/javascript; charset=utf-8';
  const hls = await readFile(fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js')));
  return new Map([
    ['/bench/viewer', { type: 'text/html; charset=utf-8', body: PAGE as Uint8Array | string }],
    ['/bench/view.js', { type, body: VIEW_SCRIPT }],
    ['/bench/hls.js', { type, body: hls }],
    ['/bench/peerpool.js', { type, body: script }],
    ['/bench/rival-core.js', { type, body: rival?.core ?? '' }],
    ['/bench/rival-hlsjs.js', { type, body: rival?.hlsjs ?? '' }],
  ]);
}
