import { createHash } from 'node:crypto';
import {
  decodeSwarmPass,
  fromHex,
  toHex,
  verifySegmentDigest,
  verifySwarmPass,
} from '@media-network/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { script } from './scripted-origin.ts';

const OWN = '/.well-known/media-network/peerpool';
const SEGMENT = Buffer.from(Array.from({ length: 150_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));

let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork();
  resource = await network.addResource({
    rules: ['peerpool script', 'deny /closed/* address=0.0.0.0/0,::/0'],
  });
});
afterAll(() => network.close());

const kept = (body: string | Buffer, more: readonly (readonly [string, string])[] = []) => ({
  headers: [['Cache-Control', 'max-age=600'], ...more] as const,
  body,
});

async function ask<Answer>(path: string, from: TestResource = resource): Promise<Answer & { code?: string }> {
  const { body } = await from.get(OWN + path);
  return JSON.parse(body.toString()) as Answer & { code?: string };
}

interface Digests {
  readonly edge: string;
  readonly resource: string;
  readonly hour: string;
  readonly digests: readonly ({
    readonly target: string;
    readonly length: number;
    readonly sha256: string;
    readonly chunks: readonly string[];
    readonly signature: string;
  } | null)[];
}

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const sha256 = (of: Uint8Array): string => createHash('sha256').update(of).digest('hex');

it('signs for segments that it keeps, and knows nothing of others', async () => {
  script(network.origin, '/live/1.m4s', kept(SEGMENT));
  await resource.get('/live/1.m4s');
  const asked = `/digests?target=${encodeURIComponent('/live/1.m4s')}&target=/live/2.m4s`;
  await expect.poll(async () => (await ask<Digests>(asked)).digests[0]?.length).toBe(SEGMENT.length);
  const { digests, ...said } = await ask<Digests>(asked);
  const [digest] = digests;
  expect(digests[1]).toBeNull();
  expect(digest).toMatchObject({
    target: '/live/1.m4s',
    sha256: sha256(SEGMENT),
    chunks: [0, 65_536, 131_072].map((at) => sha256(SEGMENT.subarray(at, at + 65_536))),
  });
  if (digest === undefined || digest === null) return;
  const body = {
    edge: said.edge,
    resource: said.resource,
    hour: BigInt(said.hour),
    target: digest.target,
    length: digest.length,
    sha256: bytes(digest.sha256),
    chunks: digest.chunks.map(bytes),
  };
  expect(said.resource).toBe(resource.address);
  expect(await verifySegmentDigest(body, bytes(digest.signature), network.operator.address)).toBe(true);
});

it('gives a pass for a playlist that this viewer may have and everybody gets', async () => {
  script(network.origin, '/live/a.m3u8', kept('#EXTM3U\n'));
  expect((await ask<object>('/pass?target=/live/a.m3u8')).code).toBe('edge/not-shared');
  await resource.get('/live/a.m3u8');
  await expect.poll(async () => (await ask<object>('/pass?target=/live/a.m3u8')).code).toBeUndefined();
  const { pass, trackers } = await ask<{ pass: string; trackers: readonly string[] }>(
    '/pass?target=/live/a.m3u8',
  );
  expect(trackers).toEqual([`${network.guard.url.replace('http', 'ws')}/v1/track`]);
  const read = decodeSwarmPass(pass);
  expect(read?.resource).toBe(resource.address);
  expect(toHex(read?.content ?? new Uint8Array())).toBe(sha256(Buffer.from('/live/a.m3u8')));
  expect(read !== undefined && (await verifySwarmPass(read, network.operator.address))).toBe(true);
  const left = Number(read?.expires ?? 0n) - network.chain.nowMs() / 1_000;
  expect(left).toBeGreaterThan(500);
  expect(left).toBeLessThanOrEqual(600);
});

it('knows what a viewer has just got, though the disk is still at it', async () => {
  for (let i = 0; i < 20; i += 1) {
    script(network.origin, `/new/${i}.m3u8`, kept('#EXTM3U\n'));
    await resource.get(`/new/${i}.m3u8`);
    const [pass, said] = await Promise.all([
      ask<object>(`/pass?target=/new/${i}.m3u8`),
      ask<Digests>(`/digests?target=/new/${i}.m3u8`),
    ]);
    expect([i, pass.code, said.digests[0]?.length]).toEqual([i, undefined, 8]);
  }
});

it('gives neither where a rule closes the target, nor for what is for one viewer alone', async () => {
  script(network.origin, '/closed/a.m3u8', kept('#EXTM3U\n'));
  expect((await ask<object>('/pass?target=/closed/a.m3u8')).code).toBe('edge/address-refused');
  expect((await ask<object>('/digests?target=/closed/1.m4s')).code).toBe('edge/address-refused');
  script(network.origin, '/own.m3u8', {
    headers: [['Cache-Control', 'private, max-age=600']],
    body: '#EXTM3U\n',
  });
  await resource.get('/own.m3u8');
  expect((await ask<object>('/pass?target=/own.m3u8')).code).toBe('edge/not-shared');
});

it('answers nothing of it where the publisher has not turned it on', async () => {
  const other = await network.addResource();
  script(network.origin, '/live/b.m3u8', kept('#EXTM3U\n'));
  await other.get('/live/b.m3u8');
  expect((await ask<object>('/pass?target=/live/b.m3u8', other)).code).toBe('edge/peerpool-off');
  expect((await ask<object>('/digests?target=/live/b.m3u8', other)).code).toBe('edge/peerpool-off');
});

it('refuses questions that are none, and bills for nothing of it', async () => {
  for (const path of ['/pass', '/digests', '/digests?target=http://x/', '/pass?target=%20'])
    expect((await ask<object>(path)).code).toBe('edge/bad-target');
  const many = Array.from({ length: 17 }, (_, i) => `target=/${i}`).join('&');
  expect((await ask<object>(`/digests?${many}`)).code).toBe('edge/bad-target');
  expect((await resource.get(`${OWN}/nothing`)).status).toBe(404);
  const quiet = await network.addResource({ rules: ['peerpool script'] });
  await quiet.get('/.well-known/media-network/peerpool.js');
  await ask<object>('/digests?target=/1.m4s', quiet);
  expect(await network.counter(quiet.address)).toBe(0);
});

it('serves the script, once', async () => {
  const first = await resource.get('/.well-known/media-network/peerpool.js');
  expect(first.status).toBe(200);
  expect(first.headers['content-type']).toContain('javascript');
  const again = await resource.get('/.well-known/media-network/peerpool.js', {
    headers: { 'If-None-Match': first.headers['etag'] ?? '' },
  });
  expect(again).toMatchObject({ status: 304 });
});
