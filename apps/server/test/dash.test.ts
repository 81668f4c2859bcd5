import { describe, expect, it, vi } from 'vitest';
import { encoder, ffprobe, ok, setup, text } from './harness.ts';

const PLAYED_SECONDS = 4;
const all = (of: string, pattern: RegExp): string[] =>
  [...of.matchAll(pattern)].map((found) => found[1] ?? '');
/** Seconds that the timeline of one representation covers. */
function seconds(mpd: string, representation: string): number {
  const body =
    new RegExp(`<Representation id="${representation}".*?</Representation>`, 's').exec(mpd)?.[0] ?? '';
  const [timescale = 1] = all(body, /timescale="(\d+)"/g).map(Number);
  return all(body, /d="(\d+)"/g).reduce((sum, ticks) => sum + Number(ticks) / timescale, 0);
}

describe('the same stream for players of DASH', () => {
  it('is what players of HLS get, in the same files', async () => {
    const { server, key, at } = await setup({ lingerSeconds: '1' });
    expect((await fetch(at('index.mpd'))).status).toBe(404);
    const child = encoder(`${server.rtmpUrl}/${key}`);
    const live = await vi.waitFor(async () => {
      const mpd = await ok(at('index.mpd'));
      expect(seconds(mpd, 'video')).toBeGreaterThan(PLAYED_SECONDS);
      return mpd;
    }, 60_000);
    const { headers } = await fetch(at('index.mpd'));
    expect(headers.get('content-type')).toBe('application/dash+xml');
    expect(headers.get('cache-control')).toBe('public, max-age=1');
    // What it names is there: the first and the newest segment of both tracks, and what comes before them.
    for (const track of ['video', 'audio']) {
      const body = new RegExp(`<Representation id="${track}".*?</Representation>`, 's').exec(live)?.[0] ?? '';
      const first = Number(all(body, /startNumber="(\d+)"/g)[0]);
      for (const number of [first, first + all(body, /(<S )/g).length - 1])
        expect((await fetch(at(`${track}-${number}.m4s`))).status).toBe(200);
      expect((await fetch(at(all(body, /initialization="([^"]+)"/g)[0] ?? ''))).status).toBe(200);
    }
    // Times by the encoder's clock lie within what the server's clock says there can be.
    const began = Date.parse(all(live, /availabilityStartTime="([^"]+)"/g)[0] ?? '');
    const period = Number(all(live, /<Period [^>]*start="PT([\d.]+)S"/g)[0]);
    expect(began + period * 1_000).toBeLessThanOrEqual(Date.now());

    const { streams, packets } = await ffprobe(at('index.mpd'), PLAYED_SECONDS);
    expect(streams.map(({ codec_name }) => codec_name).toSorted()).toEqual(['aac', 'h264']);
    for (const index of [0, 1]) {
      const times = packets
        .filter(({ stream_index }) => stream_index === index)
        .map(({ pts_time }) => Number(pts_time))
        .toSorted((a, b) => a - b);
      expect(times.length).toBeGreaterThan(15 * (PLAYED_SECONDS - 1));
      for (const [i, time] of times.entries())
        if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeLessThan(0.06);
    }

    child.kill('SIGTERM');
    const mpd = await vi.waitFor(async () => {
      const ended = await text(at('index.mpd'));
      expect(ended).toContain('mediaPresentationDuration');
      return ended;
    }, 60_000);
    expect(seconds(mpd, 'video')).toBeCloseTo(seconds(mpd, 'audio'), 0);
  });

  it('has a new period where the encoder comes back with another size', async () => {
    const { server, key, at } = await setup();
    const first = encoder(`${server.rtmpUrl}/${key}`, { audio: false });
    await vi.waitFor(() => ok(at('index.mpd')), 60_000);
    first.kill('SIGKILL');
    await vi.waitFor(() => expect(server.status()).toMatchObject([{ state: 'waiting' }]), 60_000);
    encoder(`${server.rtmpUrl}/${key}`, { size: '200x120', audio: false });
    const mpd = await vi.waitFor(async () => {
      const changed = await ok(at('index.mpd'));
      expect(all(changed, /(<Period )/g)).toHaveLength(2);
      return changed;
    }, 60_000);
    const [one = '', two = ''] = all(mpd, /start="PT([\d.]+)S"/g);
    const [lasts = ''] = all(mpd, /<Period [^>]*duration="PT([\d.]+)S"/g);
    expect(Number(two)).toBeGreaterThanOrEqual(Number(one) + Number(lasts));
    expect(all(mpd, /initialization="video-init-\d+-(\d+)\.mp4"/g)).toEqual(['0', '1']);
  });
});
