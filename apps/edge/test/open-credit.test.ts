import { addressBytes, addressOf, buildHour, toHex, tokenHeader } from '@media-network/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hourAt, hourEndMs } from '../src/chain/periods.ts';
import { sha256 } from '../src/report/report-builder.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { ok } from './raw-http.ts';
import type { RawResponse } from './raw-http.ts';

const MB = 1_000_000;
let network: TestNetwork;
let resource: TestResource;

async function start(config: Record<string, unknown> = {}): Promise<void> {
  network = await startTestNetwork({ config: { openSlackBytes: 0, ...config } });
  network.origin.on('/mb', ok(Buffer.alloc(MB, 'm'), { 'Cache-Control': 'max-age=60000' }));
}
beforeEach(() => start());
afterEach(() => network.close());

async function add(allowance: number, spans = [{ from: 0n, until: 2n ** 64n - 1n }]): Promise<void> {
  resource = await network.addResource();
  const key = Buffer.from(network.chain.resources().values().next().value?.key ?? '', 'hex');
  network.chain.addResource(undefined, {
    address: resource.address,
    settingsVersion: 1,
    spans,
    terms: [{ from: 0n, allowance: BigInt(allowance), vouchKey: addressBytes(network.publisher.vouchKey) }],
  });
  expect(key).toHaveLength(32);
  await credit();
}
const hour = (): number => hourAt(network.chain.periods, network.chain.nowMs());
const credit = async (): Promise<void> => {
  await network.edge.tasks.find((task) => task.name === 'open-credit')?.runNow();
};
/** How many whole answers of a megabyte come before the first refusal, and that. */
async function take(
  most: number,
): Promise<{ readonly served: number; readonly refused: RawResponse | undefined }> {
  for (let served = 0; served < most; served += 1) {
    const response = await resource.get('/mb');
    if (response.status !== 200) return { served, refused: response };
  }
  return { served: most, refused: undefined };
}

it('stops where the allowance ends, says why and until when, and goes on in the next hour', async () => {
  await add(3 * MB);
  const { served, refused } = await take(9);
  expect(served).toBe(3);
  expect([refused?.status, refused?.headers['media-error']]).toEqual([503, 'edge/no-credit']);
  const wait = Number(refused?.headers['retry-after']);
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(600);
  expect(network.edge.stats().openCredit.openBytes).toBeGreaterThan(3 * MB);
  // Heads, and what the last answer was above the allowance.
  expect(network.edge.stats().openCredit.unpaidBytes).toBeLessThan(10_000);
  network.chain.advance(hourEndMs(network.chain.periods, hour()) - network.chain.nowMs() + 1);
  expect((await take(1)).served).toBe(1);
});

it('serves whoever has a token of the publisher, and counts what is signed for as no open bytes', async () => {
  await add(2 * MB);
  expect((await take(9)).served).toBe(2);
  const session = await network.publisher.session(resource.address, hour(), { creditWindow: 8 * MB });
  const headers = { 'Media-Token': tokenHeader(session.token) };
  const first = await resource.get('/mb', { headers });
  expect(first.status).toBe(200);
  expect((await resource.get('/mb')).status).toBe(503);
  // Beyond its ceiling a session is open traffic, of which there is no credit: a new token is what helps.
  const small = await network.publisher.session(resource.address, hour(), { ceiling: 1_000n });
  const used = { 'Media-Token': tokenHeader(small.token) };
  const cut = await resource.get('/mb', { headers: used });
  expect([cut.status, cut.complete]).toEqual([200, false]);
  expect(cut.body.length).toBeLessThan(100_000);
  const refused = await resource.get('/mb', { headers: used });
  expect([refused.status, refused.headers['media-error'], refused.headers['media-hour']]).toEqual([
    401,
    'token/used-up',
    String(hour()),
  ]);
});

const table = (edge: string, vouched: number) => ({
  resource: resource.address,
  edge,
  vouched: BigInt(vouched),
  credited: BigInt(vouched),
});

