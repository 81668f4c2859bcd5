import { systemClock } from '@media-network/runtime';
import { describe, expect, it, vi } from 'vitest';
import { createFfmpegTranscoder } from '../src/transcode/ffmpeg-transcoder.ts';
import type { Transcode, Transcoder } from '../src/transcode/transcoder.ts';
import { encoder, ffprobe, ok, sequencesOf, setup, text } from './harness.ts';
import type { TestServer } from './harness.ts';

const LONG = 60_000;
const ffmpeg = createFfmpegTranscoder(systemClock, { encoder: 'x264', device: '' });

const rung = (name: string, { server }: TestServer) =>
  server.status()[0]?.rungs.find((each) => each.name === name);

/** Both tracks, once they have a segment in common; with the number of it. */
async function inCommon({ at }: TestServer, least = 0): Promise<number> {
  return vi.waitFor(async () => {
    const own = sequencesOf(await ok(at('video.m3u8')));
    const made = sequencesOf(await ok(at('video144p.m3u8')), 'video144p').filter((each) => each > least);
    const both = made.find((sequence) => own.includes(sequence));
    expect(both).toBeDefined();
    return both ?? 0;
  }, LONG);
}

/** Shown times of a segment's pictures and which are key frames. */
async function picturesIn(
  { at }: TestServer,
  track: string,
  sequence: number,
): Promise<(readonly [string, boolean])[]> {
  const init = /URI="([^"]+)"/.exec(await ok(at(`${track}.m3u8`)))?.[1] ?? '';
  const bytes = await Promise.all(
    [init, `${track}-${sequence}.m4s`].map(async (name) => (await fetch(at(name))).bytes()),
  );
  const { packets } = await ffprobe(Buffer.concat(bytes));
  return packets.map(({ pts_time, flags }) => [pts_time, flags.startsWith('K')] as const);
}

