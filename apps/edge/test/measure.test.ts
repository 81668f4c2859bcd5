import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { signerOf } from '@media-network/protocol';
import {
  CAPACITY_BYTES,
  STEER_WINDOW_MS,
  decodeEdgeRtts,
  encodeCapacityAsk,
  verifyEdgeRttsSignature,
} from '@media-network/protocol/measures';
import type { EdgeRtts } from '@media-network/protocol/measures';
import { generateKeyPairSigner } from '@solana/kit';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { createBeacons } from '../src/measure/beacons.ts';
import { createRoundTripBook, viewerPrefix } from '../src/measure/round-trip-book.ts';
import type { ViewerPrefix } from '../src/measure/round-trip-book.ts';
import { randomAddress } from './fake-chain.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork } from './network.ts';

let network: TestNetwork;
let closing: (() => Promise<void>)[];
beforeEach(async () => {
  network = await startTestNetwork();
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  await network.close();
});

const windowNow = (): bigint => BigInt(Math.floor(network.chain.nowMs() / STEER_WINDOW_MS));

/** A line on which every byte is under way for so long, either way. */
async function startFarLine(port: number, ms: number): Promise<string> {
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (bytes) => setTimeout(() => to.destroyed || to.write(bytes), ms));
    from.on('close', () => setTimeout(() => to.destroy(), ms));
    from.on('error', () => to.destroy());
  };
  const server = createServer((viewer) => {
    const edge = connect(port, '127.0.0.1');
    pass(viewer, edge);
    pass(edge, viewer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Of all windows from one until now, which are over then. */
async function listsSince(first: bigint): Promise<readonly EdgeRtts[]> {
  network.chain.advance(STEER_WINDOW_MS);
  const found: EdgeRtts[] = [];
  for (let window = first; window < windowNow(); window += 1n) {
    const list = await listOf(window);
    if (typeof list !== 'number') found.push(list);
  }
  return found;
}

async function listOf(window: bigint): Promise<EdgeRtts | number> {
  const answer = await fetch(`${network.edge.controlUrl}/v1/round-trips?window=${window}`);
  if (answer.status !== 200) return answer.status;
  const list = decodeEdgeRtts(new Uint8Array(await answer.arrayBuffer()));
  if (list === undefined) throw new Error('a list cannot be read');
  return list;
}

it('takes the time to a viewer that follows redirects, and tells guards of its prefix and of nothing more', async () => {
  const far = await startFarLine(network.edge.port, 40);
  const window = windowNow();
  for (let i = 0; i < 3; i += 1)
    expect((await fetch(`${far}/.well-known/media-network/beacon`)).status).toBe(204);
  // A window is told of when it is over.
  expect(await listOf(windowNow() + 1n)).toBe(404);
  const lists = await listsSince(window);
  const rtts = lists.flatMap((list) => list.rtts);
  expect(rtts.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  for (const { family, prefix, tenths } of rtts) {
    expect([family, prefix]).toEqual([4, Uint8Array.of(127, 0, 0, 0, 0, 0)]);
    // The line alone takes eighty milliseconds.
    expect(tenths).toBeGreaterThanOrEqual(780);
  }
  for (const list of lists) {
    expect(list.edge).toBe(network.edge.address);
    expect(await verifyEdgeRttsSignature(list, network.operator.address)).toBe(true);
    expect(await listOf(list.window)).toEqual(list);
  }
  expect(await listOf(0n)).toBe(404);
});

it('takes no link that it did not make, nor one of a viewer elsewhere', async () => {
  const at = `http://127.0.0.1:${network.edge.port}/.well-known/media-network/beacon`;
  const window = windowNow();
  const first = await fetch(at, { redirect: 'manual' });
  expect([first.status, first.headers.get('cache-control')]).toEqual([302, 'no-store']);
  const link = first.headers.get('location') ?? '';
  const changed = `${link.slice(0, -2)}${link.endsWith('AA') ? 'BB' : 'AA'}`;
  for (const wrong of [changed, `${link}AAAA`, '/.well-known/media-network/beacon/', link.slice(0, -8)])
    expect((await fetch(new URL(wrong, at), { redirect: 'manual' })).status).toBe(204);
  expect(await listsSince(window)).toEqual([]);
});

describe('links', () => {
  const made: { prefix: ViewerPrefix; ms: number }[] = [];
  let nowMs = 1_000_000;
  const beacons = createBeacons({
    book: { add: (prefix, ms) => made.push({ prefix, ms }) },
    timer: () => nowMs,
    secret: new Uint8Array(32).fill(7),
  });
  const follow = (target: string, from: string): string => {
    const answer = beacons.answer({ method: 'GET', target, pathEnd: target.length, remoteAddress: from });
    const at = answer?.headers.indexOf('Location') ?? -1;
    return at < 0 ? '' : (answer?.headers[at + 1] ?? '');
  };
  const START = '/.well-known/media-network/beacon';

  test('the shorter of two round trips counts, to the prefix alone', () => {
    const one = follow(START, '203.0.113.77');
    nowMs += 90;
    const two = follow(one, '203.0.113.77');
    nowMs += 31.5;
    expect(follow(two, '203.0.113.78')).toBe('');
    expect(made.splice(0)).toEqual([
      { prefix: { family: 4, bytes: Uint8Array.of(203, 0, 113, 0, 0, 0) }, ms: 31.5 },
    ]);
  });

  test('another network cannot use one, and what comes late was not under way for so long', () => {
    const one = follow(START, '203.0.113.77');
    nowMs += 20;
    expect(follow(one, '203.0.114.77')).toBe('');
    nowMs += 3_001;
    expect(follow(one, '203.0.113.77')).toBe('');
    expect(made).toEqual([]);
  });
});

test.each([
  ['203.0.113.200', 4, '203.0.113.0.0.0'],
  ['::ffff:203.0.113.200', 4, '203.0.113.0.0.0'],
  ['2001:db8:ff01:2:3::4', 6, '32.1.13.184.255.1'],
])('of %s the prefix is kept', (address, family, bytes) => {
  const prefix = viewerPrefix(address);
  expect([prefix?.family, prefix?.bytes.join('.')]).toEqual([family, bytes]);
});

test('what is kept of a window is bounded, and what was signed does not change', async () => {
  let nowMs = 5_000_000;
  const key = await generateKeyPairSigner();
  const book = createRoundTripBook({
    edge: () => key.address,
    sign: signerOf(key.keyPair.privateKey),
    nowMs: () => nowMs,
  });
  const add = (n: number, ms: number): void => {
    const prefix = viewerPrefix(`10.${n >> 8}.${n & 255}.1`);
    if (prefix !== undefined) book.add(prefix, ms);
  };
  for (let n = 0; n < 6_000; n += 1) add(n, 10);
  for (let i = 0; i < 500; i += 1) add(0, 1_000);
  for (const ms of [0, -1, Number.NaN, 2_001]) add(1, ms);
  const window = BigInt(nowMs / STEER_WINDOW_MS);
  nowMs += STEER_WINDOW_MS;
  const bytes = await book.list(window);
  const list = decodeEdgeRtts(bytes ?? new Uint8Array(0));
  expect(list?.rtts).toHaveLength(4_096);
  expect(list?.rtts[0]).toMatchObject({ count: 32, tenths: 10_000 });
  expect(list?.rtts[1]).toMatchObject({ count: 1, tenths: 100 });
  nowMs -= STEER_WINDOW_MS;
  add(9_999, 10);
  nowMs += STEER_WINDOW_MS;
  expect(await book.list(window)).toEqual(bytes);
  // Ten minutes later nothing is known of it any more.
  nowMs += 31 * STEER_WINDOW_MS;
  add(1, 10);
  expect(await book.list(window)).toBeUndefined();
});

const post = (body: Uint8Array): Promise<Response> =>
  fetch(`http://127.0.0.1:${network.edge.port}/.well-known/media-network/capacity`, {
    method: 'POST',
    body: new Uint8Array(body),
  });

describe('capacity', () => {
  it('sends to a guard that signs for it, once an hour, bounded, and books it for nobody', async () => {
    const guard = await generateKeyPairSigner();
    network.chain.guardList = [...network.chain.guardList, { no: 9, operator: guard.address, endpoint: '' }];
    const sign = signerOf(guard.keyPair.privateKey);
    const ask = {
      edge: network.edge.address,
      guardNo: 9,
      get window() {
        return windowNow();
      },
    };
    const answer = await post(await encodeCapacityAsk(ask, sign));
    expect(answer.status).toBe(200);
    const sent = (await answer.arrayBuffer()).byteLength;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(CAPACITY_BYTES);
    const info = (await (await fetch(`${network.edge.controlUrl}/v1/info`)).json()) as {
      caps: { monthBytes: number };
    };
    expect(info.caps.monthBytes).toBe(0);
    const codeOf = async (body: Uint8Array): Promise<unknown> => {
      const refused = await post(body);
      await refused.arrayBuffer();
      return [refused.status, refused.headers.get('media-error')];
    };
    expect(await codeOf(await encodeCapacityAsk(ask, sign))).toEqual([429, 'capacity/too-many']);
    expect(await codeOf(await encodeCapacityAsk({ ...ask, window: ask.window - 2n }, sign))).toEqual([
      403,
      'capacity/not-now',
    ]);
    expect(await codeOf(await encodeCapacityAsk({ ...ask, edge: randomAddress() }, sign))).toEqual([
      403,
      'capacity/not-now',
    ]);
    expect(await codeOf(await encodeCapacityAsk({ ...ask, guardNo: 7 }, sign))).toEqual([
      403,
      'capacity/not-a-guard',
    ]);
    expect(await codeOf(new Uint8Array(5))).toEqual([400, 'capacity/malformed']);
    expect(await codeOf(new Uint8Array(5_000))).toEqual([400, 'capacity/malformed']);
    network.chain.advance(180 * STEER_WINDOW_MS);
    const again = await post(await encodeCapacityAsk({ ...ask, window: windowNow() }, sign));
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });
});
