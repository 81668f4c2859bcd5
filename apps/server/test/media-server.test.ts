import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@media-network/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseServerConfig } from '../src/config.ts';
import { createMediaServer } from '../src/media-server.ts';
import type { MediaServer } from '../src/media-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function setup(
  flags: Readonly<Record<string, string>> = {},
): Promise<{ server: MediaServer; key: string; at: (path: string) => string }> {
  const dir = await mkdtemp(join(tmpdir(), 'media-server-'));
  closing.push(() => rm(dir, { recursive: true, force: true }));
  const config = parseServerConfig({
    env: {},
    flags: { dir, port: '0', rtmpPort: '0', segmentMs: '1000', partMs: '200', ...flags },
  });
  const server = await createMediaServer(config, { log: silentLog });
  closing.push(() => server.close());
  return { server, key: server.channels[0]?.key ?? '', at: (path) => `${server.url}/live/live/${path}` };
}

/** An encoder that sends in real time until it is stopped. */
function encoder(
  url: string,
  { size = '320x180', rate = 20, profile = 'main', audio = true } = {},
): ChildProcess {
  const sound = audio ? '-re -f lavfi -i sine=frequency=330:sample_rate=44100 -c:a aac' : '';
  const pixels = profile === 'high444' ? 'yuv444p' : 'yuv420p';
  const picture = `-hide_banner -nostdin -loglevel error -re -f lavfi -i testsrc2=size=${size}:rate=${rate}`;
  const coding = `-c:v libx264 -preset ultrafast -tune zerolatency -profile:v ${profile} -g ${rate} -pix_fmt ${pixels} -f flv`;
  const args = [picture, sound, coding, url]
    .filter((part) => part !== '')
    .join(' ')
    .split(' ');
  const child = spawn('ffmpeg', args, { stdio: 'ignore' });
  const closed = once(child, 'close');
  closing.push(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return child;
}
const text = async (url: string): Promise<string> => (await fetch(url)).text();
const ok = async (url: string): Promise<string> => {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return response.text();
};
const sequencesOf = (playlist: string): number[] =>
  [...playlist.matchAll(/^video-(\d+)\.m4s$/gm)].map(([, number]) => Number(number));

interface Probe {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly width?: number;
    readonly height?: number;
  }[];
  readonly packets: readonly { readonly stream_index: number; readonly pts_time: string }[];
}
async function ffprobe(url: string): Promise<Probe> {
  const child = spawn('ffprobe', ['-v', 'error', '-show_streams', '-show_packets', '-of', 'json', url], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')));
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
  await once(child, 'close');
  expect(said).toBe('');
  return JSON.parse(out) as Probe;
}

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
      '/api/channels',
      '/live/live/index.m3u8',
      '/live/live/video.m3u8',
      '/live/live/audio.m3u8',
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
      'no-store',
    );
    expect((await fetch(at('index.m3u8'), { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${server.url}/watch/none`)).status).toBe(404);
    expect((await fetch(`${server.url}/live/live/..%2f..%2fstream-keys.json`)).status).toBe(404);
  });
});
