import { mkdtemp, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectPlain, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { certificateId } from '@media-network/certificates/acme';
import { openPebble } from '@media-network/certificates/testing';
import type { Pebble, PebbleOptions } from '@media-network/certificates/testing';
import { proofName, proofText } from '@media-network/protocol';
import type { Clock } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { Agent, fetch as fetchWith } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { ok, parseResponse, request, requestText } from './raw-http.ts';

const SHOP = 'shop.example';
let pebble: Pebble;
let network: TestNetwork;
beforeEach(async () => {
  pebble = await openPebble();
});
afterEach(async () => {
  await network?.close();
  await pebble?.close();
});

async function start(
  config: Record<string, unknown> = {},
  options: Partial<PebbleOptions> & { readonly clock?: Clock; readonly random?: () => number } = {},
): Promise<void> {
  const { clock, random, ...more } = options;
  network = await startTestNetwork({
    config: {
      acme: pebble.directory,
      acmeCa: pebble.caFile,
      resolver: pebble.resolver,
      httpsPort: 0,
      ...config,
    },
    overrides: { ...(clock === undefined ? {} : { clock }), ...(random === undefined ? {} : { random }) },
  });
  network.origin.on('/', ok('the shop', { 'Cache-Control': 'max-age=99' }));
  if (options.httpPort !== 0) await up(more);
}

const up = (options: Partial<PebbleOptions> = {}): Promise<void> =>
  pebble.start({ httpPort: network.edge.port, tlsPort: network.edge.httpsPort ?? 0, ...options });

const prove = ({ address }: TestResource, name = SHOP): Promise<void> =>
  pebble.dns('set-txt', { host: `${proofName(name)}.`, value: proofText(address) });

async function publish(...domains: readonly string[]): Promise<TestResource> {
  const resource = await network.addResource({ domains: [...domains] });
  for (const domain of domains) await prove(resource, domain);
  return resource;
}

function pass(socket: Socket): void {
  const onward = connectPlain(network.edge.port, '127.0.0.1');
  socket.on('error', () => onward.destroy()).pipe(onward);
  onward.on('error', () => socket.destroy()).pipe(socket);
}

/** A way to the edge for a CA's requests that lets nobody through until it is opened. */
async function heldWay(): Promise<{
  readonly port: number;
  readonly asked: Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}> {
  const waiting: Socket[] = [];
  const asked = Promise.withResolvers<void>();
  let isOpen = false;
  const server = createServer((socket) => {
    asked.resolve();
    if (isOpen) pass(socket);
    else waiting.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  return {
    port: at.port,
    asked: asked.promise,
    async open() {
      isOpen = true;
      for (const socket of waiting) pass(socket);
    },
    async close() {
      server.close();
    },
  };
}

/** Rounds of its work until it has come to something. */
async function work(): Promise<void> {
  for (const task of network.edge.tasks) if (task.name === 'certificate-orders') await task.runNow();
}

function viewOf(name = SHOP): ReturnType<TestNetwork['edge']['certificates']>[number] | undefined {
  return network.edge.certificates().find((each) => each.name === name);
}

async function until(state: string, name = SHOP): Promise<void> {
  await expect
    .poll(async () => {
      // Whoever was there while the name was still looked up comes back.
      if (viewOf(name) === undefined) await get('', name).catch(() => undefined);
      await work();
      const view = viewOf(name);
      // What stands in the way is what a failure should show.
      return view?.state === state ? state : JSON.stringify(view);
    })
    .toBe(state);
}

function get(ca: string, host = SHOP): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(
      { port: network.edge.httpsPort ?? 0, host: '127.0.0.1', servername: host, ca },
      () => socket.write(requestText(host, '/')),
    );
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => resolve(parseResponse(Buffer.concat(parts)).body.toString()));
  });
}

