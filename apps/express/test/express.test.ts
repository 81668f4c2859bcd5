import { systemClock } from '@media-network/runtime';
import { describe, expect, it, vi } from 'vitest';
import { chat, encoder, person, setup, streamer, visitor } from './harness.ts';

const list = async (site: string, query = ''): Promise<Record<string, unknown>> =>
  (await visitor(site).ask('GET', `/api/channels${query}`)).body;

describe('express', () => {
  it('has two channels live at once, each by its own key, in the directory and to be watched', async () => {
    const { express, site } = await setup({ previewSeconds: '1', lingerSeconds: '1' });
    const [first, second] = [await streamer(site, 'first'), await streamer(site, 'second')];
    const encoders = [first, second].map(({ key }) => encoder(`${express.rtmpUrl}/${key}`));
    await vi.waitFor(async () => {
      for (const name of ['first', 'second']) {
        const response = await fetch(`${site}/live/${name}/index.m3u8`);
        expect(response.status).toBe(200);
        expect(await response.text()).toContain('RESOLUTION=320x180');
        expect((await fetch(`${site}/live/${name}/preview.jpg`)).status).toBe(200);
      }
    }, 90_000);
    expect(await list(site)).toMatchObject({
      live: [
        { name: 'first', live: true, category: 'music' },
        { name: 'second', live: true },
      ],
      channels: [],
    });
    // One that has another key now is off the air at once, and its old key opens nothing.
    expect((await first.ask('POST', '/api/channels/first/key')).status).toBe(200);
    expect((await fetch(`${site}/live/first/index.m3u8`)).status).toBe(404);
    await new Promise((resolve) => encoders[0]?.once('close', resolve));
    const again = encoder(`${express.rtmpUrl}/${first.key}`);
    await new Promise((resolve) => again.once('close', resolve));
    expect((await fetch(`${site}/live/first/index.m3u8`)).status).toBe(404);
    expect((await second.ask('DELETE', '/api/channels/second/key')).status).toBe(200);
    expect((await fetch(`${site}/live/second/index.m3u8`)).status).toBe(404);
    expect(await list(site)).toMatchObject({ live: [], channels: [{ live: false }, { live: false }] });
  });

  it('lets a viewer chat, and moderators delete, time out, ban and pardon', async () => {
    let waitedMs = 0;
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + waitedMs };
    const { site } = await setup({}, { clock });
    const owner = await streamer(site, 'talk');
    const viewer = await person(site);
    await viewer.ask('PUT', '/api/me', { name: 'Ada <b>' });
    const [reading, writing] = [await chat(visitor(site), 'talk'), await chat(viewer, 'talk')];
    expect(await writing.say('hello <script>alert(1)</script>')).toMatchObject({ kind: 'accepted' });
    const heard = await reading.next(({ kind }) => kind === 'message');
    expect(heard).toMatchObject({
      name: 'Ada <b>',
      text: 'hello <script>alert(1)</script>',
      author: viewer.wallet.address,
    });
    expect(await reading.say('me too')).toMatchObject({ kind: 'refused', code: 'express/not-signed-in' });

    const id = Number(heard['id']);
    expect((await viewer.ask('DELETE', `/api/channels/talk/messages/${id}`)).body.error?.code).toBe(
      'express/not-yours',
    );
    expect((await owner.ask('DELETE', `/api/channels/talk/messages/${id}`)).status).toBe(200);
    await reading.next(({ kind, id: which }) => kind === 'deleted' && which === id);
    expect((await owner.ask('DELETE', `/api/channels/talk/messages/${id}`)).status).toBe(404);
    // It is not in the history of whoever comes later.
    expect((await chat(visitor(site), 'talk')).told).toEqual([
      { kind: 'settings', slowSeconds: 0, followersOnly: false },
    ]);

    const { address } = viewer.wallet;
    // Eight at once are what one person may write; the test is no slower than that.
    waitedMs += 5_000;
    await owner.ask('PUT', '/api/channels/talk/sanctions', { address, seconds: 600 });
    expect(await writing.say('again')).toMatchObject({ code: 'express/timed-out' });
    await owner.ask('PUT', '/api/channels/talk/sanctions', { address, seconds: null });
    expect(await writing.say('again')).toMatchObject({ code: 'express/banned' });
    await owner.ask('DELETE', `/api/channels/talk/sanctions/${address}`);
    expect(await writing.say('again')).toMatchObject({ kind: 'accepted' });

    waitedMs += 5_000;
    await owner.ask('PUT', '/api/channels/talk/words', { words: ['Café'] });
    expect(await writing.say('a CAFE')).toMatchObject({ code: 'express/blocked-word' });
    await owner.ask('PUT', '/api/channels/talk', { slowSeconds: 300 });
    await reading.next(({ kind, slowSeconds }) => kind === 'settings' && slowSeconds === 300);
    expect(await writing.say('one')).toMatchObject({ kind: 'accepted' });
    expect(await writing.say('two')).toMatchObject({ code: 'express/too-fast' });
    await owner.ask('PUT', '/api/channels/talk', { slowSeconds: 0, followersOnly: true });
    expect(await writing.say('three')).toMatchObject({ code: 'express/followers-only' });
    await viewer.ask('PUT', '/api/channels/talk/follow', { follow: true });
    expect(await writing.say('four')).toMatchObject({ kind: 'accepted' });

    await viewer.ask('POST', '/api/channels/talk/reports', { messageId: id, reason: 'unkind' });
    const { body } = await owner.ask('GET', '/api/channels/talk/moderation');
    expect(body).toMatchObject({
      words: ['cafe'],
      reports: [{ reason: 'unkind', settled: null, reporter: address }],
    });
    expect((body['acts'] as unknown as { kind: string }[]).map(({ kind }) => kind)).toEqual([
      'words',
      'pardon',
      'ban',
      'time-out',
      'delete',
    ]);
    expect((await viewer.ask('GET', '/api/channels/talk/moderation')).status).toBe(403);
    await owner.ask('PUT', '/api/channels/talk/moderators', { address, moderates: true });
    expect((await viewer.ask('GET', '/api/channels/talk/moderation')).status).toBe(200);
  });

  it('finds channels by words, and pages through many', async () => {
    const { site } = await setup();
    for (let i = 0; i < 30; i += 1) {
      const owner = i % 10 === 0 ? await person(site) : undefined;
      if (owner !== undefined) owners.push(owner);
      await owners.at(-1)?.ask('POST', '/api/channels', {
        name: `room-${i}`,
        title: i === 7 ? 'Jazz at night' : `Number ${i}`,
        category: i % 2 === 0 ? 'music' : 'games',
      });
    }
    expect(await list(site, '?search=NIGHT%20jaz')).toMatchObject({ channels: [{ name: 'room-7' }] });
    expect(await list(site, '?search=%25')).toMatchObject({
      channels: expect.objectContaining({ length: 24 }),
    });
    const first = await list(site);
    const second = await list(site, `?after=${String(first['next'])}`);
    const names = [first, second].flatMap(({ channels }) =>
      (channels as { name: string }[]).map(({ name }) => name),
    );
    expect(new Set(names).size).toBe(30);
    expect(second['next']).toBeNull();
    expect((await list(site, '?category=games'))['channels']).toHaveLength(15);
  });
});
const owners: Awaited<ReturnType<typeof person>>[] = [];
