import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { resourceLabel } from '@media-network/protocol';
import { silentLog } from '@media-network/runtime';
import { createManualClock } from '@media-network/runtime/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../evidence/blob-roots.ts';
import { openHourBook } from '../state/hour-book.ts';
import type { EdgeHour } from '../state/hour-book.ts';
import { openHourLog } from '../state/hour-log.ts';
import { addressAt } from '../testing-accounts.ts';
import { createEdgeRequest } from './edge-request.ts';
import { createOriginBodies } from './origin-bodies.ts';
import { createOriginFetch } from './origin-fetch.ts';
import { createProbeBudget } from './probe-budget.ts';
import { createProber } from './prober.ts';
import type { ProbeOutcome, Wanted } from './prober.ts';
import { createProbeTotals } from './probe-totals.ts';
import { createTargetPool } from './target-pool.ts';

const RESOURCE = addressAt(20);
const EDGE = addressAt(21);
const PICTURE = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 11 + (i >> 8)) & 255));
const FILM = Buffer.from(Array.from({ length: 900_000 }, (_, i) => (i * 7 + (i >> 9)) & 255));
const OBJECTS: Readonly<Record<string, Buffer>> = { '/a.png': PICTURE, '/film.mp4': FILM };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function listen(handler: http.RequestListener, host = '127.0.0.1'): Promise<string> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const at = server.address();
  return `http://${host}:${typeof at === 'object' && at !== null ? at.port : 0}`;
}

/** Answers as RFC 9110 has it, ranges and conditions included. */
function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: Buffer,
  fields: http.OutgoingHttpHeaders = {},
): void {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [first, last] =
    range === null ? [0, body.length - 1] : [Number(range[1]), Math.min(Number(range[2]), body.length - 1)];
  const part = body.subarray(first, last + 1);
  const head = { etag: '"v1"', ...fields, 'content-length': part.length };
  if (request.headers['if-none-match'] === head.etag) {
    response.writeHead(304, { etag: head.etag }).end();
    return;
  }
  if (range === null) response.writeHead(200, head);
  else response.writeHead(206, { ...head, 'content-range': `bytes ${first}-${last}/${body.length}` });
  response.end(part);
}

type Serve = (request: http.IncomingMessage, response: http.ServerResponse, honest: Buffer) => void;

const honest: Serve = (request, response, body) => answer(request, response, body);

/** Other bytes under another validator: a second origin of a roll-out, or one of its edges. */
const otherBytes: Serve = (request, response, body) =>
  answer(request, response, Buffer.from(body.map((byte) => byte ^ 1)), { etag: '"b"' });
const lyingBytes: Serve = (request, response, body) =>
  answer(request, response, Buffer.from(body.map((byte) => byte ^ 2)));

/** A guard that looks `times` at an edge which serves as `edge` says; the requests that it saw are in `asked`. */
async function looked(options: {
  readonly edge?: Serve;
  readonly origin?: Serve;
  /** One more origin of the resource. */
  readonly other?: Serve;
  readonly probe?: readonly string[];
  /** Names of the publisher's own. */
  readonly domains?: readonly string[];
  readonly times: number;
  readonly budget?: number;
  /** Longest that an answer is waited for. */
  readonly edgeMs?: number;
  readonly addresses?: readonly string[];
  readonly wanted?: Wanted;
}) {
  const asked: { readonly request: http.IncomingMessage; readonly port: number; readonly from: string }[] =
    [];
  const byOrigin: http.IncomingMessage[] = [];
  let counted = 0;
  const origin = await listen((request, response) => {
    byOrigin.push(request);
    (options.origin ?? honest)(request, response, OBJECTS[request.url ?? ''] ?? Buffer.alloc(0));
  });
  const { other } = options;
  const second =
    other === undefined
      ? undefined
      : await listen((request, response) =>
          other(request, response, OBJECTS[request.url ?? ''] ?? Buffer.alloc(0)),
        );
  const endpoint = await listen((request, response) => {
    const { socket } = request;
    const before = socket.bytesWritten;
    asked.push({ request, port: socket.remotePort ?? 0, from: socket.remoteAddress ?? '' });
    response.once('finish', () => (counted += socket.bytesWritten - before));
    (options.edge ?? honest)(request, response, OBJECTS[request.url ?? ''] ?? Buffer.alloc(0));
  });
  const dir = await mkdtemp(path.join(tmpdir(), 'guard-prober-'));
  const log = await openHourLog(dir);
  const book = await openHourBook(log, (error) => {
    throw error;
  });
  const originFetch = createOriginFetch({ allowPrivate: true });
  const edges = createEdgeRequest({ allowPrivate: true });
  closing.push(
    () => originFetch.close(),
    async () => edges.close(),
    async () => {
      await log.close();
      await rm(dir, { recursive: true });
    },
  );
  const totals = createProbeTotals();
  let drawn = 0;
  const prober = createProber({
    edges,
    origin: originFetch,
    targets: createTargetPool(),
    budget: createProbeBudget(options.budget ?? 10_000_000),
    bodies: createOriginBodies(),
    book,
    totals,
    clock: createManualClock(),
    log: silentLog,
    // Over the whole range, the same in each run.
    random: () => ((drawn += 1) * 0.377) % 1,
    addresses: options.addresses ?? [],
    ...(options.edgeMs === undefined ? {} : { edgeMs: options.edgeMs }),
  });
  const outcomes: ProbeOutcome[] = [];
  const all: Wanted[] = [];
  for (let i = 0; i < options.times; i += 1) {
    const { outcome, compared } = await prober.look({
      edge: { address: EDGE, endpoint },
      resource: RESOURCE,
      settings: {
        v: 1,
        origin,
        originHost: null,
        originHeaders: [['X-Key', 'secret']],
        probe: options.probe ?? ['/a.png'],
        domains: options.domains ?? [],
        ...(second === undefined ? {} : { rules: [`origin ${second} host=b.example`] }),
      },
      zone: 'medianet.localhost',
      hour: 6n,
      withinHour: true,
      wanted: options.wanted,
    });
    outcomes.push(outcome);
    if (compared !== undefined) all.push(compared);
  }
  const seen: EdgeHour = book.of(EDGE, 6n);
  return { outcomes, compared: all, seen, asked, byOrigin, counted: () => counted, totals: totals.all() };
}

