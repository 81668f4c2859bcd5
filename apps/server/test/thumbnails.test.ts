import { expect, it, vi } from 'vitest';
import { encoder, ffprobe, ok, sequencesOf, setup, text } from './harness.ts';

const LONG = 90_000;
interface Cue {
  readonly from: number;
  readonly to: number;
  readonly file: string;
  readonly box: readonly number[];
}
const secondsOf = (clock: string): number =>
  clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
const cuesOf = (vtt: string): Cue[] =>
  [...vtt.matchAll(/^(\S+) --> (\S+)\n(\S+)#xywh=(\S+)$/gm)].map(
    ([, from = '', to = '', file = '', box = '']) => ({
      from: secondsOf(from),
      to: secondsOf(to),
      file,
      box: box.split(',').map(Number),
    }),
  );

it('has pictures of what can be gone back to, live and recorded', { timeout: 3 * LONG }, async () => {
  const flags = {
    record: 'true',
    lingerSeconds: '1',
    thumbnailSeconds: '1',
    previewSeconds: '0',
    ladder: 'off',
  };
  const { server, key, at } = await setup(flags);
  expect((await fetch(at('thumbnails.vtt'))).status).toBe(404);
  const child = encoder(`${server.rtmpUrl}/${key}`);
  const live = await vi.waitFor(async () => {
    const found = await ok(at('thumbnails.vtt'));
    expect(cuesOf(found).length).toBeGreaterThanOrEqual(3);
    return found;
  }, LONG);
  expect(live).toMatch(/^WEBVTT from \d{4}-\d\d-\d\dT[\d:.]+Z\n\n/);
  const sheet = await fetch(at('sprite-0.jpg'));
  expect(sheet.headers.get('content-type')).toBe('image/jpeg');
  const { streams } = await ffprobe(await sheet.bytes());
  expect(streams).toMatchObject([{ codec_name: 'mjpeg', width: 800, height: 450 }]);
  expect((await fetch(at('sprite-9.jpg'))).status).toBe(404);
  const sequences = sequencesOf(await text(at('video.m3u8')));
  expect(sequences.length).toBeGreaterThan(0);

  child.kill('SIGTERM');
  const id = await vi.waitFor(async () => {
    const { recordings } = (await (await fetch(`${server.url}/api/recordings`)).json()) as {
      recordings: { id: string; finished: boolean }[];
    };
    expect(recordings).toMatchObject([{ finished: true }]);
    return recordings[0]?.id ?? '';
  }, LONG);
  const base = `${server.url}/recordings/live/${id}`;
  const cues = cuesOf(await ok(`${base}/thumbnails.vtt`));
  expect(cues.length).toBeGreaterThanOrEqual(3);
  // They begin with the recording, follow one another, and end where it does.
  for (const [i, { from, to, file, box }] of cues.entries()) {
    expect(from).toBeCloseTo(cues[i - 1]?.to ?? 0, 2);
    expect(to).toBeGreaterThan(from);
    expect(file).toBe('sprite-0.jpg');
    expect(box).toEqual([(i % 5) * 160, Math.floor(i / 5) * 90, 160, 90]);
  }
  const length = [...(await ok(`${base}/video.m3u8`)).matchAll(/#EXTINF:([\d.]+)/g)].reduce(
    (sum, [, seconds]) => sum + Number(seconds),
    0,
  );
  expect(cues.at(-1)?.to).toBeCloseTo(length, 1);
  expect((await ffprobe(await (await fetch(`${base}/sprite-0.jpg`)).bytes())).streams).toMatchObject([
    { width: 800, height: 450 },
  ]);
  expect((await fetch(at('thumbnails.vtt'))).status).toBe(404);
});
