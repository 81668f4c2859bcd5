import { createManualClock } from '@media-network/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestNetwork } from './network.ts';
import type { TestNetwork, TestResource } from './network.ts';
import { isHit } from './raw-http.ts';
import { gate, say, script } from './scripted-origin.ts';
import type { Said } from './scripted-origin.ts';

const clock = createManualClock(Date.now());
let network: TestNetwork;
let resource: TestResource;
beforeAll(async () => {
  network = await startTestNetwork({ overrides: { clock } });
  resource = await network.addResource({ rules: ['live /live/*', 'cache-key query=none'] });
});
afterAll(() => network.close());

const playlist = (body: string, cache: string, etag = '"1"'): Said => ({
  headers: [
    ['Content-Type', 'application/vnd.apple.mpegurl'],
    ['Cache-Control', cache],
    ['ETag', etag],
  ],
  body,
});
const GOING = '#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n1.ts\n';

it.each(['no-cache', 'no-store', 'max-age=3600, stale-while-revalidate=60', 'max-age=0'])(
  'a playlist that goes on is kept for half a segment, where its origin says %s',
  async (cache) => {
    const target = `/live/${Buffer.from(cache).toString('hex')}.m3u8`;
    script(network.origin, target, playlist(GOING, cache));
    await resource.get(target);
    clock.advance(2_900);
    expect(isHit(await resource.get(target))).toBe(true);
    clock.advance(200);
    const stale = await resource.get(target);
    expect([isHit(stale), network.origin.count(target)]).toEqual([false, 2]);
  },
);

it('and no longer than its origin says, where that is less', async () => {
  script(network.origin, '/live/brief.m3u8', playlist(GOING, 'max-age=1'));
  await resource.get('/live/brief.m3u8');
  clock.advance(1_100);
  expect(isHit(await resource.get('/live/brief.m3u8'))).toBe(false);
});

it('one of low latency for half a part, and after a 304 for as long again', async () => {
  network.origin.on('/live/low.m3u8', (socket, seen) => {
    const said = playlist(`${GOING}#EXT-X-PART-INF:PART-TARGET=1\n`, 'no-cache');
    if (seen.headers['if-none-match'] === '"1"') say(socket, { status: 304, headers: said.headers ?? [] });
    else say(socket, said);
  });
  await resource.get('/live/low.m3u8');
  for (let i = 2; i <= 4; i += 1) {
    clock.advance(450);
    expect(isHit(await resource.get('/live/low.m3u8'))).toBe(true);
    clock.advance(60);
    expect((await resource.get('/live/low.m3u8')).status).toBe(200);
    expect(network.origin.count('/live/low.m3u8')).toBe(i);
  }
});

it('one that has ended, one that is private and one outside the rule are kept as ever', async () => {
  script(network.origin, '/live/ended.m3u8', playlist(`${GOING}#EXT-X-ENDLIST\n`, 'max-age=600'));
  script(network.origin, '/vod/going.m3u8', playlist(GOING, 'max-age=600'));
  script(network.origin, '/live/private.m3u8', playlist(GOING, 'private'));
  for (const target of ['/live/ended.m3u8', '/vod/going.m3u8']) {
    await resource.get(target);
    clock.advance(60_000);
    expect([target, isHit(await resource.get(target))]).toEqual([target, true]);
  }
  await resource.get('/live/private.m3u8');
  expect(isHit(await resource.get('/live/private.m3u8'))).toBe(false);
});

it('players that wait for what is not there yet ask once together, each thing by itself, whatever else the key leaves away', async () => {
  const waiting = gate(network.origin, '/live/block.m3u8');
  const next = '/live/block.m3u8?_HLS_msn=7&_HLS_part=2';
  const all = [next, next, `${next}&session=9`].map((target) => resource.get(target));
  await expect.poll(waiting.waiting).toBe(1);
  const delta = resource.get('/live/block.m3u8?_HLS_msn=7&_HLS_part=2&_HLS_skip=YES');
  await expect.poll(waiting.waiting).toBe(2);
  waiting.open(({ target }) => playlist(`${GOING}# ${target}\n`, 'no-cache'));
  const bodies = (await Promise.all(all)).map(({ body }) => body.toString());
  expect(new Set(bodies)).toEqual(new Set([`${GOING}# ${next}\n`]));
  expect((await delta).body.toString()).toContain('_HLS_skip=YES');
  expect((await resource.get('/live/block.m3u8?_HLS_msn=8')).body.toString()).toContain('_HLS_msn=8');
});