describe('a probe', () => {
  it('finds an honest edge right, and counts no more than the edge must have', async () => {
    const found = await looked({ times: 6 });
    expect(found.outcomes.filter((each) => each === 'right').length).toBeGreaterThanOrEqual(4);
    expect(found.outcomes).not.toContain('wrong');
    expect(found.seen.contacts).toEqual({ answered: 6, silent: 0 });
    const received = Number(found.seen.probed.get(RESOURCE) ?? 0n);
    expect(received).toBe(found.counted());
  });

  it('tells what it compared, and another edge can be asked for the very same', async () => {
    const film = await looked({ times: 12, probe: ['/film.mp4'] });
    const piece = film.compared.find(({ range }) => range !== undefined);
    if (piece === undefined) throw new Error('no piece was looked at');
    const again = await looked({ times: 3, probe: ['/film.mp4'], wanted: piece });
    expect(again.compared).toEqual([piece, piece, piece]);
    expect(new Set(again.seen.looks.map(({ target }) => target)).size).toBe(1);
    // Where there is no room for it, what fits is looked at.
    const small = await looked({ times: 1, probe: ['/film.mp4'], wanted: piece, budget: 3_000 });
    expect(small.compared).toEqual([]);
  });

  it.each([
    [451, 'edge/denied'],
    [451, 'edge/removed'],
    [421, 'edge/not-picked'],
    [503, 'edge/over-share'],
    [503, 'edge/paused'],
  ])(
    'takes a refusal by policy (%d %s) for an answer: no silence, and nothing said of its bytes',
    async (status, code) => {
      const { outcomes, seen } = await looked({
        times: 8,
        edge: (_, response) => response.writeHead(status, { 'Media-Error': code }).end('{"code":"x"}'),
      });
      expect(new Set(outcomes)).toEqual(new Set(['unknown']));
      expect(seen.contacts).toEqual({ answered: 8, silent: 0 });
      expect(seen.looks).toEqual([]);
      // It need not have counted what it refused with.
      expect([...seen.probed]).toEqual([]);
    },
  );

  it('sums its probes by site and path, hits as the edge says', async () => {
    let asks = 0;
    const { totals, counted, asked } = await looked({
      times: 12,
      probe: ['/a.png?v=1'],
      domains: ['shop.example'],
      edge: (request, response, body) => {
        asks += 1;
        response.setHeader(
          'Cache-Status',
          asks % 2 === 0 ? 'origin; fwd=miss, medianet; hit; ttl=9' : 'origin; hit, medianet; fwd=miss',
        );
        answer(request, response, body);
      },
    });
    expect(asked.some(({ request }) => request.headers.host?.startsWith('shop.example'))).toBe(true);
    expect(totals).toMatchObject([
      {
        edge: EDGE,
        host: `${resourceLabel(RESOURCE, sha256)}.medianet.localhost`,
        path: '/a.png',
        requests: 12,
        hits: 6,
        errors: 0,
        bytes: counted(),
      },
    ]);
  });

  it('looks like a viewer: agents, encodings, one connection for several requests, pieces of what is large', async () => {
    const { asked } = await looked({ times: 24, probe: ['/a.png', '/film.mp4'] });
    for (const { request } of asked) {
      expect(request.headers['user-agent']).toMatch(/Mozilla|AppleCoreMedia/);
      expect(request.headers.accept).toBeDefined();
      expect(request.headers['accept-encoding']).toBeDefined();
      expect(request.headers.connection).toBe('keep-alive');
      expect(request.headers.host).toMatch(
        new RegExp(`^${resourceLabel(RESOURCE, sha256)}\\.medianet\\.localhost:`),
      );
      // Nothing that says what it is.
      expect(JSON.stringify(request.headers).toLowerCase()).not.toMatch(
        /guard|probe|secret|media-network|node/,
      );
      expect(request.rawHeaders[0]).toBe('Host');
    }
    expect(new Set(asked.map(({ request }) => request.headers['user-agent'])).size).toBeGreaterThanOrEqual(3);
    expect(new Set(asked.map(({ port }) => port)).size).toBeLessThan(asked.length / 2);
    const ranges = asked.map(({ request }) => request.headers.range);
    expect(ranges).toContain(undefined);
    expect(ranges.some((range) => range !== undefined && /^bytes=\d+-\d+$/.test(range))).toBe(true);
    // Nobody asks for a part of a picture.
    for (const { request } of asked)
      if (request.url === '/a.png') expect(request.headers.range).toBeUndefined();
  });

  it('asks the origin as a browser does, with the fields of the publisher and no trace of an edge', async () => {
    const { byOrigin } = await looked({ times: 3 });
    for (const { headers } of byOrigin) {
      expect(headers['x-key']).toBe('secret');
      expect(headers['via']).toBeUndefined();
      expect(headers['user-agent']).toMatch(/Mozilla|AppleCoreMedia/);
    }
  });

  it('asks under names of the publisher’s own, and its origin by the same name', async () => {
    const { asked, byOrigin, outcomes } = await looked({ times: 24, domains: ['shop.example'] });
    const hosts = asked.map(({ request }) => (request.headers.host ?? '').replace(/:\d+$/, ''));
    const own = hosts.filter((host) => host === 'shop.example').length;
    expect(own).toBeGreaterThan(4);
    expect(hosts.length - own).toBeGreaterThan(4);
    // An origin that answers by name is asked as the edge asks it.
    const named = byOrigin.filter(({ headers }) => headers['x-forwarded-host'] === 'shop.example');
    expect(named.length).toBeGreaterThanOrEqual(own);
    expect(byOrigin.length).toBeGreaterThan(named.length);
    expect(outcomes).not.toContain('wrong');
  });

  it('finds an edge wrong that lies under a name of the publisher’s own alone', async () => {
    const found = await looked({
      times: 24,
      domains: ['shop.example'],
      edge: (request, response, body) => {
        const lies = request.headers.host?.startsWith('shop.example') === true;
        answer(request, response, lies ? Buffer.from(body).fill(120, 100, 200) : body);
      },
    });
    expect(found.outcomes).toContain('wrong');
    expect(found.outcomes).toContain('right');
  });

  it('blames no edge that has not found a name proven, and asks it once in an hour', async () => {
    const { asked, outcomes, seen, totals } = await looked({
      times: 24,
      domains: ['shop.example'],
      edge: (request, response, body) => {
        if (request.headers.host?.startsWith('shop.example') === true)
          response.writeHead(404, { 'media-error': 'edge/unknown-host' }).end('nobody here');
        else answer(request, response, body);
      },
    });
    expect(outcomes.filter((each) => each !== 'right')).toEqual(['unknown']);
    expect(asked.filter(({ request }) => request.headers.host?.startsWith('shop.example'))).toHaveLength(1);
    expect(seen.looks.every(({ finding }) => finding === 'right')).toBe(true);
    // As the edge counts it: an error of no site that it knows.
    expect(totals.filter(({ host }) => host === 'unknown')).toMatchObject([{ requests: 1, errors: 1 }]);
    expect(totals.filter(({ host }) => host !== 'unknown')).toMatchObject([{ requests: 23, errors: 0 }]);
  });

  it('comes from the addresses that it may use', async () => {
    const { asked } = await looked({ times: 12, addresses: ['127.0.0.2', '127.0.0.3'] });
    expect(new Set(asked.map(({ from }) => from))).toEqual(new Set(['127.0.0.2', '127.0.0.3']));
  });

  it('finds other bytes under the same strong validator wrong', async () => {
    const found = await looked({
      times: 6,
      edge: (request, response, body) => answer(request, response, Buffer.from(body).fill(120, 100, 200)),
    });
    expect(found.outcomes).toContain('wrong');
    expect(found.seen.looks.every(({ finding }) => finding === 'wrong')).toBe(true);
    expect(found.seen.looks.length).toBeGreaterThanOrEqual(4);
  });

  it.each([
    ['a small object', '/a.png', 10_000_000],
    ['a film, whatever range was asked for', '/film.mp4', 100_000],
    ['an object that there is room for a glance at only', '/a.png', 3_000],
  ])('looks at what is sent unasked: %s', async (_, target, budget) => {
    const lie = Buffer.alloc(2_000_000, 'not what the publisher has');
    const found = await looked({
      times: 6,
      probe: [target],
      budget,
      edge: (_request, response) => response.writeHead(200, { etag: '"v1"' }).end(lie),
    });
    expect(found.outcomes).toContain('wrong');
    // And a whole answer that is the origin's is right, however it was asked for.
    const whole = await looked({
      times: 6,
      probe: [target],
      budget,
      edge: (_request, response, body) => response.writeHead(200, { etag: '"v1"' }).end(body),
    });
    expect(whole.outcomes).not.toContain('wrong');
    expect(whole.outcomes).toContain('right');
  });

  it('does not blame an edge for another version, or for what the origin itself changes', async () => {
    const older = await looked({
      times: 4,
      edge: (request, response, body) =>
        answer(request, response, Buffer.alloc(body.length, 'x'), { etag: '"v0"', age: '5' }),
    });
    expect(older.outcomes).not.toContain('wrong');
    let version = 0;
    const changing = await looked({
      times: 4,
      origin: (request, response, body) => {
        version += 1;
        answer(request, response, Buffer.from(body).fill(version & 255, 0, 10));
      },
    });
    expect(changing.outcomes.every((each) => each === 'unknown')).toBe(true);
  });

  it('finds right what another origin of the resource has, and blames nobody where origins disagree', async () => {
    const fromOther = await looked({ times: 12, other: otherBytes, edge: otherBytes });
    expect(fromOther.outcomes).toContain('right');
    expect(fromOther.outcomes).not.toContain('wrong');
    const disagreeing = await looked({ times: 12, other: otherBytes, edge: lyingBytes });
    expect(disagreeing.outcomes).not.toContain('wrong');
    // Where all have the same, a lie is one.
    expect((await looked({ times: 12, other: honest, edge: lyingBytes })).outcomes).toContain('wrong');
  });

  it('takes a coding of the edge for no difference', async () => {
    const found = await looked({
      times: 6,
      edge: (request, response, body) => {
        if (request.headers.range !== undefined || !/gzip/.test(request.headers['accept-encoding'] ?? ''))
          answer(request, response, body);
        else answer(request, response, zlib.gzipSync(body), { 'content-encoding': 'gzip' });
      },
    });
    expect(found.outcomes).not.toContain('wrong');
    expect(found.outcomes).toContain('right');
  });

  it('is not taken in by a body that unpacks to very much', async () => {
    const found = await looked({
      times: 3,
      edge: (request, response) =>
        answer(request, response, zlib.gzipSync(Buffer.alloc(40_000_000)), { 'content-encoding': 'gzip' }),
    });
    expect(found.outcomes).not.toContain('wrong');
  });

  it('finds a dead edge silent, and one that answers anything alive', async () => {
    const dead = await looked({ times: 3, edge: (_, response) => void response.destroy() });
    expect(dead.outcomes).toEqual(['silent', 'silent', 'silent']);
    expect(dead.seen.contacts).toEqual({ answered: 0, silent: 3 });
    const busy = await looked({ times: 2, edge: (_, response) => void response.writeHead(503).end('busy') });
    expect(busy.seen.contacts).toEqual({ answered: 2, silent: 0 });
    // What is refused is nobody's traffic.
    expect(busy.seen.probed.size).toBe(0);
  });

  it('does not take an edge for dead that waits for its origin', async () => {
    const found = await looked({
      times: 3,
      edgeMs: 200,
      edge(request, response) {
        if (request.url?.startsWith('/.well-known/') === true) response.writeHead(405).end();
        // Everything else waits for ever.
      },
    });
    expect(found.outcomes).toEqual(['unknown', 'unknown', 'unknown']);
    expect(found.seen.contacts).toEqual({ answered: 3, silent: 0 });
    const hung = await looked({ times: 1, edgeMs: 200, edge: () => undefined });
    expect(hung.seen.contacts).toEqual({ answered: 0, silent: 1 });
  });

  it('takes no more than its budget', async () => {
    const found = await looked({ times: 30, probe: ['/film.mp4', '/a.png'], budget: 30_000 });
    expect(found.counted()).toBeLessThan(30_000 + 30 * 600);
    expect(found.seen.contacts.answered).toBe(30);
    // What is left is a glance: is this copy still good, how large is that film.
    const glances = found.asked.slice(-10).map(({ request }) => request.headers);
    for (const { range, ...fields } of glances)
      expect(range === 'bytes=0-1' || fields['if-none-match'] === '"v1"').toBe(true);
  });
});
