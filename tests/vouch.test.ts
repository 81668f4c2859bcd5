import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditReport } from '@media-network/audit';
import { createDevnet } from '@media-network/devnet';
import type { Devnet } from '@media-network/devnet';
import type { Edge } from '@media-network/edge';
import { activeIn, addressBytes, hourAt, hourWindows, parseAddress } from '@media-network/protocol';
import { createTokenSource, createViewer } from '@media-network/viewer';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditDeps } from './harness/audit.ts';
import { hasBrowser, launchBrowser, patient } from './harness/browser.ts';
import { copyExample, ensureNginx, freePort, startNginx, startNode } from './harness/examples.ts';
import { present } from './harness/network.ts';
import { field, media, scratch, startMedia, until } from './harness/processes.ts';
import type { Daemon } from './harness/processes.ts';
import { submitResource } from './harness/publish.ts';
import type { Published } from './harness/publish.ts';

/** Only what hangs takes longer. */
const WITHIN_MS = 300_000;

/** What the script of a page says of itself. */
interface Figures {
  readonly hour: string | null;
  readonly edges: readonly {
    readonly edge: string;
    readonly signed: number;
    readonly received: number;
    readonly answers: number;
  }[];
}

/** Waits until a page has signed for at least so many bytes. */
function signedFor(page: Page, bytes: number): Promise<Figures> {
  return until(`a receipt over ${bytes} bytes`, WITHIN_MS, async () => {
    const figures = await page.evaluate<Figures>('mediaVouch.figures()');
    return (figures.edges[0]?.signed ?? 0) >= bytes ? figures : undefined;
  });
}

