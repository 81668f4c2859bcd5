import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  decodeCommit,
  decodeCounters,
  encodePurge,
  encodeReceipt,
  resourceLabel,
  signPurge,
  signerOf,
  toHex,
  tokenHeader,
} from '@media-network/protocol';
import type { Commit } from '@media-network/protocol';
import { createKeyPairSignerFromPrivateKeyBytes, generateKeyPairSigner } from '@solana/kit';
import type { Address, KeyPairSigner } from '@solana/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../src/report/report-builder.ts';
import { createCountingClient } from './counting-client.ts';
import type { CountingClient } from './counting-client.ts';
import { randomAddress } from './fake-chain.ts';
import { startFakeGuard } from './fake-guard.ts';
import type { FakeGuard } from './fake-guard.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher } from './publisher.ts';
import { ok, request, startRawOrigin } from './raw-http.ts';
import type { RawOrigin } from './raw-http.ts';
import { handshake, switched } from './web-socket.ts';
import { selfSigned } from './tls.ts';

const PROGRAM = fileURLToPath(new URL('edge-generation.ts', import.meta.url));
/** The whole: MEDIA_UPGRADE_REQUESTS=100000. */
const REQUESTS = Number(process.env['MEDIA_UPGRADE_REQUESTS'] ?? 1_500);
const UPGRADES = Number(process.env['MEDIA_UPGRADES'] ?? 2);
const KEPT = { 'Cache-Control': 'max-age=600', ETag: '"v1"' };
const SIZES = [10, 1_000, 70_000];
/** Of the fake chain. */
const SAMPLE_SECS = 300;
const DONE = { kind: 'done', pid: expect.any(Number) };

interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  readonly httpsPort: number;
  readonly controlUrl: string;
  /** Process of the newest generation. */
  readonly newest: number;
  /** Lets a generation take over and resolves with what became of it. */
  upgrade(): Promise<{ readonly kind: string; readonly code?: string; readonly why?: string }>;
  /** The next thing that it says, after this signal. */
  next(signal?: NodeJS.Signals): Promise<Record<string, unknown>>;
  stop(): Promise<number | null>;
}

let dir: string;
let origin: RawOrigin;
let guard: FakeGuard;
let publisher: Publisher;
let resource: Address;
let host: string;
let edge: Address;
let guardAccount: Address;
let running: Running | undefined;
let facts: Record<string, unknown>;
/** Of the resource's publisher. */
let wallet: KeyPairSigner;
const clients: CountingClient[] = [];

const factsPath = (): string => join(dir, 'facts.json');
/** What generations that start from now on are told beside the rest. */
const tell = (more: Record<string, unknown>): Promise<void> =>
  writeFile(factsPath(), JSON.stringify({ ...facts, ...more }));