describe.each(['http-01', 'tls-alpn-01'])('certificates by %s', (acmeChallenges) => {
  it.each([1, 2])(
    'are had for a proven name from its first viewer on, with %d processes',
    async (workers) => {
      await start({ acmeChallenges, workers });
      await publish(SHOP);
      // Whoever comes first hears that there is none, and has it ordered.
      await expect(get('')).rejects.toMatchObject({
        code: expect.stringContaining('ALERT_HANDSHAKE_FAILURE'),
      });
      await until('served');
      const root = await pebble.root();
      await expect.poll(() => get(root).catch(String)).toBe('the shop');
      expect(viewOf()).toMatchObject({
        source: 'acme',
        issuer: expect.stringContaining('Pebble'),
        lastError: undefined,
      });
      expect(viewOf()?.untilMs).toBeGreaterThan(Date.now());
      const metrics = await (await fetch(`${network.edge.controlUrl}/metrics`)).text();
      for (const line of [
        'certificate_orders_total{outcome="issued"} 1',
        'certificates 1',
        'certificates_missing 0',
      ])
        expect(metrics).toContain(`\nmedia_edge_${line}\n`);
      expect(metrics).toMatch(/\nmedia_edge_certificate_first_end_seconds \d{10}\n/);
      // Nothing of it is anybody else's to read, and nothing of the order is left.
      const dir = join(network.dir, 'certificates');
      const files = await readdir(dir, { recursive: true, withFileTypes: true });
      for (const file of files.filter((each) => each.isFile()))
        expect([file.name, (await stat(join(file.parentPath, file.name))).mode & 0o777]).toEqual([
          file.name,
          0o600,
        ]);
      expect(await readdir(join(dir, 'orders'))).toEqual(['placed.list']);
    },
  );
});

