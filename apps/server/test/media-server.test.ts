import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { encoder, ffprobe, ok, sequencesOf, setup, text } from './harness.ts';

describe('a media server', () => {
  it('plays what an encoder sends, from its key to its end', async () => {
    const { server, key, at } = await setup({ lingerSeconds: '1' });
    expect((await fetch(at('index.m3u8'))).status).toBe(404);
    const child = encoder(`${server.rtmpUrl}/${key}`);
    await vi.waitFor(() => ok(at('index.m3u8')), 30_000);
    const master = await ok(at('index.m3u8'));
    expect(master).toMatch(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=320x180/);

    // Held until it is there, and no longer.
    const playlist = await ok(at('video.m3u8'));
    const next = (sequencesOf(playlist).at(-1) ?? 0) + 1;
    const held = await ok(at(`video.m3u8?_HLS_msn=${next}&_HLS_part=0`));
    expect(held).toContain(`video-${next}-0.m4s`);
    const hinted = /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(await ok(at('audio.m3u8')))?.[1] ?? '';
    expect((await fetch(at(hinted))).headers.get('cache-control')).toBe('public, max-age=3600, immutable');
    expect((await fetch(at(`video.m3u8?_HLS_msn=${next + 50}`))).status).toBe(400);
    expect((await fetch(at('video.m3u8?_HLS_part=1'))).status).toBe(400);

    await vi.waitFor(
      async () => expect(sequencesOf(await text(at('video.m3u8'))).length).toBeGreaterThanOrEqual(3),
      30_000,
    );
    // A segment is its parts.
    const whole = await (await fetch(at(`video-${next}.m4s`))).bytes();
    let joined = 0;
    for (let index = 0; joined < whole.length; index += 1) {
      const bytes = await (await fetch(at(`video-${next}-${index}.m4s`))).bytes();
      expect(Buffer.compare(bytes, whole.subarray(joined, joined + bytes.length))).toBe(0);
      joined += bytes.length;
    }
    expect(server.status()).toMatchObject([
      { name: 'live', state: 'live', video: { width: 320, height: 180 }, advice: [] },
    ]);

    child.kill('SIGTERM');
    await vi.waitFor(async () => expect(await text(at('video.m3u8'))).toContain('#EXT-X-ENDLIST'), 30_000);
    const { streams, packets } = await ffprobe(at('index.m3u8'));
    expect(streams.map(({ codec_name }) => codec_name).toSorted()).toEqual(['aac', 'h264']);
    for (const index of [0, 1]) {
      const times = packets
        .filter(({ stream_index }) => stream_index === index)
        .map(({ pts_time }) => Number(pts_time));
      expect(times.length).toBeGreaterThan(30);
      // Nothing is missing between two segments.
      for (const [i, time] of times.entries())
        if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeLessThan(0.06);
    }
    expect(server.status()).toMatchObject([{ state: 'ended' }]);
  });

  it('goes on after an encoder that was cut off, with a discontinuity and a new size', async () => {
    const { server, key, at } = await setup();
    const first = encoder(`${server.rtmpUrl}/${key}`, { audio: false });
    await vi.waitFor(() => ok(at('video.m3u8')), 30_000);
    const before = sequencesOf(await ok(at('video.m3u8')));
    first.kill('SIGKILL');
    await vi.waitFor(() => expect(server.status()).toMatchObject([{ state: 'waiting' }]), 30_000);
    encoder(`${server.rtmpUrl}/${key}`, { size: '200x120', profile: 'high444' });
    await vi.waitFor(
      async () => expect(await ok(at('video.m3u8'))).toMatch(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP[^\n]*-1\.mp4/),
      30_000,
    );
    const after = await ok(at('video.m3u8'));
    expect(sequencesOf(after).slice(0, before.length)).toEqual(before);
    expect(after).not.toContain('ENDLIST');
    await vi.waitFor(async () => expect(await ok(at('index.m3u8'))).toContain('RESOLUTION=200x120'), 30_000);
    expect(await ok(at('index.m3u8'))).toContain('CODECS="avc1.f4');
  });

  it('keeps what it carries where it is asked to, to be watched later', async () => {
    const { server, key, at } = await setup({ record: 'true', lingerSeconds: '1' });
    const child = encoder(`${server.rtmpUrl}/${key}`);
    await vi.waitFor(
      async () => expect(sequencesOf(await text(at('video.m3u8'))).length).toBeGreaterThanOrEqual(2),
      30_000,
    );
    child.kill('SIGTERM');
    const one = await vi.waitFor(async () => {
      const { recordings } = (await (await fetch(`${server.url}/api/recordings`)).json()) as {
        recordings: { id: string; finished: boolean; bytes: number }[];
      };
      expect(recordings).toMatchObject([{ channel: 'live', finished: true }]);
      return recordings[0]?.id ?? '';
    }, 30_000);
    const base = `${server.url}/recordings/live/${one}`;
    expect(await ok(`${base}/video.m3u8`)).toContain('#EXT-X-ENDLIST');
    const { streams, packets } = await ffprobe(`${base}/index.m3u8`);
    expect(streams).toHaveLength(2);
    expect(packets.length).toBeGreaterThan(60);
  });

  it('gives the channel to the newest of two with the same key', async () => {
    const { server, key, at } = await setup();
    const first = encoder(`${server.rtmpUrl}/${key}`, { audio: false });
    await vi.waitFor(() => ok(at('index.m3u8')), 30_000);
    encoder(`${server.rtmpUrl}/${key}`, { size: '200x120', audio: false });
    // The first is sent away, and does not come back by itself.
    await once(first, 'close');
    await vi.waitFor(async () => expect(await ok(at('index.m3u8'))).toContain('RESOLUTION=200x120'), 30_000);
    expect(server.status()).toMatchObject([{ state: 'live' }]);
  });

  it('tells no viewer where it is, who sends or what the key is', async () => {
    const { server, key, at } = await setup();
    encoder(`${server.rtmpUrl}/${key}`);
    await vi.waitFor(() => ok(at('index.m3u8')), 30_000);
    const own = new URL(server.url).port;
    const paths = [
      '/',
      '/watch/live',
      '/embed/live',
      '/oembed?url=x',
      '/api/channels',
      '/live/live/index.m3u8',
      '/live/live/video.m3u8',
      '/live/live/audio.m3u8',
      '/live/live/video.manifest.json',
      '/live/live/video.manifest.json?_HLS_msn=1',
      '/player/watch.js',
      '/player/channels.js',
      '/player/page.css',
      '/nothing',
    ];
    for (const path of paths) {
      const response = await fetch(`${server.url}${path}`);
      const all = `${JSON.stringify([...response.headers])}${await response.text()}`;
      for (const secret of [key, '127.0.0.1', own, 'localhost', tmpdir()])
        expect(all.includes(secret), `${path} has ${secret}`).toBe(false);
    }
    expect((await fetch(`${server.url}/live/live/video-1.m4s`)).headers.get('cache-control')).toBe(
      'private, no-store',
    );
    expect((await fetch(at('index.m3u8'), { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${server.url}/watch/none`)).status).toBe(404);
    expect((await fetch(`${server.url}/live/live/..%2f..%2fstream-keys.json`)).status).toBe(404);
  });
});