describe('publishers that vouch for their viewers', () => {
  let network: Devnet;
  let edge: Edge;
  let folder: Awaited<ReturnType<typeof scratch>>;
  let keyFile: string;
  let vouchingKey: Uint8Array;
  let browser: Browser | undefined;
  const daemons: Daemon[] = [];
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    ensureNginx();
    folder = await scratch();
    network = await createDevnet({ periods: 'fast', edges: 1, guards: 1 });
    edge = present(network.edges[0], 'edge');
    keyFile = join(folder.dir, 'vouching-key.json');
    const made = await media(['vouch', 'key', '--key', keyFile], folder.dir);
    vouchingKey = present(parseAddress(field(made, 'vouchingKey')), 'vouching key');
    if (hasBrowser) browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    for (const daemon of daemons) await daemon.stop();
    for (const stop of stops) await stop();
    await network?.close();
    await folder?.remove();
  });

  /** `media vouch` for a resource, as a process of its own. */
  async function signer(resource: Published, port: number, more: readonly string[] = []): Promise<Daemon> {
    const daemon = startMedia(
      [
        'vouch',
        `--resource=${resource.resource}`,
        `--url=${network.rpcUrl}`,
        `--program=${network.programId}`,
        `--key=${keyFile}`,
        `--port=${port}`,
        '--json',
        ...more,
      ],
      folder.dir,
    );
    daemons.push(daemon);
    const said = await daemon.ready;
    expect(said).toMatchObject({ resource: resource.resource, made: false });
    expect(['holds', 'next hour']).toContain(said['onChain']);
    return daemon;
  }

  const at = ({ host }: Published, target = '/'): string => `http://${host}:${edge.port}${target}`;

  /** Opens a page at the edge; the browser's own cache is empty. */
  async function open(url: string): Promise<{ page: Page; problems: string[] }> {
    const context = patient(await present(browser, 'browser').newContext());
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(url, { waitUntil: 'load' });
    return { page, problems };
  }

  /** A resource with the vouching key, once guards have authorised it and its first hour has begun. */
  async function publish(origin: string): Promise<Published> {
    const published = await submitResource(network, origin, { vouchKey: vouchingKey });
    const viewer = createViewer();
    await until('the resource at the edge', WITHIN_MS, async () => {
      const found = await network.client.account('resource', published.resource);
      if (found === null || !activeIn(found, await hourNow())) return undefined;
      const answer = await viewer.get(at(published)).catch(() => undefined);
      return answer?.status === 200 ? answer : undefined;
    });
    return published;
  }

  async function hourNow(): Promise<bigint> {
    return hourAt(await network.client.config(), await network.client.chainTime());
  }

  test('nginx: a signer behind it, and a service worker that vouches for the whole page', async () => {
    const [site, port] = [await freePort(), await freePort()];
    const dir = join(folder.dir, 'nginx');
    await copyExample('nginx', dir, ['nginx.conf', 'site/index.html'], { 8088: site, 8470: port });
    const nginx = await startNginx(dir, site);
    stops.push(() => nginx.stop());
    const published = await publish(`http://127.0.0.1:${site}`);
    await signer(published, port, ['--proxies', '1', '--per-address', '20']);

    // A client of any kind: what it received is what it signed for, and what the edge counted.
    const session = await createViewer().openSession({
      tokens: createTokenSource(`http://127.0.0.1:${site}/media-token`),
      resource: published.resource,
      url: at(published),
      edge: edge.address,
    });
    const picture = await session.get('/picture.svg');
    expect([picture.status, session.signed]).toEqual([200, BigInt(picture.totalBytes)]);

    if (browser === undefined) return;
    const { page, problems } = await open(at(published));
    await page.evaluate('navigator.serviceWorker.ready');
    // The page and a picture that no cache has: neither is fetched by a script.
    await page.goto(at(published, '/?second'), { waitUntil: 'load' });
    await page.evaluate(`new Promise((resolve, reject) => {
      const picture = document.body.appendChild(new Image());
      picture.onload = resolve;
      picture.onerror = reject;
      picture.src = '/picture.svg?second';
    })`);
    const bodies = ['site/index.html', 'site/picture.svg'].map((name) => readFile(join(dir, name)));
    const size = Buffer.concat(await Promise.all(bodies)).length;
    const figures = await signedFor(page, size);
    expect(figures.edges[0]).toMatchObject({ edge: edge.address, answers: 2 });
    expect(problems).toEqual([]);
  });

  test('static: one script tag from the signer, which asks for a token and signs for what is fetched', async () => {
    const [site, port] = [await freePort(), await freePort()];
    const dir = join(folder.dir, 'static');
    await copyExample('static', dir, ['index.html'], { 8470: port });
    const files = http.createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
      readFile(join(dir, name)).then(
        (body) => response.end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => {
      files.listen(site, '127.0.0.1', resolve);
    });
    stops.push(() => new Promise((resolve) => files.close(() => resolve())));
    const published = await publish(`http://127.0.0.1:${site}`);
    await signer(published, port, ['--origin', `http://${published.host}:${edge.port}`]);
    const source = createTokenSource(`http://127.0.0.1:${port}/`, {
      headers: { origin: 'https://elsewhere.example' },
    });
    const wish = { resource: published.resource, clientKey: new Uint8Array(32), hour: undefined };
    await expect(source(wish)).rejects.toMatchObject({ context: { code: 'vouch/wrong-origin' } });

    if (browser === undefined) return;
    const { page, problems } = await open(at(published));
    const size = (await readFile(join(dir, 'picture.svg'))).length;
    const figures = await signedFor(page, size);
    expect(figures.hour).not.toBeNull();
    await page.waitForSelector('#picture svg');
    expect(problems).toEqual([]);
  });

  test('node: an app that vouches for its readers, and for nobody else', async () => {
    const port = await freePort();
    // Guards authorise a resource whose origin answers; the app needs to know which one it is.
    const before = http.createServer((_, response) => response.end());
    await new Promise<void>((resolve) => {
      before.listen(port, '127.0.0.1', resolve);
    });
    const published = await publish(`http://127.0.0.1:${port}`);
    before.closeAllConnections();
    await new Promise((resolve) => before.close(resolve));
    const periods = await network.client.config();
    const app = await startNode(port, {
      RESOURCE: published.resource,
      KEY: keyFile,
      EPOCH_ZERO: String(periods.epochZero),
      SAMPLE_SECS: String(periods.sampleSecs),
      SITE: `http://${published.host}:${edge.port}`,
    });
    stops.push(() => app.stop());
    const token = (reader: string): Promise<unknown> =>
      createTokenSource(`http://127.0.0.1:${port}/media-token?reader=${reader}`)({
        resource: published.resource,
        clientKey: addressBytes(published.resource),
        hour: undefined,
      });
    await expect(token('nobody')).rejects.toMatchObject({ context: { code: 'vouch/not-allowed' } });
    await expect(token('anna')).resolves.toMatchObject({ ceiling: 16n * 1_048_576n });

    if (browser === undefined) return;
    const first = await hourNow();
    const reader = await open(at(published, '/?reader=anna'));
    await signedFor(reader.page, 500_000);
    expect(reader.problems).toEqual([]);
    // Whoever is not signed in reads all the same: those bytes are open ones.
    const stranger = await open(at(published, '/?reader=nobody'));
    await stranger.page.waitForFunction('document.querySelector("#article").textContent.length > 500_000');
    expect(await stranger.page.evaluate<Figures>('mediaVouch.figures()')).toEqual({ hour: null, edges: [] });
    expect(stranger.problems).toEqual([]);

    // What they signed for is in the edge's report of one of these hours, and counts.
    const last = await hourNow();
    await until('the hours of the readers', WITHIN_MS, async () =>
      (await network.client.chainTime()) > hourWindows(periods, last).revealsUntil ? true : undefined,
    );
    let vouched = 0n;
    for (let hour = first; hour <= last; hour += 1n) {
      if ((await network.client.report(edge.address, hour)) === null) continue;
      const { figures, differences } = await auditReport(auditDeps(network.client), edge.address, hour);
      expect([differences, figures.decision, figures.dropped]).toEqual([[], 'full', []]);
      vouched += figures.vouched;
    }
    expect(vouched).toBeGreaterThan(500_000n);
  });
});
