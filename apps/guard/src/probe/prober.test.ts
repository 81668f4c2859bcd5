import http from 'node:http';
import {
  addressOf,
  createSessionKey,
  encodeCounter,
  inflatedMeter,
  signCounter,
} from '@media-network/protocol';
import { silentLog, systemClock } from '@media-network/runtime';
import { createViewer } from '@media-network/viewer';
import { address } from '@solana/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { createPeerFetch } from '../peer-fetch.ts';
import { addressAt, blankAccount } from '../testing-accounts.ts';
import { createOriginFetch } from './origin-fetch.ts';
import { createProbeBook } from './probe-book.ts';
import type { ProbeBook } from './probe-book.ts';
import { createProber } from './prober.ts';

const BODY = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 11 + (i >> 8)) & 255));
const RESOURCE = addressAt(20);
const EDGE = addressAt(21);

const open: http.Server[] = [];
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
async function listen(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler);
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`;
}

/** Answers a Range request for `body` as RFC 9110 has it; returns nothing. */
function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: Buffer,
  etag: string,
): void {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [first, last] =
    range === null ? [0, body.length - 1] : [Number(range[1]), Math.min(Number(range[2]), body.length - 1)];
  const part = body.subarray(first, last + 1);
  const head = { etag, 'content-length': part.length };
  if (range === null) response.writeHead(200, head);
  else response.writeHead(206, { ...head, 'content-range': `bytes ${first}-${last}/${body.length}` });
  response.end(part);
}

/** An edge whose meter counts `factor` times what it writes and which serves `body`; probed `times` times. */
async function probed(options: {
  factor: number;
  body?: Buffer;
  etag?: string;
  times: number;
  noise?: boolean;
}): Promise<ProbeBook> {
  const operator = await createSessionKey();
  let counted = 5_000n;
  const origin = await listen((request, response) => answer(request, response, BODY, '"v1"'));
  const endpoint = await listen((request, response) => {
    const { socket } = request;
    const before = socket.bytesWritten;
    response.once('finish', () => {
      counted += BigInt(Math.round((socket.bytesWritten - before) * options.factor));
      if (options.noise === true) counted += 40_000n;
    });
    answer(request, response, options.body ?? BODY, options.etag ?? '"v1"');
  });
  const control = await listen((request, response) => {
    if (request.url !== `/v1/counters/${RESOURCE}`) {
      response.writeHead(404).end();
      return;
    }
    void signCounter(
      { edge: EDGE, resource: RESOURCE, bytes: counted, hour: 6n, hourBytes: counted - 5_000n, unixMs: 1n },
      operator.sign,
    ).then((counter) => response.end(encodeCounter(counter)));
  });
  const fetch = createPeerFetch(silentLog, { allowPrivate: true });
  const originFetch = createOriginFetch({ allowPrivate: true });
  closing.push(
    () => fetch.close(),
    () => originFetch.close(),
  );
  const book = createProbeBook();
  let drawn = 0;
  // Lengths over the whole range, the same in each run.
  const random = (): number => ((drawn += 1) * 0.377) % 1;
  const prober = createProber({
    viewer: createViewer(),
    fetch,
    origin: originFetch,
    book,
    clock: systemClock,
    log: silentLog,
    random,
    allowPrivate: true,
  });
  const edge = blankAccount('edge', EDGE, {
    endpoint,
    control,
    operator: address(addressOf(operator.publicKey)),
  });
  const settings = { v: 1, origin, originHost: null, originHeaders: [], probe: ['/a'], domains: [] } as const;
  for (let i = 0; i < options.times; i += 1) {
    await prober.finish(
      await prober.open({
        edge,
        resource: RESOURCE,
        settings,
        zone: 'medianet.localhost',
        hour: 6n,
        maxBytes: 65_536,
      }),
    );
  }
  return book;
}

describe('prober', () => {
  it('finds nothing at an honest edge: exact rounds, the same bytes', async () => {
    const found = (await probed({ factor: 1, times: 4 })).of(EDGE, 6n);
    expect(found).toMatchObject({ sameBodies: 4, wrongBodies: [], alive: 4, silent: 0 });
    expect(found.rounds).toHaveLength(4);
    for (const { c0, c1, c2, received } of found.rounds) expect([c1 - c0, c2 - c1]).toEqual([0n, received]);
    expect(inflatedMeter(found.rounds).kind).toBe('plausible');
    expect(found.counters).toHaveLength(12);
  });

  it('finds a meter that counts double', async () => {
    const found = (await probed({ factor: 2, times: 4 })).of(EDGE, 6n);
    expect(inflatedMeter(found.rounds)).toMatchObject({ kind: 'inflated', quietRounds: 4 });
  });

  it('does not take the traffic of others for a lie', async () => {
    const found = (await probed({ factor: 1, times: 4, noise: true })).of(EDGE, 6n);
    expect(inflatedMeter(found.rounds).kind).toBe('plausible');
  });

  it('finds other bytes under the version of the origin', async () => {
    const found = (await probed({ factor: 1, times: 2, body: Buffer.alloc(BODY.length, 'x') })).of(EDGE, 6n);
    expect(found.sameBodies).toBe(0);
    expect(found.wrongBodies).toHaveLength(2);
    expect(found.wrongBodies[0]).toMatchObject({ target: '/a', attest: undefined });
  });

  it('does not blame an edge for another version that it says is older', async () => {
    const found = (
      await probed({ factor: 1, times: 2, body: Buffer.alloc(BODY.length, 'x'), etag: '"v0"' })
    ).of(EDGE, 6n);
    expect(found).toMatchObject({ sameBodies: 0, wrongBodies: [] });
  });

  it('notes an edge that does not answer, and blames it for nothing', async () => {
    const fetch = createPeerFetch(silentLog, { allowPrivate: true });
    const originFetch = createOriginFetch({ allowPrivate: true });
    closing.push(
      () => fetch.close(),
      () => originFetch.close(),
    );
    const gone = await listen(() => undefined);
    await new Promise((resolve) => open.pop()?.close(resolve));
    const book = createProbeBook();
    const prober = createProber({
      viewer: createViewer(),
      fetch,
      origin: originFetch,
      book,
      clock: systemClock,
      log: silentLog,
      random: Math.random,
      allowPrivate: true,
    });
    const edge = blankAccount('edge', EDGE, { endpoint: gone, control: gone });
    const settings = {
      v: 1,
      origin: gone,
      originHost: null,
      originHeaders: [],
      probe: ['/a'],
      domains: [],
    } as const;
    await prober.finish(
      await prober.open({ edge, resource: RESOURCE, settings, zone: 'z', hour: 6n, maxBytes: 9 }),
    );
    expect(book.of(EDGE, 6n)).toMatchObject({ silent: 1, alive: 0, rounds: [], wrongBodies: [] });
  });
});
