import {
  contradicts,
  decodeCommit,
  decodeCommits,
  decodeCounters,
  encodeCommit,
  signerOf,
  signCommitRequest,
  encodeCommitRequest,
  toHex,
  verifyCommitSignature,
} from '@media-network/protocol';
import { generateKeyPairSigner } from '@solana/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hourAt, sampleAt, sampleStartMs } from '../src/chain/periods.ts';
import { randomAddress } from './fake-chain.ts';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { ok } from './raw-http.ts';

let network: TestNetwork;
let resource: TestResource;
beforeEach(async () => {
  network = await startTestNetwork();
  resource = await network.addResource();
  network.origin.on('/a', ok('aaaa', { 'Cache-Control': 'max-age=600' }));
});
afterEach(() => network.close());

const nextSample = (): void => network.chain.advance(network.chain.periods.sampleSecs * 1000);
const post = (body: Uint8Array): Promise<Response> =>
  fetch(`${network.edge.controlUrl}/v1/commit`, { method: 'POST', body: new Uint8Array(body) });

it('commits all counters as of the beginning of its sample, under one signature, and shows what is behind it', async () => {
  const other = await network.addResource();
  const bytes = [(await resource.get('/a')).bytes, (await other.get('/a')).bytes] as const;
  // None of it is of a sample before this one.
  expect(await network.commit()).toMatchObject({ total: 0n });
  nextSample();
  await resource.get('/a');
  const commit = await network.commit();
  expect(await verifyCommitSignature(commit, network.operator.address)).toBe(true);
  expect(commit).toMatchObject({
    edge: network.edge.address,
    hour: BigInt(hourAt(network.chain.periods, network.chain.nowMs())),
    total: BigInt(bytes[0] + bytes[1]),
    count: 2,
    unixMs: BigInt(
      sampleStartMs(network.chain.periods, sampleAt(network.chain.periods, network.chain.nowMs())),
    ),
  });
  const answer = await fetch(`${network.edge.controlUrl}/v1/counters/${toHex(commit.root)}`);
  const counters = decodeCounters(new Uint8Array(await answer.arrayBuffer()));
  expect(new Map(counters?.map((each) => [each.resource, Number(each.bytes)]))).toEqual(
    new Map([
      [resource.address, bytes[0]],
      [other.address, bytes[1]],
    ]),
  );
});

it('says the same to all who ask in a sample, whatever was served since, and anew in the next', async () => {
  const before = (await resource.get('/a')).bytes;
  nextSample();
  const [first, beside] = await Promise.all([network.commit(), network.commit()]);
  const { bytes } = await resource.get('/a');
  const later = await network.commit();
  for (const same of [beside, later]) expect(toHex(encodeCommit(same))).toBe(toHex(encodeCommit(first)));
  nextSample();
  const next = await network.commit();
  expect([first.total, next.total]).toEqual([BigInt(before), BigInt(before + bytes)]);
  expect(contradicts(first, next)).toBe(false);
});

it('counts in no sample before one that it has committed to, where the chain puts its clock back', async () => {
  const { chain } = network;
  const { sampleSecs, epochZero } = chain.periods;
  const into = (chain.nowMs() / 1000 - epochZero) % sampleSecs;
  chain.advance((sampleSecs - into + 1) * 1000);
  const before = await resource.get('/a');
  const first = await network.commit();
  chain.advance(-3_000);
  expect(sampleAt(chain.periods, chain.nowMs()) % 12).toBe((first.slot + 11) % 12);
  const { bytes } = await resource.get('/a');
  expect(toHex(encodeCommit(await network.commit()))).toBe(toHex(encodeCommit(first)));
  // And in the next sample both are in it.
  chain.advance(3_000);
  nextSample();
  expect([first.total, (await network.commit()).total]).toEqual([0n, BigInt(before.bytes + bytes)]);
});

it('never contradicts itself over restarts: each life has a boot number of its own', async () => {
  const { bytes } = await resource.get('/a');
  nextSample();
  await resource.get('/a');
  const first = await network.commit();
  await network.restart();
  await resource.get('/a');
  const second = await network.commit();
  expect(second.boot).toBeGreaterThan(first.boot);
  // Of one moment, and of the same books.
  expect([first.total, second.total]).toEqual([BigInt(bytes), BigInt(bytes)]);
  expect(contradicts(first, second)).toBe(false);
  // What was committed before is still there to be asked for.
  const hour = Number(first.hour);
  const answer = await fetch(`${network.edge.controlUrl}/v1/commits?hour=${hour}`);
  const all = decodeCommits(new Uint8Array(await answer.arrayBuffer()));
  expect(all?.map((each) => toHex(encodeCommit(each)))).toEqual(
    [first, second].map((each) => toHex(encodeCommit(each))),
  );
  expect((await fetch(`${network.edge.controlUrl}/v1/counters/${toHex(first.root)}`)).status).toBe(200);
});

it("answers guards of the week's set only, and says why", async () => {
  const now = Math.floor(network.chain.nowMs() / 1000);
  const account = network.chain.guardAccounts.get(7) ?? randomAddress();
  const code = async (body: Uint8Array): Promise<unknown> => {
    const response = await post(body);
    return [response.status, response.headers.get('media-error')];
  };
  expect(await code(new Uint8Array(3))).toEqual([400, 'commit/malformed']);
  expect(await code(new Uint8Array(5_000))).toEqual([413, 'commit/malformed']);
  expect(await code(await network.guard.commitRequest(randomAddress(), now))).toEqual([
    403,
    'commit/not-in-set',
  ]);
  const stranger = await generateKeyPairSigner();
  const forged = encodeCommitRequest(
    await signCommitRequest({ guard: account, unixSecs: BigInt(now) }, signerOf(stranger.keyPair.privateKey)),
  );
  expect(await code(forged)).toEqual([403, 'commit/bad-signature']);
  // Time passes while this runs: the later one has to be further off.
  for (const off of [-61, 180])
    expect(await code(await network.guard.commitRequest(account, now + off))).toEqual([
      403,
      'commit/bad-time',
    ]);
  expect((await fetch(`${network.edge.controlUrl}/v1/commit`)).status).toBe(405);
  for (const hour of ['', 'x', '-1', '1.5'])
    expect((await fetch(`${network.edge.controlUrl}/v1/commits?hour=${hour}`)).status).toBe(400);
  const none = await fetch(`${network.edge.controlUrl}/v1/commits?hour=1`);
  expect((await none.arrayBuffer()).byteLength).toBe(0);
  const good = await post(await network.guard.commitRequest(account, now));
  expect(decodeCommit(new Uint8Array(await good.arrayBuffer()))?.count).toBe(0);
});

it('is what a liar withholds, alters or forges, with everything else as it was', async () => {
  await network.restart({
    counters: (counters) => counters.map((each) => ({ ...each, bytes: each.bytes + 50_000_000n })),
  });
  const { bytes } = await resource.get('/a');
  nextSample();
  expect((await network.commit()).total).toBe(BigInt(bytes) + 50_000_000n);
  await network.restart({
    control: (request, honest) =>
      request.path === '/v1/commit'
        ? Promise.resolve({ status: 404, type: 'text/plain', body: 'no' })
        : honest(),
  });
  await expect(network.commit()).rejects.toThrow('404');
  expect((await fetch(`${network.edge.controlUrl}/v1/info`)).status).toBe(200);
  await network.restart({ dataPlane: false });
  await expect(resource.get('/a')).rejects.toThrow();
  expect((await network.commit()).count).toBe(1);
});
