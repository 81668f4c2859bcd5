import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publisherDigests } from '@media-network/peerpool';
import { fromHex } from '@media-network/protocol';
import { verifyPublishedSegment } from '@media-network/protocol/published-segment';
import { afterEach, expect, it, vi } from 'vitest';
import { openPublisherKey } from '../src/publishing/publisher-key.ts';
import { createSegmentSigner } from '../src/publishing/signed-segment.ts';
import type { SignedSegment } from '../src/publishing/signed-segment.ts';
import { atEnd, encoder, ok, sequencesOf, setup } from './harness.ts';

const LONG = 60_000;
afterEach(() => vi.unstubAllGlobals());

const isSigned = ({ name, length, sha256, chunks, signature }: SignedSegment, publisher: string) =>
  verifyPublishedSegment(
    {
      name,
      length,
      sha256: fromHex(sha256) ?? new Uint8Array(),
      chunks: chunks.map((chunk) => fromHex(chunk) ?? new Uint8Array()),
    },
    fromHex(signature) ?? new Uint8Array(),
    publisher,
  );

it(
  'every segment that a playlist lists is signed in the same moment, and viewers can check it',
  { timeout: 2 * LONG },
  async () => {
    const { server, key, at } = await setup();
    encoder(`${server.rtmpUrl}/${key}`);
    const playlist = await vi.waitFor(() => ok(at('video.m3u8')), LONG);
    const next = (sequencesOf(playlist).at(-1) ?? 0) + 1;
    // Both are waited for, and neither comes before the other.
    const [listed, told] = await Promise.all(
      ['video.m3u8', 'video.manifest.json'].map((file) => ok(at(`${file}?_HLS_msn=${next}`))),
    );
    expect(sequencesOf(listed ?? '')).toContain(next);
    const { publisher, segments } = JSON.parse(told ?? '') as {
      publisher: string;
      segments: SignedSegment[];
    };
    expect(publisher).toBe(server.publisher);
    expect(segments.map(({ name }) => name)).toEqual(
      sequencesOf(listed ?? '').map((each) => `live/video-${each}.m4s`),
    );
    for (const signed of segments) {
      const bytes = await (await fetch(`${server.url}/live/${signed.name}`)).bytes();
      expect(signed).toMatchObject({
        length: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
      expect(await isSigned(signed, publisher)).toBe(true);
      expect(await isSigned({ ...signed, name: 'live/video-1.m4s' }, publisher)).toBe(false);
    }
    // As PeerPool asks.
    const url = at(`video-${next}.m4s`);
    const { length, sha256, chunks } = segments.at(-1) ?? segments[0] ?? { chunks: [] };
    expect(await publisherDigests(publisher)(url)).toEqual({ length, sha256, chunks });
    const stranger = await openPublisherKey(await folder(), undefined);
    expect(await publisherDigests(stranger.address)(url)).toBeUndefined();
    expect(await publisherDigests(publisher)(at('video-1.m4s'))).toBeUndefined();
    expect((await fetch(`${url}.digest.json`)).headers.get('cache-control')).toContain('immutable');
  },
);

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'media-publisher-'));
  atEnd(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

it('a page takes nothing that the publisher did not sign of this very file', async () => {
  const key = await openPublisherKey(await folder(), undefined);
  const bytes = new Uint8Array(150_000).fill(7);
  const signed = createSegmentSigner(key)('live/video-12.m4s', bytes);
  const ask = async (said: unknown, url = 'http://edge.example/a/live/video-12.m4s?media-x=1') => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (target: string) => {
      asked.push(target);
      return new Response(typeof said === 'string' ? said : JSON.stringify(said));
    });
    const digest = await publisherDigests(key.address)(url).catch(() => undefined);
    expect(asked).toEqual([url.replace('.m4s', '.m4s.digest.json')]);
    return digest;
  };
  expect(await ask(signed)).toMatchObject({
    length: 150_000,
    chunks: [{}, {}, {}].map(() => expect.any(String)),
  });
  const other = createSegmentSigner(key)('live/video-13.m4s', bytes);
  const [first = '', ...rest] = signed.chunks;
  for (const wrong of [
    other,
    { ...signed, length: 149_999 },
    { ...signed, sha256: other.signature.slice(0, 64) },
    {
      ...signed,
      chunks: [...rest, first].map((chunk, i) => (i === 0 ? other.signature.slice(0, 64) : chunk)),
    },
    { ...signed, signature: other.signature },
    { ...signed, signature: '' },
    { ...signed, name: 'video-13.m4s' },
    {},
    '{',
    '',
  ])
    expect(await ask(wrong)).toBeUndefined();
  expect(await ask(signed, 'http://edge.example/a/live/video-13.m4s')).toBeUndefined();
  expect(await ask(signed, 'http://edge.example/a/other/video-12.m4s')).toBeUndefined();
  expect(() => publisherDigests('0OIl')).toThrow(TypeError);
});

it("the publisher's key is made once, is its owner's alone, and is refused where it is none", async () => {
  const dir = await folder();
  const { address } = await openPublisherKey(dir, undefined);
  expect((await openPublisherKey(dir, undefined)).address).toBe(address);
  const path = join(dir, 'publisher-key.json');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const bytes = JSON.parse(await readFile(path, 'utf8')) as number[];
  for (const text of ['', '[]', '{}', JSON.stringify(bytes.toReversed()), JSON.stringify(bytes.slice(1))]) {
    const wrong = join(dir, 'wrong.json');
    await writeFile(wrong, text);
    await expect(openPublisherKey(dir, wrong)).rejects.toMatchObject({ code: 'server/bad-publisher-key' });
  }
  await expect(openPublisherKey(dir, join(dir, 'none.json'))).rejects.toMatchObject({
    code: 'server/bad-publisher-key',
  });
});