async function start(config: Record<string, unknown> = {}): Promise<void> {
  dir = await mkdtemp(join(tmpdir(), 'media-upgrade-'));
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const operator = await createKeyPairSignerFromPrivateKeyBytes(seed);
  guard = await startFakeGuard(7, () => operator.address);
  origin = await startRawOrigin();
  publisher = await createPublisher();
  wallet = await generateKeyPairSigner();
  [resource, edge, guardAccount] = [randomAddress(), randomAddress(), randomAddress()];
  const settings = await guard.encrypt({ origin: origin.url }, resource);
  guard.know(resource, settings);
  host = `${resourceLabel(resource, sha256)}.medianet.localhost`;
  facts = {
    operator: toHex(seed),
    epochZero: Math.floor(Date.now() / 1000) - 30 * 3600,
    edge,
    vouchKey: publisher.vouchKey,
    wallet: wallet.address,
    guard: guard.url,
    guardOperator: guard.operator,
    guardAccount,
    resource,
    settings: toHex(settings),
    config,
  };
  await tell({});
  const child = spawn(process.execPath, [PROGRAM, join(dir, 'edge'), factsPath()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  const lines: Record<string, unknown>[] = [];
  const waiting: ((line: Record<string, unknown>) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said: unknown = JSON.parse(line);
    const object = Object.fromEntries(Object.entries(said ?? {}));
    const next = waiting.shift();
    if (next === undefined) lines.push(object);
    else next(object);
  });
  const line = (): Promise<Record<string, unknown>> => {
    const held = lines.shift();
    if (held !== undefined) return Promise.resolve(held);
    return Promise.race([
      new Promise<Record<string, unknown>>((resolve) => waiting.push(resolve)),
      gone.then((code) => Promise.reject(new Error(`the edge ended with ${code}`))),
    ]);
  };
  const up = await line();
  let newest = child.pid ?? 0;
  running = {
    get newest() {
      return newest;
    },
    process: child,
    port: Number(up['port']),
    httpsPort: Number(up['httpsPort']),
    controlUrl: String(up['controlUrl']),
    async upgrade() {
      child.kill('SIGUSR2');
      const said = await line();
      const { pid } = Object.fromEntries(Object.entries(said['upgrade'] ?? {}));
      if (typeof pid === 'number') newest = pid;
      return said['upgrade'] as Awaited<ReturnType<Running['upgrade']>>;
    },
    next(signal) {
      if (signal !== undefined) child.kill(signal);
      return line();
    },
    stop() {
      child.kill('SIGTERM');
      return gone;
    },
  };
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await running?.stop();
  running = undefined;
  await guard.close();
  await origin.close();
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

const edgeNow = (): Running => {
  if (running === undefined) throw new Error('no edge runs');
  return running;
};

function viewers(count: number, sockets = 1): CountingClient[] {
  const made = Array.from({ length: count }, () => createCountingClient(edgeNow().port, host, sockets));
  clients.push(...made);
  return made;
}

/** What the edge signs of its counters. `ahead`: seconds by which its chain's clock was turned. */
async function committed(ahead: number): Promise<Commit | undefined> {
  const body = await guard.commitRequest(guardAccount, Math.floor(Date.now() / 1000) + ahead);
  const response = await fetch(`${edgeNow().controlUrl}/v1/commit`, {
    method: 'POST',
    body: new Uint8Array(body),
  });
  return decodeCommit(new Uint8Array(await response.arrayBuffer()));
}

/** What the edge has counted for the resource by now, by its own signed word: as of the next sample, to which its clock is turned. */
async function counted(): Promise<number> {
  // Asked, it books what left it until now.
  expect(await committed(0)).toBeDefined();
  process.kill(edgeNow().newest, 'SIGHUP');
  await expect.poll(() => committed(SAMPLE_SECS), { timeout: 60_000 }).toBeDefined();
  const commit = await committed(SAMPLE_SECS);
  const list = await fetch(`${edgeNow().controlUrl}/v1/counters/${toHex(commit?.root ?? new Uint8Array())}`);
  const counters = decodeCounters(new Uint8Array(await list.arrayBuffer()));
  return Number(counters?.find((each) => each.resource === resource)?.bytes ?? 0n);
}

const sum = (all: readonly CountingClient[]): number => all.reduce((total, { bytes }) => total + bytes, 0);

function publish(): void {
  for (const size of SIZES) origin.on(`/${size}`, ok('x'.repeat(size), KEPT));
  origin.on('/private', ok('mine', { 'Cache-Control': 'no-store' }));
  origin.on('/change', ok('changed'));
}

const TARGETS = ['/10', '/1000', '/70000', '/private', '/10', '/1000'];

/** Asks until told to stop, or so often; every answer must be good. Returns what failed. */
async function browse(
  client: CountingClient,
  seed: number,
  state: { left: number; done: boolean },
): Promise<string[]> {
  const failed: string[] = [];
  for (let i = seed; state.left > 0 || !state.done; i += 1) {
    state.left -= 1;
    const target = i % 50 === 0 ? '/change' : (TARGETS[i % TARGETS.length] ?? '/10');
    const options = target === '/change' ? { method: 'POST', body: 'b' } : {};
    const answer = await client.ask(target, options).catch((error: unknown) => String(error));
    if (typeof answer === 'string') failed.push(`${target} ${answer}`);
    else if (answer.status !== 200) failed.push(`${target} ${answer.status}`);
  }
  return failed;
}

describe.each([1, 2])('an edge of %i worker(s) that is taken over from', (workers) => {
  it(
    'fails no request and loses no byte, on kept connections and new ones',
    { timeout: 240_000 + REQUESTS * 10 },
    async () => {
      await start({ workers });
      publish();
      const kept = viewers(8);
      const state = { left: REQUESTS, done: false };
      const browsing = Promise.all(kept.map((client, seed) => browse(client, seed * 7, state)));
      // Beside them, viewers who come anew for each request.
      let fresh = 0;
      let freshFailed = 0;
      const coming = (async () => {
        while (state.left > 0 || !state.done) {
          state.left -= 1;
          const answer = await request(edgeNow().port, host, '/1000').catch(() => undefined);
          if (answer?.status === 200 && answer.complete) fresh += answer.bytes;
          else freshFailed += 1;
        }
      })();
      try {
        for (let i = 0; i < UPGRADES; i += 1) {
          await expect
            .poll(() => state.left, { timeout: 600_000, interval: 20 })
            .toBeLessThan((REQUESTS * (UPGRADES - i)) / (UPGRADES + 1));
          expect(await edgeNow().upgrade()).toEqual(DONE);
        }
      } catch (error) {
        state.left = 0;
        throw error;
      } finally {
        state.done = true;
      }
      const failed = (await browsing).flat();
      await coming;
      const asked = REQUESTS - state.left;
      expect(failed).toEqual([]);
      expect(freshFailed).toBe(0);
      expect(await counted()).toBe(sum(kept) + fresh);
      // Whoever came before is told to come on another connection.
      for (const client of kept) for (let i = 0; i < 2; i += 1) await client.ask('/10');
      expect(kept.reduce((all, client) => all + client.connections, 0)).toBeGreaterThanOrEqual(
        2 * kept.length,
      );
      console.log(
        `${asked} requests with ${workers} worker(s) and ${UPGRADES} upgrades: ${failed.length + freshFailed} failed, ${sum(kept) + fresh} bytes, all counted`,
      );
    },
  );
});

/** Sends a purge of a target to whoever has the control plane, until one confirms it. */
async function purged(target: string): Promise<number> {
  const body = {
    resource,
    what: [{ kind: 'target', target }] as const,
    soft: false,
    unixMs: BigInt(Date.now()),
    nonce: crypto.getRandomValues(new Uint8Array(16)),
  };
  const bytes = encodePurge(await signPurge(body, signerOf(wallet.keyPair.privateKey)));
  let tries = 0;
  await expect
    .poll(
      async () => {
        tries += 1;
        const response = await fetch(`${edgeNow().controlUrl}/v1/purge`, {
          method: 'POST',
          body: new Uint8Array(bytes),
        }).catch(() => undefined);
        await response?.body?.cancel();
        return response?.status;
      },
      { interval: 20 },
    )
    .toBe(200);
  return tries;
}

describe.each([1, 2])('purges of an edge of %i worker(s) that is taken over from', (workers) => {
  it('hold from their confirmation on, whichever generation had them', { timeout: 240_000 }, async () => {
    await start({ workers });
    const targets = Array.from({ length: 24 }, (_, i) => `/p${i}`);
    for (const target of targets)
      origin.on(target, (socket) => ok(String(origin.count(target)), KEPT)(socket));
    const ask = async (target: string): Promise<string> =>
      (await request(edgeNow().port, host, target)).body.toString();
    // Twice, so that workers have copies.
    for (const target of [...targets, ...targets]) expect(await ask(target)).toBe('1');
    const [first, second, third] = [targets.slice(0, 10), targets.slice(10, 20), targets.slice(20)];
    const during = async (some: readonly string[]): Promise<void> => {
      for (const target of some) {
        await purged(target);
        expect([target, await ask(target)]).toEqual([target, '2']);
      }
    };
    const [outcome] = await Promise.all([edgeNow().upgrade(), during(first)]);
    expect(outcome).toEqual(DONE);
    await tell({ failsLate: true });
    const [failed] = await Promise.all([edgeNow().upgrade(), during(second)]);
    expect(failed).toMatchObject({ kind: 'failed' });
    // The one that took back what it gave.
    await during(third);
    await tell({});
    expect(await edgeNow().upgrade()).toEqual(DONE);
    for (const target of targets) expect([target, await ask(target)]).not.toEqual([target, '1']);
  });
});

describe('taking over', () => {
  it('lets a slow viewer finish with the generation before, and counts what it gets', async () => {
    await start({ workers: 2 });
    const size = 60_000_000;
    publish();
    origin.on('/film', ok(Buffer.alloc(size, 'f'), KEPT));
    const slow = connect(edgeNow().port, '127.0.0.1');
    slow.write(`GET /film HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    // Reads a little at a time: who reads nothing for a minute is cut, upgrade or not.
    let got = 0;
    const reading = setInterval(() => (got += (slow.read() as Buffer | null)?.length ?? 0), 500);
    await once(slow, 'readable');
    for (let i = 0; i < 2; i += 1) expect(await edgeNow().upgrade()).toEqual(DONE);
    const others = viewers(2);
    for (const client of others) expect((await client.ask('/10')).body.length).toBe(10);
    clearInterval(reading);
    for await (const part of slow as AsyncIterable<Buffer>) got += part.length;
    expect(got).toBeGreaterThan(size);
    expect(await counted()).toBe(got + sum(others));
  });

  it('hands the local authority’s certificates on, to workers too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'media-authority-'));
    await start({ workers: 2, localAuthority: folder });
    publish();
    const ca = await readFile(join(folder, 'root.pem'), 'utf8');
    const seen = async (): Promise<readonly [boolean, string]> => {
      const socket = connectTls({ port: edgeNow().httpsPort, host: '127.0.0.1', servername: host, ca });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return [socket.authorized, fingerprint256];
    };
    const before = await seen();
    expect(before[0]).toBe(true);
    expect(await edgeNow().upgrade()).toEqual(DONE);
    // Made anew by the new generation, under the same root.
    const after = await seen();
    expect(after[0]).toBe(true);
    expect(after[1]).not.toBe(before[1]);
    await rm(folder, { recursive: true });
  });

  it('ends the WebSockets of the generation before, which come back to the new one, and counts them', async () => {
    // Long enough for whoever is still to ask on a connection from before, on a busy machine too; all are gone long before.
    await start({ workers: 2, upgradeDrainMs: 100_000 });
    publish();
    origin.on('/ws', (socket, seen) => {
      socket.removeAllListeners('data');
      // Its own side of the Close.
      socket.on('data', () => socket.end(Buffer.of(0x88, 0)));
      socket.write(switched(seen));
    });
    const [first, next] = [0, 1].map(() => connect(edgeNow().port, '127.0.0.1'));
    let text = '';
    first?.on('data', (part: Buffer) => (text += part.toString('latin1')));
    first?.write(handshake('/ws', host));
    let again = '';
    next?.on('data', (part: Buffer) => (again += part.toString('latin1')));
    // One that has been in use may be idle for a minute; one that never was is not waited for.
    next?.write(`GET /1000 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await expect.poll(() => again.length).toBeGreaterThan(1_000);
    const used = again.length;
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\n$/);
    const head = text.length;
    expect(await edgeNow().upgrade()).toEqual(DONE);
    next?.write(handshake('/ws', host));
    await expect.poll(() => text.slice(head)).toBe('\x88\x0f\x03\xe9edge/draining');
    await expect.poll(() => again.slice(used)).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\n$/);
    first?.end(Buffer.of(0x88, 0x80, 0, 0, 0, 0));
    next?.end(Buffer.of(0x88, 0x80, 0, 0, 0, 0));
    await expect.poll(() => first?.closed === true && next?.closed === true).toBe(true);
    expect(await counted()).toBe(text.length + again.length);
  });

  it('answers over HTTP/2 on connections from before, which end by GOAWAY', async () => {
    const tls = await selfSigned();
    await start({ tlsCert: tls.cert, tlsKey: tls.key, workers: 2 });
    publish();
    const failed: string[] = [];
    const seen = { answered: 0, done: false };
    const sessions = new Set<ClientHttp2Session>();
    const view = async (): Promise<void> => {
      while (!seen.done) {
        const session = connectHttp2(`https://127.0.0.1:${edgeNow().httpsPort}`, {
          rejectUnauthorized: false,
        });
        sessions.add(session);
        session.on('error', (error) => failed.push(String(error)));
        await once(session, 'remoteSettings');
        while (!seen.done && !session.closed && !session.destroyed) {
          const stream = session.request({ ':path': '/1000', ':authority': host });
          let bytes = 0;
          stream.on('data', (part: Buffer) => (bytes += part.length));
          stream.on('error', (error) => failed.push(String(error)));
          await once(stream, 'close');
          if (bytes === 1_000) seen.answered += 1;
          else failed.push(`${bytes} bytes`);
        }
        sessions.delete(session);
      }
    };
    const viewing = Promise.all([view(), view(), view()]);
    await expect.poll(() => seen.answered, { timeout: 60_000 }).toBeGreaterThan(50);
    expect(await edgeNow().upgrade()).toEqual(DONE);
    const before = seen.answered;
    await expect.poll(() => seen.answered, { timeout: 60_000 }).toBeGreaterThan(before + 50);
    seen.done = true;
    await viewing;
    for (const session of sessions) session.destroy();
    expect(failed).toEqual([]);
  });

  it('goes on with the generation before where the new one is broken, early or late, and says why', async () => {
    await start({ workers: 2 });
    publish();
    const all = viewers(4);
    const state = { left: 0, done: false };
    const browsing = Promise.all(all.map((client, seed) => browse(client, seed, state)));
    await tell({ broken: true });
    expect(await edgeNow().upgrade()).toMatchObject({ kind: 'failed', why: 'this code is broken' });
    await tell({ failsLate: true });
    expect(await edgeNow().upgrade()).toMatchObject({ kind: 'failed', why: 'this code fails late' });
    await tell({});
    expect(await edgeNow().upgrade()).toEqual(DONE);
    state.done = true;
    expect((await browsing).flat()).toEqual([]);
    expect(await counted()).toBe(sum(all));
    expect(await edgeNow().stop()).toBe(0);
  });

  it('goes on with sessions: receipts for what the generation before sent are taken, and its answers wait for them', async () => {
    await start();
    const size = 3_000_000;
    origin.on('/film', ok(Buffer.alloc(size, 'f'), KEPT));
    const hour = Math.floor((Date.now() / 1000 - Number(facts['epochZero'])) / 3600);
    const session = await publisher.session(resource, hour, { creditWindow: 1_000_000 });
    const viewer = connect(edgeNow().port, '127.0.0.1');
    viewer.write(
      `GET /film HTTP/1.1\r\nHost: ${host}\r\nMedia-Token: ${tokenHeader(session.token)}\r\nConnection: close\r\n\r\n`,
    );
    const seen = { got: 0 };
    let sequence = 0;
    viewer.on('data', (part: Buffer) => (seen.got += part.length));
    const ended = once(viewer, 'close');
    const refusals: string[] = [];
    const sign = async (): Promise<void> => {
      sequence += 1;
      const receipt = await session.receipt(edge, seen.got, sequence);
      const answer = await request(edgeNow().port, host, '/.well-known/media-network/receipts', {
        method: 'POST',
        body: Buffer.from(encodeReceipt(receipt)),
      });
      if (answer.status !== 204) refusals.push(`${answer.status} ${answer.headers['media-error']}`);
    };
    // As far as its credit goes, and no further.
    await expect.poll(() => seen.got).toBeGreaterThan(900_000);
    expect(await edgeNow().upgrade()).toEqual(DONE);
    for (let before = -1; ; before = seen.got) {
      if (seen.got >= size) break;
      await sign();
      await expect.poll(() => seen.got, { timeout: 10_000 }).toBeGreaterThan(before);
    }
    await ended;
    await sign();
    expect(refusals).toEqual([]);
    expect(await counted()).toBe(seen.got);
  });

  it('twice at once is done once, and the edge ends with its first process', async () => {
    await start();
    publish();
    edgeNow().process.kill('SIGUSR2');
    // Two signals that wait to be seen are one: by this answer the first was seen.
    expect((await request(edgeNow().port, host, '/10')).status).toBe(200);
    const first = await edgeNow().next('SIGUSR2');
    expect(first).toEqual({ refused: expect.stringContaining('taking over at this moment') });
    expect(await edgeNow().next()).toEqual({ upgrade: DONE });
    const [viewer] = viewers(1);
    expect((await viewer?.ask('/10'))?.status).toBe(200);
    expect(await edgeNow().stop()).toBe(0);
    await expect(request(edgeNow().port, host, '/10')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is given up where the edge is told to end meanwhile', async () => {
    await start();
    edgeNow().process.kill('SIGUSR2');
    expect(await edgeNow().stop()).toBe(0);
  });
});