describe('names', () => {
  it('that nobody has proven to be served here are never ordered', async () => {
    await start();
    await publish(SHOP);
    const other = await network.addResource({ domains: ['listed.example', 'x.localhost'] });
    await pebble.dns('set-txt', { host: `${proofName('proven.example')}.`, value: proofText(other.address) });
    for (const name of ['no.example', 'listed.example', 'proven.example', 'x.localhost', other.host, SHOP])
      await get('', name).catch(() => undefined);
    await until('served');
    await work();
    expect(network.edge.certificates().map(({ name }) => name)).toEqual([SHOP]);
    expect(
      (await readFile(join(network.dir, 'certificates', 'orders', 'placed.list'), 'utf8')).split('\n'),
    ).toHaveLength(1);
  });

  it.each([1, 2])(
    'that are made up cost handshakes, and neither orders nor those who come with a real one, with %d processes',
    async (workers) => {
      await start({ workers });
      await publish(SHOP);
      const port = network.edge.httpsPort ?? 0;
      const made = Array.from({ length: 600 }, (_, i) => `n${i}.${i % 3 === 0 ? 'one' : `d${i}`}.example`);
      // In waves, as fast as they are answered.
      for (let at = 0; at < made.length; at += 100)
        await Promise.all(
          made.slice(at, at + 100).map((name) =>
            expect(get('', name)).rejects.toMatchObject({
              code: expect.stringContaining('ALERT_HANDSHAKE_FAILURE'),
            }),
          ),
        );
      // What is no handshake at all, and what is half of one.
      for (const bytes of [
        'GET / HTTP/1.1\r\n\r\n',
        '\x16\x03\x01\xff\xff',
        '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00',
        '\0'.repeat(5_000),
      ]) {
        const socket = connectPlain(port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.end(Buffer.from(bytes, 'latin1'));
        await once(socket.resume(), 'close');
      }
      await expect
        .poll(async () => {
          await get('').catch(() => undefined);
          await work();
          return viewOf()?.state;
        })
        .toBe('served');
      expect(await get(await pebble.root())).toBe('the shop');
      expect(network.edge.certificates().map(({ name }) => name)).toEqual([SHOP]);
      expect(
        (await readFile(join(network.dir, 'certificates', 'orders', 'placed.list'), 'utf8')).split('\n'),
      ).toHaveLength(1);
    },
  );

  it('have what is below /.well-known/acme-challenge/ from their origin but for what is ordered here', async () => {
    await start({}, { httpPort: 0 });
    await publish(SHOP);
    network.origin.on('/.well-known/acme-challenge/of-the-origin', ok('its own'));
    const answer = await request(network.edge.port, SHOP, '/.well-known/acme-challenge/of-the-origin');
    expect(answer.body.toString()).toBe('its own');
  });
});

/** What there is of pebble's own failures (its README), and what goes wrong between an edge and any CA. */
describe('a CA that fails', () => {
  const MINUTE_MS = 60_000;

  it('throws every other nonce away, and issues all the same', async () => {
    await start({}, { env: { PEBBLE_WFE_NONCEREJECT: '50' } });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('served');
  });

  it('is not there, and is asked again after a while', async () => {
    const clock = createManualClock(Date.now());
    await start({}, { clock, httpPort: 0 });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('waiting');
    expect(viewOf()?.lastError).toMatchObject({
      code: 'certificates/acme-unreachable',
      message: expect.stringContaining(' cannot be reached: '),
    });
    await up();
    await work();
    expect(viewOf()?.state).toBe('waiting');
    clock.advance(2 * MINUTE_MS);
    await until('served');
    expect(viewOf()?.lastError).toBeUndefined();
  });

  it('does not reach the edge by one way, and is asked by the other', async () => {
    const clock = createManualClock(Date.now());
    await start({}, { clock, httpPort: 0 });
    // Nothing listens there.
    await up({ httpPort: 9 });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('waiting');
    expect(viewOf()?.lastError).toMatchObject({
      code: 'certificates/acme-failed',
      message: expect.stringMatching(/does not certify shop\.example: .*refused/),
    });
    clock.advance(4 * MINUTE_MS);
    await work();
    expect(viewOf()?.state).toBe('waiting');
    clock.advance(4 * MINUTE_MS);
    await until('served');
  });

  it('will not have one name, which is no other’s affair', async () => {
    await start({}, { blocked: ['blocked.example'] });
    await publish('blocked.example', SHOP);
    for (const name of ['blocked.example', SHOP]) await get('', name).catch(() => undefined);
    await until('served');
    await until('waiting', 'blocked.example');
    expect(viewOf('blocked.example')?.lastError).toMatchObject({
      code: 'certificates/acme-refused',
      message: expect.stringContaining('rejectedIdentifier'),
    });
  });

  it('forgets order and account, and gets others', async () => {
    const clock = createManualClock(Date.now());
    await start({}, { clock, httpPort: 0 });
    const way = await heldWay();
    await up({ httpPort: way.port });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('ordered');
    await pebble.stop();
    await way.open();
    await up();
    await until('waiting');
    clock.advance(7 * MINUTE_MS);
    await until('served');
    await way.close();
  });

  it('is asked for no more in an hour than was said', async () => {
    const clock = createManualClock(Date.now());
    const names = ['a.example', 'b.example', 'c.example'];
    await start({ acmeOrdersPerHour: 2 }, { clock });
    await publish(...names);
    for (const name of names) await get('', name).catch(() => undefined);
    await until('served', 'a.example');
    await until('served', 'b.example');
    for (let i = 0; i < 5; i += 1) await work();
    expect(viewOf('c.example')).toBeUndefined();
    // Nor after a restart.
    await network.restart({ clock });
    await pebble.stop();
    await up();
    await get('', 'c.example').catch(() => undefined);
    for (let i = 0; i < 5; i += 1) await work();
    expect(viewOf('c.example')).toBeUndefined();
    clock.advance(61 * MINUTE_MS);
    await until('served', 'c.example');
  });

  it('asks for a binding, which is named or missed', async () => {
    const kid = 'customer-1';
    const hmac = Buffer.alloc(32, 5).toString('base64url');
    const bindings = { [kid]: hmac };
    const file = join(await mkdtemp(join(tmpdir(), 'media-eab-')), 'key');
    await writeFile(file, `${hmac}\n`);
    await start({}, { bindings });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('waiting');
    expect(viewOf()?.lastError?.code).toBe('certificates/acme-needs-binding');
    await network.close();
    await pebble.stop();
    await start({ acmeEabKid: kid, acmeEabKey: file }, { bindings });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('served');
  });
});

describe('an edge that ends', () => {
  it('in the middle of an order goes on with the same one', async () => {
    await start({}, { httpPort: 0 });
    const way = await heldWay();
    await up({ httpPort: way.port });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('ordered');
    // The CA has come to look.
    await way.asked;
    // Nothing is written as it ends: this is what a kill leaves.
    await network.restart();
    expect(viewOf()?.state).toBe('ordered');
    await work();
    await way.open();
    await until('served');
    await way.close();
    expect(
      (await readFile(join(network.dir, 'certificates', 'orders', 'placed.list'), 'utf8')).split('\n'),
    ).toHaveLength(1);
  });

  it('does not start with an account’s key that is none, and replaces nothing', async () => {
    await start({}, { httpPort: 0 });
    const [account = ''] = (await readdir(join(network.dir, 'certificates'))).filter((name) =>
      name.startsWith('account-'),
    );
    const path = join(network.dir, 'certificates', account);
    const key = await readFile(path, 'utf8');
    await writeFile(path, key.slice(0, 60));
    await expect(network.restart()).rejects.toMatchObject({ code: 'certificates/account-unreadable' });
    expect(await readFile(path, 'utf8')).toBe(key.slice(0, 60));
    await writeFile(path, key);
    await network.restart();
  });

  it('serves what it had after a restart, without asking anybody', async () => {
    await start();
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('served');
    const root = await pebble.root();
    await pebble.stop();
    await network.restart();
    expect(await get(root)).toBe('the shop');
  });
});

/** pebble, with what it lacks in Debian: renewal information (RFC 9773). */
async function advisedCa(): Promise<{
  readonly directory: string;
  window: { fromMs: number; untilMs: number };
  /** Certificates that it was asked about. */
  readonly asked: string[];
  close(): Promise<void>;
}> {
  const agent = new Agent({ connect: { ca: await readFile(pebble.caFile, 'utf8') } });
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    void (async () => {
      response.setHeader('Content-Type', 'application/json');
      const [, id] = /^\/advice\/(.+)$/.exec(request.url ?? '') ?? [];
      if (id === undefined) {
        const answer = await fetchWith(pebble.directory, { dispatcher: agent });
        const directory: unknown = await answer.json();
        response.end(JSON.stringify(Object.assign({}, directory, { renewalInfo: `${at}/advice` })));
        return;
      }
      asked.push(id);
      const [start, end] = [ca.window.fromMs, ca.window.untilMs].map((ms) => new Date(ms).toISOString());
      response.setHeader('Retry-After', '3600');
      response.end(JSON.stringify({ suggestedWindow: { start, end } }));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const at = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  const now = Math.floor(Date.now() / 1000) * 1000;
  const ca = {
    directory: `${at}/dir`,
    window: { fromMs: now + 10 * 86_400_000, untilMs: now + 12 * 86_400_000 },
    asked,
    async close() {
      server.close();
      server.closeAllConnections();
      await agent.close();
    },
  };
  return ca;
}

describe('certificates by dns-01', () => {
  it('are had where a program publishes the record, for a wildcard of the zone too', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'media-hook-'));
    const [hook, calls] = [join(dir, 'hook'), join(dir, 'calls')];
    const curl = `curl -sf -X POST ${pebble.dnsUrl}`;
    const lines = [
      '#!/bin/sh',
      `echo "$1 $2" >> ${calls}`,
      `if [ "$1" = publish ]; then ${curl}/set-txt -d "{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}"`,
      `else ${curl}/clear-txt -d "{\\"host\\":\\"$2.\\"}"; fi`,
    ];
    await writeFile(hook, `${lines.join('\n')}\n`, { mode: 0o700 });
    const zone = 'edges.example';
    await start({ zone, acmeChallenges: 'dns-01', acmeDnsHook: hook });
    const resource = await publish(SHOP);
    for (const name of [SHOP, resource.host, `nobody.${zone}`]) await get('', name).catch(() => undefined);
    await until('served');
    await until('served', `*.${zone}`);
    const root = await pebble.root();
    expect(await get(root)).toBe('the shop');
    expect(await get(root, resource.host)).toBe('the shop');
    expect(
      network.edge
        .certificates()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([`*.${zone}`, SHOP]);
    const said = (await readFile(calls, 'utf8')).trim().split('\n').sort();
    expect(said).toEqual(
      ['publish', 'withdraw'].flatMap((what) =>
        [zone, SHOP].map((name) => `${what} _acme-challenge.${name}`),
      ),
    );
  });

  it('are not had by a program that fails, which is said', async () => {
    const hook = join(await mkdtemp(join(tmpdir(), 'media-hook-')), 'hook');
    await writeFile(hook, '#!/bin/sh\necho "no credentials" >&2\nexit 3\n', { mode: 0o700 });
    await start({ acmeChallenges: 'dns-01', acmeDnsHook: hook });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await expect
      .poll(async () => {
        await work();
        return viewOf()?.lastError;
      })
      .toMatchObject({
        code: 'certificates/dns-hook-failed',
        message: expect.stringContaining('no credentials'),
      });
  });
});

describe('a certificate', () => {
  const DAY_MS = 86_400_000;

  it('is renewed after half of a short life, by another key, while the one before is served', async () => {
    // The CA's clock is the machine's.
    const clock = createManualClock(Date.now());
    await start({}, { clock, random: () => 0.5, certificateSeconds: (5 * DAY_MS) / 1000 });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('served');
    const root = await pebble.root();
    const path = join(network.dir, 'certificates', `${SHOP}.pem`);
    const first = await readFile(path, 'utf8');
    await work();
    expect(viewOf()?.renewAtMs).toBeGreaterThan(clock.nowMs() + 2.4 * DAY_MS);
    clock.advance(2 * DAY_MS);
    await work();
    expect(await readFile(path, 'utf8')).toBe(first);
    clock.advance(DAY_MS);
    await expect
      .poll(async () => {
        await work();
        return (await readFile(path, 'utf8')) === first;
      })
      .toBe(false);
    const second = await readFile(path, 'utf8');
    expect(second.split('-----')[2]).not.toBe(first.split('-----')[2]);
    expect(await get(root)).toBe('the shop');
    // A CA whose clock is behind ours is not asked again and again.
    for (let i = 0; i < 5; i += 1) await work();
    expect(await readFile(path, 'utf8')).toBe(second);
  });

  it('is renewed when the CA says so, and says whom it replaces', async () => {
    const clock = createManualClock(Date.now());
    const ca = await advisedCa();
    await start({ acme: ca.directory }, { clock, random: () => 0.5 });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('served');
    const path = join(network.dir, 'certificates', `${SHOP}.pem`);
    const first = await readFile(path, 'utf8');
    await expect
      .poll(async () => {
        await work();
        return viewOf()?.renewAtMs;
      })
      .toBe((ca.window.fromMs + ca.window.untilMs) / 2);
    expect(ca.asked.at(-1)).toBe(certificateId(first));
    // Something has happened at the CA: all of these are to be renewed now.
    ca.window = { fromMs: clock.nowMs() - DAY_MS, untilMs: clock.nowMs() - DAY_MS / 2 };
    clock.advance(2 * 60 * 60_000);
    await expect
      .poll(async () => {
        await work();
        return (await readFile(path, 'utf8')) === first;
      })
      .toBe(false);
    await ca.close();
  });

  it('for a name that is no longer served is kept, and not renewed', async () => {
    const clock = createManualClock(Date.now());
    await start({}, { clock, random: () => 0.5, certificateSeconds: (5 * DAY_MS) / 1000 });
    await publish(SHOP);
    await get('').catch(() => undefined);
    await until('served');
    const path = join(network.dir, 'certificates', `${SHOP}.pem`);
    const first = await readFile(path, 'utf8');
    await pebble.dns('clear-txt', { host: `${proofName(SHOP)}.` });
    clock.advance(3 * DAY_MS);
    for (let i = 0; i < 3; i += 1) await work();
    expect(viewOf()?.state).toBe('served');
    expect(await readFile(path, 'utf8')).toBe(first);
  });
});