describe('a ladder', () => {
  it(
    "has segments that begin with the source's, and says of each quality what it is",
    { timeout: 2 * LONG },
    async () => {
      const test = await setup({ ladder: '144' });
      encoder(`${test.server.rtmpUrl}/${test.key}`);
      const master = await vi.waitFor(() => ok(test.at('index.m3u8')), LONG);
      const variants = [
        ...master.matchAll(
          /#EXT-X-STREAM-INF:BANDWIDTH=(\d+).*CODECS="(.*)",RESOLUTION=(\w+),FRAME-RATE=([\d.]+),AUDIO="sound"\n(.*)/g,
        ),
      ];
      expect(variants.map(([, , codecs, size, , uri]) => [codecs, size, uri])).toEqual([
        [expect.stringMatching(/^avc1\.42c0[0-9a-f]{2},mp4a\.40\.2$/), '320x180', 'video.m3u8'],
        [expect.stringMatching(/^avc1\.4d[0-9a-f]{4},mp4a\.40\.2$/), '256x144', 'video144p.m3u8'],
      ]);
      const one = await inCommon(test);
      for (const sequence of [one, await inCommon(test, one)]) {
        const [own, made] = await Promise.all(
          ['video', 'video144p'].map((track) => picturesIn(test, track, sequence)),
        );
        expect(own?.[0]?.[1]).toBe(true);
        expect(made).toEqual(own);
      }
      // The bits of no segment are more than what is said of all.
      const [playlist, told] = await Promise.all([ok(test.at('video144p.m3u8')), ok(test.at('index.m3u8'))]);
      const bandwidth = Number(/BANDWIDTH=(\d+)[^\n]*\nvideo144p/.exec(told)?.[1]);
      for (const [, seconds, name] of playlist.matchAll(/#EXTINF:([\d.]+),\n(.*)/g)) {
        const { length } = await (await fetch(test.at(name ?? ''))).bytes();
        expect((length * 8) / Number(seconds)).toBeLessThanOrEqual(bandwidth + 1);
      }
      // Held until it is there, as the source's own; and it tells how far the others are.
      const next = (sequencesOf(playlist, 'video144p').at(-1) ?? 0) + 2;
      const held = await ok(test.at(`video144p.m3u8?_HLS_msn=${next}&_HLS_part=0`));
      expect(held).toContain(`video144p-${next}-0.m4s`);
      expect(held).toMatch(/RENDITION-REPORT:URI="video\.m3u8"/);
    },
  );

  it(
    'goes on after its transcoder has died, and is left out while it cannot',
    { timeout: 3 * LONG },
    async () => {
      const runs: Transcode[] = [];
      const dying: Transcoder = {
        ...ffmpeg,
        name: 'one that dies',
        start(job, sink) {
          let came = 0;
          // The first one ends in the midst of the stream.
          const isFirst = runs.length === 0;
          const run = ffmpeg.start(job, {
            ...sink,
            picture(index, unit) {
              came += 1;
              if (isFirst && came === 50) {
                void run.close();
                sink.ended(new Error('killed'));
              } else sink.picture(index, unit);
            },
          });
          runs.push(run);
          return run;
        },
      };
      const test = await setup({ ladder: '144' }, { transcoder: dying });
      encoder(`${test.server.rtmpUrl}/${test.key}`, { audio: false });
      const first = await inCommon(test);
      await vi.waitFor(() => expect(runs.length).toBeGreaterThan(1), LONG);
      // A whole segment of the second run: as many pictures as the source's.
      await vi.waitFor(async () => {
        const newest = await inCommon(test, first + 5);
        const [own, made] = await Promise.all(
          ['video', 'video144p'].map((track) => picturesIn(test, track, newest)),
        );
        expect(made).toEqual(own);
      }, LONG);
      const playlist = await ok(test.at('video144p.m3u8'));
      expect(playlist).not.toContain('#EXT-X-DISCONTINUITY\n');
      expect(sequencesOf(playlist, 'video144p')).toContain(first + 1);
    },
  );

  it(
    'is refused in words where the machine does not carry it, and the stream goes on',
    { timeout: 2 * LONG },
    async () => {
      const test = await setup(
        { ladder: '144', transcodeCores: '0.1' },
        { transcoder: { ...ffmpeg, cost: () => 0.3 } },
      );
      encoder(`${test.server.rtmpUrl}/${test.key}`, { audio: false });
      const master = await vi.waitFor(() => ok(test.at('index.m3u8')), LONG);
      expect(master.match(/STREAM-INF/g)).toHaveLength(1);
      expect(test.server.status()[0]?.advice).toEqual([
        '144p of 320 × 180 at 20 frames a second would take about 0.3 processors, and 0.1 of the 0.1 for transcoding are left. Viewers get the source alone.',
      ]);
      expect((await fetch(test.at('video144p.m3u8'))).status).toBe(404);
    },
  );

  it(
    'loses its largest rung, and in the end all, where transcoding is slower than the stream',
    { timeout: 3 * LONG },
    async () => {
      const started: string[] = [];
      // It takes everything and gives nothing.
      const slow: Transcoder = {
        ...ffmpeg,
        start(job) {
          started.push(job.rungs.map(({ lines }) => lines).join());
          return { push: () => undefined, finish: () => undefined, close: async () => undefined };
        },
      };
      const test = await setup({ ladder: '160,144', lingerSeconds: '1' }, { transcoder: slow });
      const child = encoder(`${test.server.rtmpUrl}/${test.key}`, { audio: false });
      await vi.waitFor(() => expect(test.server.status()[0]?.advice).toHaveLength(2), 2 * LONG);
      expect(started).toEqual(['160,144', '144']);
      expect(test.server.status()[0]?.advice).toEqual([
        'This machine does not carry 160p: it fell 4 segments behind the stream. It is left out.',
        'This machine does not carry 144p: it fell 4 segments behind the stream. Viewers get the source alone.',
      ]);
      expect(rung('video144p', test)).toBeUndefined();
      // The source alone was told of when waiting had no end.
      expect((await ok(test.at('index.m3u8'))).match(/STREAM-INF/g)).toHaveLength(1);
      child.kill('SIGTERM');
      await vi.waitFor(async () => expect(await text(test.at('video.m3u8'))).toContain('ENDLIST'), LONG);
    },
  );
});
