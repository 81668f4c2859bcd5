import { afterAll, beforeAll, expect, it } from 'vitest';
import { startContentOrigin } from './content-origin.ts';
import type { ContentOrigin } from './content-origin.ts';
import { startCounter } from './counter.ts';
import type { Counter } from './counter.ts';

const SEGMENTS = Array.from({ length: 14 }, (_, i) => Buffer.alloc(100_000 + i, i));
let nowMs = 5_000;
let origin: ContentOrigin;
let counter: Counter;
beforeAll(async () => {
  origin = await startContentOrigin({ init: Buffer.from('init'), segments: SEGMENTS }, () => nowMs);
  counter = await startCounter((path) =>
    path === '/bench/page' ? { type: 'text/html', body: 'x'.repeat(50_000) } : undefined,
  );
  counter.pointTo({ url: origin.url, host: 'content.localhost' });
});
afterAll(() => Promise.all([counter.close(), origin.close()]));

const get = async (path: string): Promise<Buffer> =>
  Buffer.from(await (await fetch(new URL(path, counter.url))).arrayBuffer());

it('counts what the content takes on the wire, and nothing of the bench itself', async () => {
  counter.begin();
  expect((await get('/bench/page')).length).toBe(50_000);
  expect(counter.read().bytes).toBe(0);
  for (const path of ['/live/1/3.m4s', '/live/1/3.m4s', '/live/1/4.m4s'])
    expect(await get(path)).toEqual(SEGMENTS[Number(path.at(-5))]);
  await expect.poll(() => counter.read().segments).toBe(3);
  const { bytes, segmentBytes, different } = counter.read();
  expect(different).toBe(2);
  // Bodies, and a head each.
  expect(segmentBytes - (2 * 100_003 + 100_004)).toBeGreaterThan(300);
  expect(segmentBytes - (2 * 100_003 + 100_004)).toBeLessThan(3_000);
  await get('/live/1/master.m3u8');
  await expect.poll(() => counter.read().bytes).toBeGreaterThan(bytes);
  expect(counter.read().segments).toBe(3);
  counter.begin();
  expect(counter.read()).toEqual({ bytes: 0, segments: 0, segmentBytes: 0, different: 0 });
});

it('publishes a segment more every two seconds, and keeps ten', async () => {
  const names = async (): Promise<string[]> =>
    (await get('/live/2/index.m3u8')).toString().match(/\d+\.m4s/g) ?? [];
  expect((await names()).at(-1)).toBe('9.m4s');
  nowMs += 4_100;
  const later = await names();
  expect([later[0], later.at(-1), later.length]).toEqual(['2.m4s', '11.m4s', 10]);
  expect((await get('/film/2/index.m3u8')).toString()).toMatch(/\n13\.m4s\n#EXT-X-ENDLIST\n$/);
});