it('has its share by stake without history, and by history with some', async () => {
  network.chain.stakes = { own: 1_000n * 10n ** 9n, all: 4_000n * 10n ** 9n };
  await add(8 * MB);
  expect((await take(9)).served).toBe(2);

  const other = addressOf(new Uint8Array(32).fill(7));
  // All of a long history is this edge's: nearly the whole allowance is.
  const built = buildHour(
    { resources: [], edges: [], base: undefined, table: [table(network.edge.address, 10 ** 12)], right: [] },
    sha256,
  );
  network.guard.blobs.set(`/v1/hours/${toHex(built.root)}`, built.blob);
  network.chain.final = { hour: hour() - 2, root: toHex(built.root) };
  await credit();
  expect((await take(9)).served).toBe(6);
  const theirs = buildHour(
    { resources: [], edges: [], base: undefined, table: [table(other, 10 ** 12)], right: [] },
    sha256,
  );
  network.guard.blobs.set(`/v1/hours/${toHex(theirs.root)}`, theirs.blob);
  network.chain.final = { hour: hour() - 1, root: toHex(theirs.root) };
  network.chain.advance(hourEndMs(network.chain.periods, hour()) - network.chain.nowMs() + 1);
  await credit();
  // A thousandth of it by stake: the first request finds some credit left, the second none.
  expect((await take(9)).served).toBe(1);
});

it('does not believe a guard that gives another table', async () => {
  await add(4 * MB);
  const built = buildHour({ resources: [], edges: [], base: undefined, table: [], right: [] }, sha256);
  network.chain.final = { hour: hour() - 1, root: 'ab'.repeat(32) };
  network.guard.blobs.set(`/v1/hours/${'ab'.repeat(32)}`, built.blob);
  await credit();
  expect((await take(9)).served).toBe(4);
});

it('stops where the stake earns no more, over all resources', async () => {
  // 9 % a year on 20 MEDIA at 0.002 MEDIA a GB: some 257 MB a year's hour; of a thousandth of it a hundred and first part.
  network.chain.stakes = { own: 200_000_000n, all: 200_000_000n };
  await add(10 ** 9);
  const { capBytes } = network.edge.stats().openCredit;
  expect(capBytes).toBeGreaterThan(2 * MB);
  expect(capBytes).toBeLessThan(3 * MB);
  await network.edge.close();
});

it('serves on where it is told to', async () => {
  await network.close();
  await start({ pastCredit: 'serve' });
  await add(0);
  expect((await take(4)).served).toBe(4);
  expect(network.edge.stats().openCredit.unpaidBytes).toBeGreaterThan(0);
});

it('gives a resource a little before its first hour and where nobody pays', async () => {
  await network.close();
  await start({ openSlackBytes: 2 * MB });
  await add(10 ** 9, [{ from: BigInt(hour() + 1), until: 2n ** 64n - 1n }]);
  const { served, refused } = await take(9);
  expect(served).toBe(2);
  expect(refused?.headers['media-error']).toBe('edge/no-credit');
});

it('gives no more for a token than without in an hour that is not billed, however often it is paused', async () => {
  await network.close();
  await start({ openSlackBytes: 2 * MB });
  await add(9 * MB, [{ from: BigInt(hour() + 1), until: 2n ** 64n - 1n }]);
  const headers = async (): Promise<Record<string, string>> => {
    const session = await network.publisher.session(resource.address, hour(), { creditWindow: 8 * MB });
    return { 'Media-Token': tokenHeader(session.token) };
  };
  const statuses: number[] = [];
  for (let i = 0; i < 4; i += 1)
    statuses.push((await resource.get('/mb', { headers: await headers() })).status);
  expect(statuses).toEqual([200, 200, 503, 503]);
  network.chain.advance(hourEndMs(network.chain.periods, hour()) - network.chain.nowMs() + 1);
  for (let i = 0; i < 4; i += 1)
    expect((await resource.get('/mb', { headers: await headers() })).status).toBe(200);
});
